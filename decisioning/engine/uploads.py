"""Imports that somebody starts on a page: a look at the file first, then a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from decisioning.engine import imports, tables
from decisioning.events.imports import cdnow, files, hillstrom, mapping
from decisioning.experiments import tables as experiment_tables
from governance.access.queries import actor_of
from governance.installation.queries import now as database_now
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.people.models import User
from governance.types import Actor, Invalid

JOB_KIND = "import"
SAMPLE = 10
TABLES: Mapping[str, Callable[..., imports.Report]] = {
    "customers": tables.import_customers,
    "events": tables.import_events,
    "experiment": tables.import_experiment,
}
KINDS = (*imports.DATASETS, *TABLES)
USER_NAMES = ("userid", "user_id", "customer_id", "customerid", "id", "email")
TIME_NAMES = ("timestamp", "time", "date", "occurred_at", "created_at")
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
    arm = _first(columns, ARM_NAMES)
    return _given(unit=user, arm=arm, outcomes={n: n for n in rest if n != arm})


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
) -> Job:
    """Start an import as a job; ``send`` is the task's ``delay``.

    Raises
    ------
    Invalid
        Where the mapping does not fit the file: nothing has been started.
    """
    imports.may_import(by)
    if kind not in KINDS:
        raise Invalid({"kind": f"Choose one of: {', '.join(KINDS)}."})
    check(path, kind, mapping or {})
    return jobs.start(
        by=by,
        now=now,
        kind=JOB_KIND,
        label=f"Import of {name or path.name}"[:200],
        send=send,
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
