from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from decisioning.features.core import SHORT_LIVED
from decisioning.features.sql import features_statement
from decisioning.types import bigints

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
        _move_on(ids[start : start + CHUNK], now=now)
        progress(min(start + CHUNK, len(ids)), len(ids))
    return len(ids)


def end_sessions(*, now: datetime) -> int:
    """Move on those whose session is over and still counts; how many they were."""
    shortest = min(seconds for _, seconds in SHORT_LIVED)
    counting = " OR ".join(f"values[{i + 1}] > 0" for i, _ in SHORT_LIVED)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id FROM decisioning_customerfeatures"  # noqa: S608
            f" WHERE computed_at < %s AND ({counting}) ORDER BY customer_id",
            [now - timedelta(seconds=shortest)],
        )
        ids = [customer_id for (customer_id,) in cursor.fetchall()]
    for start in range(0, len(ids), CHUNK):
        _move_on(ids[start : start + CHUNK], now=now)
    return len(ids)


@transaction.atomic
def _move_on(ids: Sequence[int], *, now: datetime) -> None:
    """Compute anew what no event has touched.

    The people are locked as a batch of events locks them: an event that comes in at the
    same moment is read here, or refreshes after this.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM decisioning_customer"
            " WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE) locked",
            [bigints(ids)],
        )
    refresh(ids, now=now)
