"""A first look at a file that somebody uploaded, and what its columns may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from decisioning.engine import imports, tables
from decisioning.events.imports import cdnow, files, hillstrom

SAMPLE = 10
USER_NAMES = ("userid", "user_id", "customer_id", "customerid", "id", "email")
TIME_NAMES = ("timestamp", "time", "date", "occurred_at", "created_at", "at", "day")
ORDER_NAMES = ("orderid", "order_id", "order", "order_number", "number", "no")
AMOUNT_NAMES = ("revenue", "total", "amount", "value", "price")
ADDRESS_NAMES = ("email", "e-mail", "address", "mail", "phone", "mobile")
PRODUCT_NAMES: Mapping[str, tuple[str, ...]] = {
    "sku": ("sku", "product_id", "productid", "article", "item", "id", "code"),
    "name": ("name", "title", "product", "product_name", "description"),
    "department": ("department", "dept", "division"),
    "category": ("category", "product_category", "product_type", "type"),
    "brand": ("brand",),
    "manufacturer": ("manufacturer", "supplier"),
    "size": ("size", "package_size"),
    "price": ("price", "unit_price", "list_price"),
    "currency": ("currency",),
    "stock": ("stock", "quantity", "inventory", "available"),
}
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
        Where the file is no table.
    """
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
    if kind == "products":
        return _given(**{n: _first(columns, like) for n, like in PRODUCT_NAMES.items()})
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
