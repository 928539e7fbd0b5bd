"""Imports that somebody starts on a page: a look at the file first, then a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from decisioning.engine import imports, tables, trying, undoing
from decisioning.engine.models import SavedMapping as SavedMapping
from decisioning.events.imports import cdnow, files, hillstrom, mapping
from decisioning.experiments import tables as experiment_tables
from governance.access.core import Permission, holds
from governance.access.queries import actor_of
from governance.audit import actions as audit
from governance.installation.queries import now as database_now
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.people.models import User
from governance.types import Actor, Invalid, NotFound, Refused, SubjectRef

JOB_KIND = "import"
TRIAL_KIND = "import_trial"
UNDO_KIND = "import_undo"
LONGEST_NAME = 80
SAMPLE = 10
TABLES: Mapping[str, Callable[..., imports.Report]] = {
    "customers": tables.import_customers,
    "orders": tables.import_orders,
    "events": tables.import_events,
    "suppressions": tables.import_suppressions,
    "experiment": tables.import_experiment,
}
FILES = tuple(name for name, each in imports.DATASETS.items() if not each.is_folder)
KINDS = (*FILES, *TABLES)
USER_NAMES = ("userid", "user_id", "customer_id", "customerid", "id", "email")
TIME_NAMES = ("timestamp", "time", "date", "occurred_at", "created_at", "at", "day")
ORDER_NAMES = ("orderid", "order_id", "order", "order_number", "number", "no")
AMOUNT_NAMES = ("revenue", "total", "amount", "value", "price")
ADDRESS_NAMES = ("email", "e-mail", "address", "mail", "phone", "mobile")
ARM_NAMES = ("arm", "segment", "variant", "group", "treatment")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file looks like, and a first guess at its mapping."""

    kind: str
    columns: list[str]
    rows: list[dict[str, str]]
    n_rows: int
    mapping: dict[str, Any]
    problems: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def preview(file: Path, kind: str) -> Preview:
    """Look at a file without changing anything.

    Raises
    ------
    Invalid
        Where the kind is unknown or the file is no table.
    """
    if kind not in KINDS:
        raise Invalid({"kind": f"Choose one of: {', '.join(KINDS)}."})
    if kind == cdnow.NAME:
        return _preview_purchases(file)
    needed = hillstrom.COLUMNS if kind == hillstrom.NAME else ()
    columns = files.header_of(file)
    rows = [row for _, row in islice(files.rows_of(file, needed), SAMPLE)]
    guess = {} if kind in imports.DATASETS else _guess(kind, columns)
    return Preview(
        kind, columns, rows, files.count_rows(file), guess, _problems(file, kind)
    )


def _preview_purchases(file: Path) -> Preview:
    rows: list[dict[str, str]] = []
    bad: list[str] = []
    n = 0
    for row in cdnow.read(file):
        n += 1
        if isinstance(row, files.BadRow):
            bad.append(f"Row {row.row}: {row.reason}")
        elif len(rows) < SAMPLE:
            told = {"customer": row.user_id, "date": f"{row.at:%Y-%m-%d}"}
            rows.append({**told, "units": str(row.units), "value": str(row.revenue)})
    columns = ["customer", "date", "units", "value"]
    return Preview(cdnow.NAME, columns, rows, n, {}, bad[:SAMPLE])


def _problems(file: Path, kind: str) -> list[str]:
    if kind != hillstrom.NAME:
        return []
    _, bad = tables.readable(list(files.rows_of(file)), hillstrom.read)
    return [f"Row {each.row}: {each.reason}" for each in bad[:SAMPLE]]


def _guess(kind: str, columns: list[str]) -> dict[str, Any]:
    user, at = _first(columns, USER_NAMES), _first(columns, TIME_NAMES)
    rest = [name for name in columns if name not in (user, at)]
    if kind == "customers":
        return _given(userId=user, timestamp=at, traits={n: n for n in rest})
    if kind == "events":
        event = _first(columns, ("event", "name", "type"))
        values = {n: n for n in rest if n != event}
        return _given(userId=user, timestamp=at, event=event, properties=values)
    if kind == "orders":
        return _guess_orders(columns)
    if kind == "suppressions":
        return _given(address=_first(columns, ADDRESS_NAMES))
    arm = _first(columns, ARM_NAMES)
    return _given(unit=user, arm=arm, outcomes={n: n for n in rest if n != arm})


