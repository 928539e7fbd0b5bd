from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from decisioning.customers.struck import kept_traits
from decisioning.features.core import (
    FEATURES,
    FeatureRow,
    Purposes,
    held,
    lawful_purposes,
    untold,
)
from decisioning.features.models import CustomerFeatures
from decisioning.features.sql import features_statement
from governance.catalogue import queries as catalogue
from governance.consent.core import Head

Matrix = npt.NDArray[np.float32]
STRUCK = """
SELECT c.id, c.traits::text, (h.cells -> 'topics_off')::text
FROM governance_consenthead h JOIN decisioning_customer c ON c.id = h.person_id
WHERE h.person_id = ANY(%s) AND jsonb_array_length(h.cells -> 'topics_off') > 0"""


def row_of(customer_id: int, *, at: datetime | None = None) -> FeatureRow | None:
    """The stored features of one customer; None before the first event.

    With ``at``, those that have outlived their time by then are unknown.
    """
    stored = CustomerFeatures.objects.filter(pk=customer_id).first()
    if stored is None:
        return None
    age = (at - stored.computed_at).total_seconds() if at is not None else 0.0
    return FeatureRow(held(np.array(stored.values, dtype=np.float32), age))


def stored_matrix(customer_ids: Sequence[int]) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Ids that have stored features, and their rows in the order of ``FEATURES``.

    What rests on something that a person has struck out by now is unknown.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, values FROM decisioning_customerfeatures"
            " WHERE customer_id = ANY(%s) ORDER BY customer_id",
            [list(customer_ids)],
        )
        return _lawfully(*_matrix(cursor.fetchall()))


def _lawfully(
    ids: npt.NDArray[np.int64], values: Matrix
) -> tuple[npt.NDArray[np.int64], Matrix]:
    """The same; unknown where it rests on something that the person struck out."""
    for customer_id, struck in _struck(ids.tolist()).items():
        untold(values[np.searchsorted(ids, customer_id)], struck)
    return ids, values


def _struck(customer_ids: Sequence[int]) -> dict[int, set[str]]:
    """Traits that features rest on and that these people struck out; mostly nobody."""
    with connection.cursor() as cursor:
        cursor.execute(STRUCK, [list(customer_ids)])
        rows = cursor.fetchall()
    found = {}
    for customer_id, traits, off in rows:
        told = json.loads(traits)
        kept = kept_traits(told, Head(topics_off=frozenset(json.loads(off))))
        found[customer_id] = told.keys() - kept.keys()
    return found


def matrix_as_of(
    customer_ids: Sequence[int], *, as_of: datetime
) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Features as they stood at a moment, from what had come in by then.

    For training, and to rebuild the vector that a decision used: what happened before
    but was told later is not in it. What a person has struck out by now is unknown, so
    that nothing is learned from it.
    """
    statement, params = features_statement(
        list(customer_ids), as_of=as_of, as_known=True
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, values FROM ({statement}) f ORDER BY id", params)  # noqa: S608
        return _lawfully(*_matrix(cursor.fetchall()))


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
