"""CDNOW's purchases: one row is one order; the sample is a tenth of the master file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from decisioning.events.core import Incoming
from decisioning.events.imports.files import BadRow, opened
from governance.types import Invalid

NAME: Final = "cdnow"
CURRENCY: Final = "USD"
SAMPLE_CELLS: Final = 5
MASTER_CELLS: Final = 4


@dataclass(frozen=True, slots=True)
class Purchase:
    """One row, read; ``ordinal`` counts the customer's rows and names the order."""

    row: int
    customer: str
    ordinal: int
    at: datetime
    units: int
    revenue: float

    @property
    def user_id(self) -> str:
        return f"c-{self.customer}"


def which(path: Path) -> str:
    """``sample`` or ``master``, told by the number of cells a row has.

    Raises
    ------
    Invalid
        Where the file is neither.
    """
    with opened(path) as text:
        for line in text:
            cells = line.split()
            if cells and cells[0].isdecimal():
                if len(cells) == SAMPLE_CELLS:
                    return "sample"
                if len(cells) == MASTER_CELLS:
                    return "master"
                break
    raise Invalid(
        {"path": f"{path.name} is neither CDNOW's master file nor its sample."}
    )


def read(path: Path) -> Iterator[Purchase | BadRow]:
    """Every row as a purchase, or what is wrong with it."""
    n_cells = SAMPLE_CELLS if which(path) == "sample" else MASTER_CELLS
    seen: Counter[str] = Counter()
    number = 0
    with opened(path) as text:
        for line in text:
            cells = line.split()
            if not cells or (not number and not cells[0].isdecimal()):
                continue
            number += 1
            try:
                customer, day, units, revenue = _cells(cells, n_cells)
            except ValueError as error:
                yield BadRow(number, "row.malformed", f"{error}", line.strip()[:300])
                continue
            seen[customer] += 1
            yield Purchase(number, customer, seen[customer], day, units, revenue)


def _cells(cells: list[str], n_cells: int) -> tuple[str, datetime, int, float]:
    if len(cells) != n_cells:
        raise ValueError(f"The row has {len(cells)} cells instead of {n_cells}.")
    day, units, revenue = cells[-3:]
    if not cells[0].isdecimal():
        raise ValueError(f"customer: {cells[0]!r} is no number.")
    try:
        at = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"date: {day!r} is no date such as 19970118.") from None
    if not units.isdecimal():
        raise ValueError(f"number of CDs: {units!r} is no whole number.")
    try:
        value = float(revenue)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise ValueError(f"dollar value: {revenue!r} is no amount of 0 or more.")
    return cells[0], at, int(units), value


def events_of(purchase: Purchase, file: str) -> list[Incoming]:
    """An order and, with the first, who it is; ids are the same in both files."""
    events = []
    if purchase.ordinal == 1:
        events.append(
            Incoming(
                type="identify",
                message_id=f"{NAME}:{purchase.customer}:identify:{file}",
                user_id=purchase.user_id,
                timestamp=purchase.at.isoformat(),
                traits={f"cdnow_{file}": True},
            )
        )
    events.append(
        Incoming(
            type="track",
            event="Order Completed",
            message_id=f"{NAME}:{purchase.customer}:{purchase.ordinal}",
            user_id=purchase.user_id,
            timestamp=purchase.at.isoformat(),
            properties={
                "orderId": f"{NAME}-{purchase.customer}-{purchase.ordinal}",
                "revenue": purchase.revenue,
                "currency": CURRENCY,
                "quantity": purchase.units,
                "syntheticTime": True,
            },
        )
    )
    return events
