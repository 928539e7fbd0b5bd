"""Data sets in: through the same ingest as the API, with their evidence beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from decisioning.customers.actions import Stock
from decisioning.engine import completejourney as grocer
from decisioning.events import actions as events
from decisioning.events import storing
from decisioning.events.core import Incoming
from decisioning.events.imports import (
    cdnow,
    completejourney,
    evidence,
    files,
    hillstrom,
)
from decisioning.events.imports.files import BadRow
from decisioning.experiments import imports as experiments
from decisioning.experiments.models import Experiment
from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.people.models import User
from governance.types import Actor, ActorKind, Invalid, Refused, Role, SubjectRef

CUSTOMERS_A_CHUNK = 2_500
ROWS_A_CHUNK = 5_000
LINES_A_CHUNK = 50_000
PUBLIC_RESEARCH = "public_research"
Progress = Callable[[int, int, Mapping[str, int]], None]


@dataclass(slots=True)
class Report:
    """What an import did; ``bad`` lists the rows left out, with reasons."""

    dataset: str
    file: str
    digest: str
    n_rows: int = 0
    n_people: int = 0
    accepted: int = 0
    duplicates: int = 0
    bad: list[BadRow] = field(default_factory=list)
    rejects_file: str = ""
    experiment: str = ""
    n_consented: int = 0
    evidence_gaps: Sequence[str] = ()

    @property
    def counts(self) -> dict[str, int]:
        return {
            "rows": self.n_rows,
            "events": self.accepted,
            "duplicates": self.duplicates,
            "rejected": len(self.bad),
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset,
            "file": self.file,
            "sha256": self.digest,
            **self.counts,
            "people": self.n_people,
            "rejectsFile": self.rejects_file,
            "experiment": self.experiment,
            "consentRecorded": self.n_consented,
            "consentEvidenceMissing": list(self.evidence_gaps),
            "rejectedRows": [
                {"row": each.row, "code": each.code, "reason": each.reason}
                for each in self.bad[:1000]
            ],
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of a part of a file, ready for the database."""

    rows: Sequence[int]
    events: Sequence[events.Chunk]

    def store(self, report: Report) -> None:
        told = events.store(self.events)
        report.accepted += told.accepted
        report.duplicates += told.duplicates
        report.bad += [
            BadRow(self.rows[e.index], e.code, e.message, e.message_id or "")
            for e in told.rejected
        ]


@dataclass(frozen=True, slots=True)
class Run:
    """One import on its way."""

    by: Actor
    now: datetime
    path: Path
    report: Report
    declaration: evidence.Declaration | None
    progress: Progress
    source: str
    stock: Stock = field(default_factory=Stock)

    def prepared(self, batch: Sequence[tuple[int, Incoming]]) -> Batch:
        """Events beside the rows that they come from, read but not yet stored."""
        rows = [row for row, _ in batch]
        told = events.prepared(
            [event for _, event in batch],
            source=self.source,
            now=self.now,
            basis=PUBLIC_RESEARCH,
            rows=rows,
        )
        return Batch(rows, list(told))

    def take(self, batch: Batch) -> None:
        batch.store(self.report)

    def leave_out(self, bad: Sequence[BadRow]) -> None:
        self.report.bad += bad
        storing.bury(
            [(each.row, each.as_json(), each.code, each.reason) for each in bad],
            source=self.source,
            now=self.now,
        )

    def declare(self, people: Sequence[int]) -> None:
        if self.declaration is not None:
            self.report.n_consented += evidence.record(
                self.declaration, people, by=self.by, now=self.now, source=self.source
            )


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that this product knows how to read.

    ``patterns`` name its file; without any it is a folder of tables.
    """

    name: str
    label: str
    patterns: Sequence[str]
    work: Callable[[Run], None]

    @property
    def is_folder(self) -> bool:
        return not self.patterns

    def find(self, path: Path | None) -> tuple[Path, str]:
        """The file or folder, and its digest."""
        if self.is_folder:
            folder = completejourney.folder_of(path)
            return folder, completejourney.digest_of(folder)
        if path is None:
            raise Invalid({"path": "Name the file, or the folder that holds it."})
        file = files.find(path, self.patterns)
        return file, files.digest(file)


def no_progress(_done: int, _total: int, _counts: Mapping[str, int]) -> None:
    """Nobody is watching."""


def import_dataset(
    *,
    by: Actor,
    now: datetime,
    name: str,
    path: Path | None,
    consent_evidence: Path | Mapping[str, Any] | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Load a public data set; a second run adds nothing, a broken row is left out.

    Each chunk commits by itself: started again, it goes on where it stopped.

    Raises
    ------
    Invalid
        Where the name, the file or the evidence cannot be used; nothing has changed.
    """
    may_import(by)
    dataset = DATASETS.get(name)
    if dataset is None:
        raise Invalid({"name": f"Known data sets: {', '.join(sorted(DATASETS))}."})
    declaration = _declaration(consent_evidence)
    file, digest = dataset.find(path)
    report = Report(name, file.name, digest)
    if declaration is not None:
        report.evidence_gaps = declaration.gaps
    run = Run(by, now, file, report, declaration, progress, source_of(name, file))
    dataset.work(run)
    _finish(run)
    return report


