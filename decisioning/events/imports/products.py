"""A table of what is sold: one row a product, with its place in the assortment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from decisioning.events.core import Refusal, minor_units
from decisioning.events.imports import mapping
from decisioning.events.imports.files import RowProblem
from decisioning.events.imports.mapping import Column
from governance.types import Invalid

SOURCE: Final = "import:products"
NEEDED: Final = ("sku",)
TEXTS: Final[Mapping[str, int]] = {
    "sku": 60,
    "name": 120,
    "department": 80,
    "category": 80,
    "brand": 80,
    "manufacturer": 80,
    "size": 40,
}
FIELDS: Final = (*TEXTS, "price", "currency", "stock")
CURRENCY: Final = re.compile(r"[A-Z]{3}")
MOST_STOCK: Final = 10**12
Product = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProductMapping:
    """Which column of a file holds which part of a product."""

    columns: Mapping[str, Column]

    def product_of(self, _number: int, row: Mapping[str, str]) -> Product:
        """One row as a product.

        Raises
        ------
        RowProblem
            Naming the column and what is wrong with it.
        """
        texts = {name: self._text(name, row, most) for name, most in TEXTS.items()}
        if not texts["sku"]:
            raise RowProblem(self._label("sku"), "is empty.")
        price, currency = self._price(row), self._currency(row)
        if price is not None and not currency:
            told = "is empty beside a price. Say which currency it is in."
            raise RowProblem(self._label("currency"), told)
        stock = self._stock(row)
        return {**texts, "price_minor": price, "currency": currency, "stock": stock}

    def _text(self, name: str, row: Mapping[str, str], most: int) -> str:
        text = self._raw(name, row)
        if len(text) > most or "\x00" in text:
            raise RowProblem(self._label(name), f"has over {most} characters.")
        return text

    def _price(self, row: Mapping[str, str]) -> int | None:
        text = self._raw("price", row)
        if not text:
            return None
        try:
            price = minor_units(text, "price")
        except Refusal:
            price = -1
        if price < 0:
            told = f"{text!r} is no amount of 0 or more."
            raise RowProblem(self._label("price"), told)
        return price

    def _currency(self, row: Mapping[str, str]) -> str:
        text = self._raw("currency", row).upper()
        if text and not CURRENCY.fullmatch(text):
            told = f"{text!r} is no currency such as GBP."
            raise RowProblem(self._label("currency"), told)
        return text

    def _stock(self, row: Mapping[str, str]) -> int | None:
        text = self._raw("stock", row)
        if not text:
            return None
        number = mapping.number(text, self._label("stock"))
        if not isinstance(number, int) or not 0 <= number < MOST_STOCK:
            told = f"{text!r} is no whole number of 0 or more."
            raise RowProblem(self._label("stock"), told)
        return number

    def _raw(self, name: str, row: Mapping[str, str]) -> str:
        where = self.columns.get(name)
        if where is None:
            return ""
        found = where.value if not where.name else row.get(where.name, "")
        return str(found).strip()

    def _label(self, name: str) -> str:
        where = self.columns.get(name)
        return where.name if where is not None and where.name else name


def planned(data: Mapping[str, Any], header: Sequence[str]) -> ProductMapping:
    """Check a mapping against the columns of its file.

    Raises
    ------
    Invalid
        Naming the part of the mapping.
    """
    given = mapping.checked(dict(data), NEEDED, FIELDS)
    columns = {
        name: mapping.column(where, name, header)
        for name, where in given.items()
        if where
    }
    if "price" in columns and "currency" not in columns:
        raise Invalid({"currency": "currency is missing."})
    fixed = columns["currency"].value if "currency" in columns else None
    if fixed is not None and not CURRENCY.fullmatch(str(fixed).strip().upper()):
        raise Invalid({"currency": f"{fixed!r} is no currency such as GBP."})
    return ProductMapping(columns)