def _guess_orders(columns: list[str]) -> dict[str, Any]:
    """A bare ``id`` is a person's where orders have a number, else the order's."""
    order, bare = _first(columns, ORDER_NAMES), _first(columns, ("id",))
    user = _first(columns, tuple(n for n in USER_NAMES if n != "id"))
    known = {
        "orderId": order or bare,
        "userId": user or (bare if order else None),
        "revenue": _first(columns, AMOUNT_NAMES),
        "currency": _first(columns, ("currency",)),
        "timestamp": _first(columns, TIME_NAMES),
    }
    rest = {n: n for n in columns if n not in known.values()}
    return _given(**known, properties=rest)


def _first(columns: list[str], names: tuple[str, ...]) -> str | None:
    low = {name.lower(): name for name in columns}
    return next((low[name] for name in names if name in low), None)


def _given(**found: Any) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value}


def start(
    *,
    by: Actor,
    now: datetime,
    kind: str,
    path: Path,
    send: Callable[[str], Any],
    mapping: Mapping[str, Any] | None = None,
    consent_evidence: Mapping[str, Any] | None = None,
    name: str = "",
    is_trial: bool = False,
    result_url: str = "",
) -> Job:
    """Start an import as a job; ``send`` is the task's ``delay``.

    A trial reads and judges every row and writes nothing.

    Raises
    ------
    Invalid
        Where the mapping does not fit the file: nothing has been started.
    """
    imports.may_import(by)
    if kind not in KINDS:
        raise Invalid({"kind": f"Choose one of: {', '.join(KINDS)}."})
    if is_trial and kind in imports.DATASETS:
        raise Invalid({"kind": "A public data set is imported without a trial."})
    check(path, kind, mapping or {})
    return jobs.start(
        by=by,
        now=now,
        kind=TRIAL_KIND if is_trial else JOB_KIND,
        label=f"{'Trial' if is_trial else 'Import'} of {name or path.name}"[:200],
        send=send,
        result_url=result_url,
        params={
            "kind": kind,
            "path": str(path),
            "mapping": dict(mapping or {}),
            "consentEvidence": dict(consent_evidence) if consent_evidence else None,
        },
    )


def check(path: Path, kind: str, given: Mapping[str, Any]) -> None:
    """Refuse a mapping that does not fit its file, before anything is started."""
    if kind == "customers":
        data = mapping.checked(dict(given), ("traits",), mapping.CUSTOMER_FIELDS)
        mapping.customers(data, files.header_of(path), "")
    elif kind == "events":
        needed = ("event", "timestamp")
        data = mapping.checked(dict(given), needed, mapping.EVENT_FIELDS)
        mapping.events(data, files.header_of(path), "")
    elif kind == "orders":
        data = mapping.checked(dict(given), mapping.ORDER_NEEDED, mapping.ORDER_FIELDS)
        mapping.orders(data, files.header_of(path), "")
    elif kind == "suppressions":
        tables.address_reader(given, files.header_of(path))
    elif kind == "experiment":
        wanted, known = ("key", "arm", "control"), experiment_tables.FIELDS
        data = mapping.checked(dict(given), wanted, known)
        experiment_tables.planned(data, path)


def run_import(job: Job) -> Mapping[str, Any]:
    """The work of an import job; stops tidily between chunks when asked to."""
    kind, path = job.params["kind"], Path(job.params["path"])
    now, by = database_now(), _starter(job)

    def told(done: int, total: int, counts: Mapping[str, int]) -> None:
        jobs.progress(str(job.pk), n_done=done, n_total=total, counts=counts)

    if job.kind == UNDO_KIND:
        return _run_undo(job, by, now, told)
    if job.kind == TRIAL_KIND:
        given = job.params["mapping"]
        report = trying.try_out(
            now=now, path=path, kind=kind, given=given, progress=told
        )
        return {**report.as_dict(), "message": _trial_sentence(report)}
    if kind in imports.DATASETS:
        report = imports.import_dataset(
            by=by,
            now=now,
            name=kind,
            path=path,
            consent_evidence=job.params.get("consentEvidence"),
            progress=told,
        )
    else:
        report = TABLES[kind](
            by=by, now=now, path=path, given=job.params["mapping"], progress=told
        )
    return {**report.as_dict(), "message": _sentence(report)}


