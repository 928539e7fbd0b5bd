"""Files that tell of no event: what is sold, and whom we must not write to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from decisioning.engine import assortment, imports, suppressions
from decisioning.engine.imports import Progress, Report, no_progress
from decisioning.engine.tables import (
    CHUNK,
    Given,
    Table,
    finish,
    mapped,
    opened,
    readable,
)
from decisioning.events.imports import files, mapping, products
from decisioning.events.imports.files import RowProblem
from governance.types import Actor, Invalid

SUPPRESSION_FIELDS = ("address", "channel", "why")
ADDRESSES = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "sms": re.compile(r"[+0-9][0-9 ()/.-]{5,30}"),
}
ADDRESS_WORDS = {"email": "e-mail address", "sms": "phone number"}
LONGEST_ADDRESS = 254


def import_products(
    *,
    by: Actor,
    now: datetime,
    path: Path,
    given: Given,
    progress: Progress = no_progress,
) -> Report:
    """Rows as the assortment; a product that is known already is brought up to date."""
    table = opened(by, now, path, "products", progress)
    data = mapped(given, products.NEEDED, products.FIELDS)
    how = products.planned(data, files.header_of(table.path))
    total, done = files.count_rows(table.path), 0
    for chunk in imports.chunks(files.rows_of(table.path), CHUNK):
        _keep_products(table, *readable(chunk, how.product_of))
        done += len(chunk)
        table.progress(done, total, table.report.counts)
    finish(table)
    return table.report


@transaction.atomic
def _keep_products(
    table: Table, good: Sequence[tuple[int, products.Product]], bad: Sequence[Any]
) -> None:
    report = table.report
    kept = [product for _, product in good]
    n_written = assortment.keep(kept, digest=report.digest, now=table.now)
    table.leave_out(bad)
    report.n_rows += len(good)
    report.accepted += n_written
    report.duplicates += len(good) - n_written


def import_suppressions(
    *,
    by: Actor,
    now: datetime,
    path: Path,
    given: Given,
    progress: Progress = no_progress,
) -> Report:
    """Addresses onto the list of those we never write to; known by hash alone."""
    table = opened(by, now, path, "suppressions", progress)
    read = address_reader(given, files.header_of(table.path))
    data = mapped(given, ("address", "channel"), SUPPRESSION_FIELDS)
    total, done = files.count_rows(table.path), 0
    for chunk in imports.chunks(files.rows_of(table.path), CHUNK):
        good, bad = readable(chunk, read)
        _suppress(table, [address for _, address in good], data)
        # The address itself is not kept, not even in the list of rows left out.
        table.report.bad += [replace(each, content="") for each in bad]
        table.report.n_rows += len(good)
        done += len(chunk)
        table.progress(done, total, table.report.counts)
    finish(table)
    return table.report


def _suppress(table: Table, addresses: Sequence[str], data: Mapping[str, Any]) -> None:
    n_added, n_spared = suppressions.suppress(
        by=table.by,
        now=table.now,
        channel=str(data["channel"]),
        addresses=addresses,
        why=str(data.get("why") or "asked elsewhere"),
        source=table.source,
    )
    table.report.accepted += n_added
    table.report.duplicates += len(addresses) - n_added
    table.report.n_people += n_spared


def address_reader(
    given: Given, header: Sequence[str]
) -> Callable[[int, dict[str, str]], str]:
    """How a row gives its address.

    Raises
    ------
    Invalid
        Where the mapping names no column or no channel.
    """
    data = mapped(given, ("address", "channel"), SUPPRESSION_FIELDS)
    column = mapping.column(data["address"], "address", header).name
    channel = str(data["channel"])
    if channel not in ADDRESSES:
        raise Invalid({"channel": f"Choose one of: {', '.join(ADDRESSES)}."})

    def read(_number: int, row: dict[str, str]) -> str:
        address = files.cell(row, column)
        if not ADDRESSES[channel].fullmatch(address) or len(address) > LONGEST_ADDRESS:
            raise RowProblem(column, f"holds no {ADDRESS_WORDS[channel]}.")
        return address

    return read