def digest_of(kind: str, path: Path) -> str:
    """What the rows of an import call their file; of the folder where it is one."""
    dataset = DATASETS.get(kind)
    return dataset.find(path)[1] if dataset is not None else files.digest(path)


def may_import(by: Actor) -> None:
    if by.kind is not ActorKind.SYSTEM and not holds(by, Permission.IMPORTS_WRITE):
        raise Refused("Only a marketing owner, an analyst or an admin imports data.")


def _declaration(
    given: Path | Mapping[str, Any] | None,
) -> evidence.Declaration | None:
    if given is None:
        return None
    return evidence.read(given) if isinstance(given, Path) else evidence.declared(given)


def source_of(name: str, file: Path) -> str:
    """How the events of a public data set name where they come from."""
    if name == cdnow.NAME:
        return f"import:{name}:{cdnow.which(file)}"
    return f"import:{name}"


def _finish(run: Run) -> None:
    report = run.report
    list_rejects(report)
    if not report.n_rows:
        raise _unreadable(run.path)
    audit.record(
        by=run.by,
        now=run.now,
        type="dataset.imported",
        subject=SubjectRef("dataset", report.dataset, report.digest),
        details={"file": report.file, "basis": PUBLIC_RESEARCH, **report.counts},
    )


def must_be_readable(path: Path, read: Callable[[int, dict[str, str]], Any]) -> None:
    """Refuse a file of which no row can be taken, before anything is written."""
    for number, row in files.rows_of(path):
        try:
            read(number, row)
        except files.RowProblem:
            continue
        return
    raise _unreadable(path)


def _unreadable(path: Path) -> Invalid:
    return Invalid({"path": f"{path.name} has no row that could be read."})


def list_rejects(report: Report) -> None:
    """Write the rows left out to a file of their own, beside the report."""
    report.bad.sort(key=lambda each: each.row)
    name = f"{report.dataset}-{report.digest[:8]}"
    rejects = files.write_rejects(Path(settings.DATA_DIR) / "rejects", name, report.bad)
    report.rejects_file = str(rejects) if rejects else ""


