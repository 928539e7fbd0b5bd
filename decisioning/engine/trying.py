"""A file taken in on trial: every row is read and judged, nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from decisioning.engine import assortment, imports, lists, tables
from decisioning.engine.imports import Progress, Report
from decisioning.events import actions as events
from decisioning.events.core import Identity, Incoming
from decisioning.events.imports import files, mapping, products
from decisioning.events.imports.files import BadRow
from decisioning.events.imports.products import Product
from decisioning.experiments import tables as experiments
from governance.consent import suppressions

ROW_KINDS: Mapping[str, Callable[..., mapping.TableMapping]] = {
    "customers": mapping.customers,
    "events": mapping.events,
    "orders": mapping.orders,
}


@dataclass(slots=True)
class _Trial:
    """What the rows so far would have done."""

    report: Report
    now: datetime
    hashes: set[str] = field(default_factory=set)
    people: set[Identity] = field(default_factory=set)

    def take(self, good: Sequence[tuple[int, Incoming]]) -> None:
        rows = [row for row, _ in good]
        told = events.prepared(
            [event for _, event in good], source="", now=self.now, rows=rows
        )
        for chunk in told:
            self._judge(chunk, rows)

    def _judge(self, chunk: events.Chunk, rows: Sequence[int]) -> None:
        self.report.bad += [
            BadRow(rows[chunk.start + i], refusal.code, refusal.message, "")
            for i, refusal in chunk.refused
        ]
        taken = [event for _, event in chunk.taken]
        fresh = {event.hash for event in taken} - self.hashes
        new = fresh - known_messages(fresh)
        self.hashes |= fresh
        self.report.n_rows += len(taken)
        self.report.accepted += len(new)
        self.report.duplicates += len(taken) - len(new)
        met = {event.who for event in taken} - self.people
        self.people |= met
        self.report.n_people += len(met - known_people(met))

    def addresses(self, good: Sequence[tuple[int, str]], channel: str) -> None:
        fresh = {address.strip().lower() for _, address in good} - self.hashes
        self.hashes |= fresh
        known = suppressions.listed([(channel, address) for address in fresh])
        self.report.n_rows += len(good)
        self.report.accepted += len(fresh) - len(known)
        self.report.duplicates += len(good) - len(fresh) + len(known)

    def products(self, good: Sequence[tuple[int, Product]]) -> None:
        fresh = [each for _, each in good if each["sku"] not in self.hashes]
        self.hashes.update(each["sku"] for each in fresh)
        n_new = assortment.changed(fresh)
        self.report.n_rows += len(good)
        self.report.accepted += n_new
        self.report.duplicates += len(good) - n_new


def try_out(
    *,
    now: datetime,
    path: Path,
    kind: str,
    given: Mapping[str, Any],
    progress: Progress,
) -> Report:
    """Count what an import would take, know already and leave out.

    Raises
    ------
    Invalid
        Where the mapping does not fit the file.
    """
    report = Report(kind, path.name, files.digest(path))
    trial = _Trial(report, now)
    read, take = _how(trial, path, kind, dict(given))
    total, done = files.count_rows(path), 0
    for chunk in imports.chunks(files.rows_of(path), tables.CHUNK):
        good, bad = tables.readable(chunk, read)
        report.bad += bad
        take(good)
        done += len(chunk)
        progress(done, total, report.counts)
    imports.list_rejects(report)
    return report


Read = Callable[[int, dict[str, str]], Any]
Take = Callable[[Sequence[tuple[int, Any]]], None]


def _how(
    trial: _Trial, path: Path, kind: str, given: dict[str, Any]
) -> tuple[Read, Take]:
    header = files.header_of(path)
    if kind in ROW_KINDS:
        made = ROW_KINDS[kind](given, header, trial.report.digest)
        return made.event_of, trial.take
    if kind == "suppressions":
        channel = str(given.get("channel", ""))
        read = lists.address_reader(given, header)
        return read, lambda good: trial.addresses(good, channel)
    if kind == "products":
        return products.planned(given, header).product_of, trial.products
    plan = experiments.planned(given, path)
    if plan.is_aggregated:
        return plan.summary, lambda good: _count(trial.report, len(good))
    return plan.unit, lambda good: trial.take([(n, u.event) for n, u in good])


def _count(report: Report, n: int) -> None:
    report.n_rows += n


def known_messages(hashes: Collection[str]) -> set[str]:
    """Those that were taken before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encode(uuid_send(message_hash), 'hex')"
            " FROM decisioning_messageledger"
            " WHERE message_hash = ANY(%s::text[]::uuid[])",
            [list(hashes)],
        )
        return {found for (found,) in cursor.fetchall()}


def known_people(identities: Collection[Identity]) -> set[Identity]:
    """Those who are somebody's already."""
    wanted = sorted(identities)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, value FROM unnest(%s::text[], %s::text[]) q(kind, value)"
            " JOIN decisioning_customeridentity i USING (kind, value)",
            [[kind for kind, _ in wanted], [value for _, value in wanted]],
        )
        return {(kind, value) for kind, value in cursor.fetchall()}