def _starter(job: Job) -> Actor:
    if job.started_by_id is None:
        return Actor.system("import")
    return actor_of(User.objects.get(pk=job.started_by_id))


def _sentence(report: imports.Report) -> str:
    left = f" {len(report.bad):,} rows were left out." if report.bad else ""
    return f"{report.n_rows:,} rows taken, {report.accepted:,} events new.{left}"


def _trial_sentence(report: imports.Report) -> str:
    told = (
        f"Nothing was changed. {report.n_rows:,} rows would be taken: "
        f"{report.accepted:,} new, {report.duplicates:,} known already"
    )
    people = f"; {report.n_people:,} new people" if report.n_people else ""
    left = f" {len(report.bad):,} rows would be left out." if report.bad else ""
    return f"{told}{people}.{left}"


def undo(
    *, by: Actor, now: datetime, job_id: UUID | str, send: Callable[[str], Any]
) -> Job:
    """Start taking an import back.

    Raises
    ------
    Invalid, Refused
        Where it cannot be taken back, with the reason; nothing has been started.
    """
    imports.may_import(by)
    imported = Job.objects.filter(pk=job_id, kind=JOB_KIND).first()
    if imported is None:
        raise NotFound("There is no such import.")
    undoing.must_be_undoable(imported.params["kind"])
    if imported.finished_at is None:
        raise Refused("This import still runs. Stop it first.")
    if str(imported.pk) in undone([imported]):
        raise Refused("This import was taken back already.")
    return jobs.start(
        by=by,
        now=now,
        kind=UNDO_KIND,
        label=f"Undo: {imported.label}"[:200],
        send=send,
        params={**imported.params, "job": str(imported.pk)},
    )


def undone(imported: Iterable[Job]) -> set[str]:
    """Ids of those imports that were taken back, or are being."""
    ids = [str(job.pk) for job in imported if job.kind == JOB_KIND]
    found = Job.objects.filter(kind=UNDO_KIND, params__job__in=ids).exclude(
        state__in=[Job.State.FAILED, Job.State.CANCELLED]
    )
    return {str(params["job"]) for params in found.values_list("params", flat=True)}


def _run_undo(
    job: Job,
    by: Actor,
    now: datetime,
    told: Callable[[int, int, Mapping[str, int]], None],
) -> Mapping[str, Any]:
    imported = Job.objects.get(pk=job.params["job"])
    result = undoing.undo(
        by=by,
        now=now,
        path=Path(job.params["path"]),
        kind=job.params["kind"],
        given=job.params["mapping"],
        since=imported.begun_at or imported.created_at,
        digest=str(imported.result.get("sha256", "")),
        progress=told,
    )
    return {**result.counts, "message": result.sentence}


@transaction.atomic
def save_mapping(
    *,
    by: Actor,
    now: datetime,
    name: str,
    kind: str,
    columns: Sequence[str],
    given: Mapping[str, Any],
) -> SavedMapping:
    """Keep a mapping under a name; the same name again replaces it."""
    if not holds(by, Permission.IMPORTS_WRITE):
        raise Refused("Only a marketing owner, an analyst or an admin imports data.")
    title = name.strip()
    if not 0 < len(title) <= LONGEST_NAME:
        told = f"Give a name of up to {LONGEST_NAME} characters."
        raise Invalid({"save_as": told})
    saved, _ = SavedMapping.objects.update_or_create(
        kind=kind,
        name=title,
        defaults={
            "columns": list(columns),
            "mapping": dict(given),
            "created_by_id": by.id,
            "created_at": now,
        },
    )
    audit.record(
        by=by,
        now=now,
        type="mapping.saved",
        subject=SubjectRef("mapping", str(saved.pk)),
        details={"name": title, "kind": kind},
    )
    return saved


def fitting_mappings(kind: str, columns: Sequence[str]) -> list[SavedMapping]:
    """Saved mappings whose columns this file has, those of equal columns first."""
    mine = set(columns)
    saved = SavedMapping.objects.filter(kind=kind).order_by("-created_at")
    fitting = [each for each in saved if set(each.columns) <= mine]
    return sorted(fitting, key=lambda each: set(each.columns) != mine)


def tried(path: Path) -> Mapping[str, Any] | None:
    """The mapping of the newest trial of this very file."""
    job = (
        Job.objects.filter(kind=TRIAL_KIND, params__path=str(path))
        .order_by("-created_at")
        .first()
    )
    return job.params["mapping"] if job else None