def chunks(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def people_of(user_ids: Sequence[str]) -> dict[str, int]:
    """Customers by user id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value, customer_id FROM decisioning_customeridentity"
            " WHERE kind = 'user' AND value = ANY(%s)",
            [list(user_ids)],
        )
        return dict(cursor.fetchall())


def owner_of(by: Actor) -> int:
    """Who stands behind what an import creates: the actor, or the first analyst.

    Raises
    ------
    Invalid
        On an installation without people.
    """
    if by.kind is ActorKind.PERSON and by.id is not None:
        return by.id
    analyst = (
        User.objects.filter(
            role_assignments__role=Role.ANALYST.value, role_assignments__ended_at=None
        )
        .order_by("pk")
        .first()
        or User.objects.order_by("pk").first()
    )
    if analyst is None:
        raise Invalid({"by": "Add a person first: an experiment needs an owner."})
    return analyst.pk


def _import_hillstrom(run: Run) -> None:
    owner = owner_of(run.by)
    total = files.count_rows(run.path, hillstrom.COLUMNS)
    must_be_readable(run.path, hillstrom.read)
    experiment = experiments.experiment_of(
        HILLSTROM_DESIGN, created_by=owner, now=run.now
    )
    parts = chunks(files.rows_of(run.path), CUSTOMERS_A_CHUNK)
    done = 0
    for part in events.ahead(_hillstrom_part(run, chunk) for chunk in parts):
        _store_hillstrom(run, experiment, part)
        done += part.n_rows
        run.stock.grown_to(done)
        run.progress(done, total, run.report.counts)
    experiments.count_arms(experiment, now=run.now)
    run.report.experiment = experiment.key


@dataclass(frozen=True, slots=True)
class _HillstromPart:
    n_rows: int
    subjects: Sequence[hillstrom.Subject]
    bad: Sequence[BadRow]
    batch: Batch


def _hillstrom_part(
    run: Run, chunk: Sequence[tuple[int, dict[str, str]]]
) -> _HillstromPart:
    subjects: list[hillstrom.Subject] = []
    bad: list[BadRow] = []
    for number, row in chunk:
        try:
            subjects.append(hillstrom.read(number, row))
        except files.RowProblem as problem:
            content = ",".join(row.values())[:300]
            bad.append(BadRow(number, problem.code, problem.reason, content))
    batch = [(s.row, event) for s in subjects for event in hillstrom.events_of(s)]
    return _HillstromPart(len(chunk), subjects, bad, run.prepared(batch))


@transaction.atomic
def _store_hillstrom(run: Run, experiment: Experiment, part: _HillstromPart) -> None:
    subjects = part.subjects
    run.leave_out(part.bad)
    run.take(part.batch)
    people = people_of([subject.user_id for subject in subjects])
    shares = HILLSTROM_DESIGN.arms
    experiments.record(
        experiment,
        (
            experiments.UnitResult(people[s.user_id], s.arm, s.outcomes)
            for s in subjects
        ),
        shares=shares,
        at=hillstrom.SENT_AT,
    )
    _log_emails(subjects, people, shares)
    run.declare(list(people.values()))
    run.report.n_rows += len(subjects)
    run.report.n_people += len(people)


def _log_emails(
    subjects: Sequence[hillstrom.Subject],
    people: Mapping[str, int],
    shares: Mapping[str, float],
) -> None:
    """The e-mails that were sent, as decisions made elsewhere."""
    sent = [s for s in subjects if s.decision_id is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO decisioning_decision
                (id, customer_id, placement_key, channel, mode, reason, use_case_key,
                 config_hash, offer_key, creative_key, content, propensity,
                 experiment_key, arm, model_digest, snapshot_digest, why, candidates,
                 inputs, request, degraded, is_imported, decided_at, expires_at)
            SELECT id, customer_id, 'hillstrom.email', 'email', 'imported', 'imported',
                '', '', arm, '', '{}', propensity, %s, arm, '', '', '', '[]', '{}',
                '{}', '{}', true, %s, %s
            FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::float8[])
                AS q(id, customer_id, arm, propensity)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                hillstrom.NAME,
                hillstrom.SENT_AT,
                hillstrom.OUTCOME_AT,
                [s.decision_id for s in sent],
                [people[s.user_id] for s in sent],
                [s.arm for s in sent],
                [shares[s.arm] for s in sent],
            ],
        )


def _import_cdnow(run: Run) -> None:
    file = cdnow.which(run.path)
    total = sum(1 for _ in cdnow.read(run.path))
    if not any(isinstance(row, cdnow.Purchase) for row in cdnow.read(run.path)):
        raise _unreadable(run.path)
    done = 0
    for chunk in chunks(cdnow.read(run.path), ROWS_A_CHUNK):
        good = [row for row in chunk if isinstance(row, cdnow.Purchase)]
        run.leave_out([row for row in chunk if isinstance(row, BadRow)])
        batch = [(p.row, e) for p in good for e in cdnow.events_of(p, file)]
        run.take(run.prepared(batch))
        people = people_of(sorted({p.user_id for p in good}))
        run.declare(list(people.values()))
        run.report.n_rows += len(good)
        run.report.n_people += sum(p.ordinal == 1 for p in good)
        done += len(chunk)
        run.stock.grown_to(done)
        run.progress(done, total, run.report.counts)


def _import_completejourney(run: Run) -> None:
    found = completejourney.Journey(run.path)
    grocer.declare_demographics(run.now)
    grocer.keep_products(found, source=run.source, now=run.now)
    run.leave_out(found.bad)
    for table, bad in found.refused.items():
        replace(run, source=f"{run.source}:{table}").leave_out(bad)
    total, done = found.n_lines, len(found.bad)
    parts = ((part, run.prepared(part.events)) for part in found.parts(LINES_A_CHUNK))
    for part, batch in events.ahead(parts):
        _store_households(run, part, batch)
        done += part.n_lines
        run.stock.grown_to(run.report.accepted)
        run.progress(done, total, run.report.counts)


@transaction.atomic
def _store_households(run: Run, part: completejourney.Part, batch: Batch) -> None:
    run.take(batch)
    people = people_of(part.user_ids)
    grocer.log_campaigns(part.contacts, people)
    run.declare(list(people.values()))
    run.report.n_rows += part.n_lines
    run.report.n_people += len(people)


HILLSTROM_DESIGN = experiments.ImportedDesign(
    key=hillstrom.NAME,
    name="Hillstrom e-mail test (2008)",
    source="Public research data: MineThatData e-mail analytics challenge, 2008",
    hypothesis="An e-mail about men's or women's goods brings recent buyers back.",
    arms=dict.fromkeys(hillstrom.ARMS.values(), 1 / 3),
    labels={key: label for label, key in hillstrom.ARMS.items()},
    control=hillstrom.CONTROL,
    metrics=(
        experiments.ImportedMetric(
            "visit", "Visits", "proportion", "share of customers"
        ),
        experiments.ImportedMetric(
            "conversion", "Conversions", "proportion", "share of customers", "primary"
        ),
        experiments.ImportedMetric(
            "spend", "Spend per customer", "mean", f"{hillstrom.CURRENCY} per customer"
        ),
    ),
    started_at=hillstrom.SENT_AT,
    ended_at=hillstrom.OUTCOME_AT,
)
DATASETS: Mapping[str, Dataset] = {
    each.name: each
    for each in (
        Dataset(
            hillstrom.NAME,
            "Hillstrom e-mail experiment",
            ("*illstrom*.csv", "*illstrom*.csv.gz", "*.csv", "*.csv.gz"),
            _import_hillstrom,
        ),
        Dataset(
            cdnow.NAME,
            "CDNOW purchases",
            ("*sample*.txt*", "*master*.txt*", "*.txt", "*.txt.gz"),
            _import_cdnow,
        ),
        Dataset(
            completejourney.NAME,
            "Complete Journey: a grocer's year",
            (),
            _import_completejourney,
        ),
    )
}
