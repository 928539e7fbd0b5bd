"""What is sold, from a file: taken in, tried out, and taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from decisioning.events import storing
from decisioning.events.imports.products import SOURCE, Product

FILE_DIGITS = 12
# The newest file's word for a product is the one that counts; the one before it is kept
# beside it, so that the file can be taken back.
RESTORE = """
UPDATE decisioning_product p SET name = old.name, department = old.department,
    category = old.category, brand = old.brand, manufacturer = old.manufacturer,
    size = old.size, price_minor = old.price_minor, currency = old.currency,
    stock = old.stock, file = old.file, recorded_at = old.recorded_at, previous = NULL
FROM decisioning_product q, jsonb_populate_record(NULL::decisioning_product, q.previous)
    AS old
WHERE q.id = p.id AND p.source = %s AND p.file = %s AND p.previous IS NOT NULL
"""


def unique(products: Sequence[Product]) -> list[Product]:
    """Each product once; where a file repeats one, its last row counts."""
    return [*{product["sku"]: product for product in products}.values()]


def keep(products: Sequence[Product], *, digest: str, now: datetime) -> int:
    """Add products, or bring them up to date; how many rows were written."""
    return storing.keep_products(
        unique(products), source=SOURCE, now=now, file=digest[:FILE_DIGITS]
    )


def changed(products: Sequence[Product]) -> int:
    """How many of these products `keep` would write."""
    standing = _standing([product["sku"] for product in products])
    return sum(standing.get(each["sku"]) != _content(each) for each in unique(products))


def _content(product: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(product.get(name) for name in storing.PRODUCT_FIELDS)


def _standing(skus: Collection[str]) -> dict[str, tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(storing.PRODUCT_FIELDS)} FROM decisioning_product"  # noqa: S608
            " WHERE source = %s AND sku = ANY(%s)",
            [SOURCE, list(skus)],
        )
        return {row[0]: row for row in cursor.fetchall()}


@transaction.atomic
def take_back(digest: str) -> tuple[int, int]:
    """Products as they were before a file; how many changed back, and how many left.

    What a later file has changed since stays as that file says.
    """
    file = digest[:FILE_DIGITS]
    with connection.cursor() as cursor:
        cursor.execute(RESTORE, [SOURCE, file])
        n_restored = int(cursor.rowcount)
        cursor.execute(
            "DELETE FROM decisioning_product WHERE source = %s AND file = %s",
            [SOURCE, file],
        )
        n_removed = int(cursor.rowcount)
        cursor.execute(
            "UPDATE decisioning_product SET previous = NULL"
            " WHERE source = %s AND previous ->> 'file' = %s",
            [SOURCE, file],
        )
    return n_restored, n_removed


def forget(source: str) -> int:
    """Remove the assortment of a whole data set."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM decisioning_product WHERE source = %s", [source])
        return int(cursor.rowcount)
