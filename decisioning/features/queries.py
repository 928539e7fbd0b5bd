from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from decisioning.features.core import FEATURES, FeatureRow, Purposes, lawful_purposes
from decisioning.features.models import CustomerFeatures
from decisioning.features.sql import features_statement
from governance.catalogue import queries as catalogue

Matrix = npt.NDArray[np.float32]


def row_of(customer_id: int) -> FeatureRow | None:
    """The stored features of one customer; None before the first event."""
    stored = CustomerFeatures.objects.filter(pk=customer_id).first()
    return FeatureRow(stored.values) if stored else None


def stored_matrix(customer_ids: Sequence[int]) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Ids that have stored features, and their rows in the order of ``FEATURES``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, values FROM decisioning_customerfeatures"
            " WHERE customer_id = ANY(%s) ORDER BY customer_id",
            [list(customer_ids)],
        )
        return _matrix(cursor.fetchall())


def matrix_as_of(
    customer_ids: Sequence[int], *, as_of: datetime
) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Features as they stood at a moment, from what had come in by then.

    For training, and to rebuild the vector that a decision used: what happened before
    but was told later is not in it.
    """
    statement, params = features_statement(
        list(customer_ids), as_of=as_of, as_known=True
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, values FROM ({statement}) f ORDER BY id", params)  # noqa: S608
        return _matrix(cursor.fetchall())


def _matrix(rows: Sequence[Any]) -> tuple[npt.NDArray[np.int64], Matrix]:
    ids = np.array([customer_id for customer_id, _ in rows], dtype=np.int64)
    values = np.full((len(rows), len(FEATURES)), np.nan, dtype=np.float32)
    for i, (_, row) in enumerate(rows):
        values[i, : len(row)] = [np.nan if v is None else v for v in row]
    return ids, values


def lawful() -> Mapping[str, Purposes]:
    """For what each declared feature may be used; undeclared ones are not in it."""
    purposes: dict[str, Purposes] = {}
    for element in catalogue.elements():
        mine = frozenset(element.lawful_purposes)
        purposes[element.field] = purposes.get(element.field, mine) & mine
    return lawful_purposes(purposes)


def absent_for(purpose: str) -> tuple[str, ...]:
    """Features that nothing with this purpose may read."""
    allowed = lawful()
    return tuple(
        f.key for f in FEATURES if purpose not in allowed.get(f.key, frozenset())
    )
