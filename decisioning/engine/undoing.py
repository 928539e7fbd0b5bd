"""An import taken back, each kind in its own way, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from decisioning.engine import assortment, imports, suppressions, tables
from decisioning.engine.imports import Progress
from decisioning.engine.takeback import Undone, forget_rejects, take_back
from decisioning.engine.trying import ROW_KINDS
from decisioning.events.core import Incoming
from decisioning.events.imports import cdnow, completejourney, files, hillstrom
from decisioning.experiments import imports as experiments
from decisioning.experiments import tables as experiment_tables
from decisioning.quality import actions as quality
from decisioning.scoring.models import ModelVersion
from governance.audit import actions as audit
from governance.types import Actor, Invalid, Refused, SubjectRef

LONGEST_WHY = 300
WITH_READ_OUT = ("experiment", hillstrom.NAME)


@dataclass(frozen=True, slots=True)
class Wish:
    """An import that somebody wants taken back; ``since`` is when it began."""

    by: Actor
    now: datetime
    path: Path
    kind: str
    given: Mapping[str, Any]
    since: datetime
    digest: str
    why: str
    progress: Progress

    @property
    def source(self) -> str:
        if self.kind in imports.DATASETS:
            return imports.source_of(self.kind, self.path)
        return f"import:{self.kind}:{self.digest[:12]}"

    @property
    def read_out(self) -> str:
        """Key of the experiment that the import brought; empty where there is none."""
        if self.kind == hillstrom.NAME:
            return hillstrom.NAME
        return str(self.given.get("key", "")) if self.kind == "experiment" else ""


def must_be_undoable(kind: str, given: Mapping[str, Any], why: str = "") -> None:
    """Refuse what cannot be taken back, with the reason.

    Raises
    ------
    Invalid
        Where the kind is unknown, or its reason is missing.
    Refused
        Where a model that is in use rests on it.
    """
    if kind not in KINDS:
        raise Invalid({"kind": f"Choose one of: {', '.join(KINDS)}."})
    if kind in WITH_READ_OUT and not 0 < len(why.strip()) <= LONGEST_WHY:
        told = f"Say why the read-out is withdrawn, in up to {LONGEST_WHY} characters."
        raise Invalid({"why": told})
    rests = str(given.get("key", kind)) if kind == "experiment" else kind
    for model in ModelVersion.objects.filter(is_champion=True).order_by("key"):
        if model.report.get("experiment") == rests or rests in model.trained_on:
            told = (
                f"The model {model.key} is in use and was trained on this. Put another "
                "version in its place first."
            )
            raise Refused(told)


def undo(
    *,
    by: Actor,
    now: datetime,
    path: Path,
    kind: str,
    given: Mapping[str, Any],
    since: datetime,
    progress: Progress = imports.no_progress,
    digest: str = "",
    why: str = "",
) -> Undone:
    """Take back what a file brought, chunk by chunk; again, it finds nothing more.

    Where it brought events the file is read once more, because only its rows tell which
    messages they were: they are forgotten, so that a mended file can be imported.
    Contact details that the file replaced do not come back.

    Raises
    ------
    Invalid, Refused
        Where it cannot be taken back, or the file is gone.
    """
    imports.may_import(by)
    must_be_undoable(kind, given, why)
    if not path.exists():
        told = "The file is no longer kept, so its rows cannot be told from others."
        raise Invalid({"path": told})
    # An erasure may have taken people out of the file since; its name is the first.
    known = digest or imports.digest_of(kind, path)
    wish = Wish(by, now, path, kind, given, since, known, why.strip(), progress)
    undone = KINDS[kind](wish)
    forget_rejects(wish.source)
    quality.forget(source=wish.source)
    audit.record(
        by=by,
        now=now,
        type="import.undone",
        subject=SubjectRef("file", path.parent.name[:80], known),
        details={"source": wish.source, **undone.counts},
    )
    return undone


def _rows(wish: Wish) -> Undone:
    made = ROW_KINDS[wish.kind](
        dict(wish.given), files.header_of(wish.path), wish.digest
    )
    return _of_rows(wish, made.event_of, Undone())


def _of_rows(
    wish: Wish, read: Callable[[int, dict[str, str]], Incoming], undone: Undone
) -> Undone:
    total, done = files.count_rows(wish.path), 0
    for chunk in imports.chunks(files.rows_of(wish.path), tables.CHUNK):
        good, _ = tables.readable(chunk, read)
        _leave(wish, [event for _, event in good], undone)
        done += len(chunk)
        wish.progress(done, total, undone.counts)
    return undone


def _leave(wish: Wish, incoming: Sequence[Incoming], undone: Undone) -> None:
    take_back(
        incoming, source=wish.source, now=wish.now, since=wish.since, undone=undone
    )


def _withdraw(wish: Wish) -> Undone:
    """The read-out goes first: while it names people, nobody of them can leave."""
    n = experiments.withdraw(by=wish.by, now=wish.now, key=wish.read_out, why=wish.why)
    told = f"The read-out {wish.read_out} is withdrawn."
    return Undone(more={"outcomesWithdrawn": n}, told=[told])


def _experiment(wish: Wish) -> Undone:
    plan = experiment_tables.planned(dict(wish.given), wish.path)
    undone = _withdraw(wish)
    if plan.is_aggregated:
        undone.has_events = False
        return undone
    return _of_rows(wish, lambda n, row: plan.unit(n, row).event, undone)


def _suppressions(wish: Wish) -> Undone:
    lifted = suppressions.take_back(by=wish.by, now=wish.now, source=wish.source)
    counts = {
        "addressesOff": lifted.n_off,
        "addressesThatStay": lifted.n_stay,
        "peopleFreed": lifted.n_freed,
        "peopleStillBarred": lifted.n_barred,
    }
    return Undone(has_events=False, more=counts, told=[lifted.sentence])


def _products(wish: Wish) -> Undone:
    restored, removed = assortment.take_back(wish.digest)
    noun = "product" if restored == 1 else "products"
    told = f"{restored:,} {noun} as before the file, {removed:,} removed."
    counts = {"productsRestored": restored, "productsRemoved": removed}
    return Undone(has_events=False, more=counts, told=[told])


def _hillstrom(wish: Wish) -> Undone:
    undone, done = _withdraw(wish), 0
    total = files.count_rows(wish.path, hillstrom.COLUMNS)
    for chunk in imports.chunks(files.rows_of(wish.path), imports.CUSTOMERS_A_CHUNK):
        good, _ = tables.readable(chunk, hillstrom.read)
        _leave(wish, [e for _, s in good for e in hillstrom.events_of(s)], undone)
        done += len(chunk)
        wish.progress(done, total, undone.counts)
    return undone


def _cdnow(wish: Wish) -> Undone:
    file, undone, done = cdnow.which(wish.path), Undone(), 0
    for chunk in imports.chunks(cdnow.read(wish.path), imports.ROWS_A_CHUNK):
        good = [row for row in chunk if isinstance(row, cdnow.Purchase)]
        _leave(wish, [e for p in good for e in cdnow.events_of(p, file)], undone)
        done += len(chunk)
        wish.progress(done, done, undone.counts)
    return undone


def _completejourney(wish: Wish) -> Undone:
    found, done = completejourney.Journey(wish.path), 0
    n_products = assortment.forget(wish.source)
    undone = Undone(
        more={"productsRemoved": n_products},
        told=[f"{n_products:,} products removed."],
    )
    for part in found.parts(imports.LINES_A_CHUNK):
        _leave(wish, [event for _, event in part.events], undone)
        done += part.n_lines
        wish.progress(done, found.n_lines, undone.counts)
    for table in found.refused:
        forget_rejects(f"{wish.source}:{table}")
    return undone


KINDS: Mapping[str, Callable[[Wish], Undone]] = {
    **dict.fromkeys(ROW_KINDS, _rows),
    "products": _products,
    "suppressions": _suppressions,
    "experiment": _experiment,
    hillstrom.NAME: _hillstrom,
    cdnow.NAME: _cdnow,
    completejourney.NAME: _completejourney,
}
