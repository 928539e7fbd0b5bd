"""Any table in: customers, events, and finished experiments by a column mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from decisioning.customers.actions import Stock
from decisioning.engine import imports
from decisioning.engine.imports import Progress, Report, no_progress
from decisioning.events import actions as events
from decisioning.events import storing
from decisioning.events.core import Incoming
from decisioning.events.imports import files, mapping
from decisioning.events.imports.files import BadRow, RowProblem
from decisioning.experiments import imports as experiments
from decisioning.experiments import tables
from governance.audit import actions as audit
from governance.types import Actor, SubjectRef

CHUNK = 5_000
Given = Path | Mapping[str, Any]


@dataclass(slots=True)
class Table:
    """A file that is being taken in, chunk by chunk."""

    by: Actor
    now: datetime
    path: Path
    report: Report
    source: str
    progress: Progress
    stock: Stock = field(default_factory=Stock)

    def take(self, read: Callable[[int, dict[str, str]], Incoming]) -> None:
        total, done = files.count_rows(self.path), 0
        for chunk in imports.chunks(files.rows_of(self.path), CHUNK):
            good, bad = readable(chunk, read)
            self.keep(good)
            self.leave_out(bad)
            self.report.n_rows += len(good)
            done += len(chunk)
            self.stock.grown_to(done)
            self.progress(done, total, self.report.counts)

    def keep(self, good: Sequence[tuple[int, Incoming]]) -> None:
        rows = [number for number, _ in good]
        told = events.ingest(
            [event for _, event in good], source=self.source, now=self.now, rows=rows
        )
        self.report.accepted += told.accepted
        self.report.duplicates += told.duplicates
        self.report.n_rows -= len(told.rejected)
        self.report.bad += [
            BadRow(rows[each.index], each.code, each.message, "")
            for each in told.rejected
        ]

    def leave_out(self, bad: Sequence[BadRow]) -> None:
        self.report.bad += bad
        storing.bury(
            [(each.row, each.as_json(), each.code, each.reason) for each in bad],
            source=self.source,
            now=self.now,
        )


def readable(
    chunk: Sequence[tuple[int, dict[str, str]]],
    read: Callable[[int, dict[str, str]], Any],
) -> tuple[list[tuple[int, Any]], list[BadRow]]:
    good: list[tuple[int, Any]] = []
    bad: list[BadRow] = []
    for number, row in chunk:
        try:
            good.append((number, read(number, row)))
        except RowProblem as problem:
            content = ",".join(row.values())[:300]
            bad.append(BadRow(number, problem.code, problem.reason, content))
    return good, bad


def import_customers(
    *,
    by: Actor,
    now: datetime,
    path: Path,
    given: Given,
    progress: Progress = no_progress,
) -> Report:
    """Rows as identify calls; the same file twice adds nothing."""
    data = mapped(given, ("traits",), mapping.CUSTOMER_FIELDS)
    return _import_rows(by, now, path, "customers", progress, data, mapping.customers)


def import_events(
    *,
    by: Actor,
    now: datetime,
    path: Path,
    given: Given,
    progress: Progress = no_progress,
) -> Report:
    """Rows as track calls; the same file twice adds nothing."""
    data = mapped(given, ("event", "timestamp"), mapping.EVENT_FIELDS)
    return _import_rows(by, now, path, "events", progress, data, mapping.events)


def import_orders(
    *,
    by: Actor,
    now: datetime,
    path: Path,
    given: Given,
    progress: Progress = no_progress,
) -> Report:
    """Rows as Order Completed; the same order number in two files is one order."""
    data = mapped(given, mapping.ORDER_NEEDED, mapping.ORDER_FIELDS)
    return _import_rows(by, now, path, "orders", progress, data, mapping.orders)


def mapped(given: Given, needed: Sequence[str], known: Sequence[str]) -> dict[str, Any]:
    if isinstance(given, Path):
        return mapping.load(given, needed, known)
    return mapping.checked(dict(given), needed, known)


def _import_rows(
    by: Actor,
    now: datetime,
    path: Path,
    kind: str,
    progress: Progress,
    data: dict[str, Any],
    reader: Callable[..., mapping.TableMapping],
) -> Report:
    table = opened(by, now, path, kind, progress)
    how = reader(data, files.header_of(table.path), table.report.digest)
    table.take(how.event_of)
    finish(table)
    return table.report


def opened(
    by: Actor, now: datetime, path: Path, kind: str, progress: Progress
) -> Table:
    imports.may_import(by)
    file = files.find(path, ("*.csv", "*.csv.gz"))
    report = Report(kind, file.name, files.digest(file))
    source = f"import:{kind}:{report.digest[:12]}"
    return Table(by, now, file, report, source, progress)


def finish(table: Table) -> None:
    report = table.report
    imports.list_rejects(report)
    audit.record(
        by=table.by,
        now=table.now,
        type=f"{report.dataset}.imported",
        subject=SubjectRef("file", report.file[:80], report.digest),
        details=report.counts,
    )


def import_experiment(
    *,
    by: Actor,
    now: datetime,
    path: Path,
    given: Given,
    progress: Progress = no_progress,
) -> Report:
    """Anybody's finished experiment, one row a unit or one row an arm and metric.

    Raises
    ------
    Invalid
        Where the mapping does not fit the file, or an imported key is used again with
        another design; nothing has changed.
    """
    table = opened(by, now, path, "experiment", progress)
    data = mapped(given, ("key", "arm", "control"), tables.FIELDS)
    plan = tables.planned(data, table.path)
    imports.must_be_readable(
        table.path, plan.summary if plan.is_aggregated else plan.unit
    )
    owner = imports.owner_of(by)
    experiment = experiments.experiment_of(plan.design, created_by=owner, now=now)
    tables.must_be_the_same(experiment, plan.design)
    if plan.is_aggregated:
        _take_arms(table, plan, experiment)
    else:
        _take_units(table, plan, experiment)
        experiments.count_arms(experiment, now=now)
    table.report.experiment = experiment.key
    finish(table)
    return table.report


@transaction.atomic
def _take_arms(table: Table, plan: tables.Plan, experiment: Any) -> None:
    rows = list(files.rows_of(table.path))
    good, bad = readable(rows, plan.summary)
    experiments.record_summaries(
        experiment, [summary for _, summary in good], now=table.now
    )
    table.leave_out(bad)
    table.report.n_rows = len(good)
    table.progress(len(rows), len(rows), table.report.counts)


def _take_units(table: Table, plan: tables.Plan, experiment: Any) -> None:
    total, done = files.count_rows(table.path), 0
    for chunk in imports.chunks(files.rows_of(table.path), CHUNK):
        _take_unit_chunk(table, plan, experiment, chunk)
        done += len(chunk)
        table.stock.grown_to(done)
        table.progress(done, total, table.report.counts)


@transaction.atomic
def _take_unit_chunk(
    table: Table,
    plan: tables.Plan,
    experiment: Any,
    chunk: Sequence[tuple[int, dict[str, str]]],
) -> None:
    good, bad = readable(chunk, plan.unit)
    table.leave_out(bad)
    table.keep([(number, unit.event) for number, unit in good])
    people = imports.people_of([unit.user_id for _, unit in good])
    experiments.record(
        experiment,
        (
            experiments.UnitResult(people[unit.user_id], unit.arm, unit.outcomes)
            for _, unit in good
            if unit.user_id in people
        ),
        shares=plan.design.arms,
        at=plan.design.started_at or table.now,
    )
    table.report.n_rows += len(good)
    table.report.n_people += len(people)
