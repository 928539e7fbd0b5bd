from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from decisioning.features.sql import features_statement

CHUNK = 5_000


@transaction.atomic
def refresh(customer_ids: Iterable[int], *, now: datetime) -> int:
    """Compute the features of these customers and store them; one statement."""
    ids = sorted(set(customer_ids))
    if not ids:
        return 0
    statement, params = features_statement(ids, as_of=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO decisioning_customerfeatures"  # noqa: S608
            " (customer_id, values, computed_at)"
            f" SELECT id, values, %s FROM ({statement}) f ORDER BY id"
            " ON CONFLICT (customer_id) DO UPDATE"
            " SET values = EXCLUDED.values, computed_at = EXCLUDED.computed_at",
            [now, *params],
        )
        return int(cursor.rowcount)


def refresh_all(
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Move every customer's windows on to ``now``, in chunks that each commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM decisioning_customer WHERE merged_into_id IS NULL"
            " ORDER BY id"
        )
        ids: Sequence[int] = [customer_id for (customer_id,) in cursor.fetchall()]
    for start in range(0, len(ids), CHUNK):
        refresh(ids[start : start + CHUNK], now=now)
        progress(min(start + CHUNK, len(ids)), len(ids))
    return len(ids)
