from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from decisioning.features import carrying
from decisioning.features.carrying import Arrival
from decisioning.features.core import SHORT_LIVED
from decisioning.features.sql import features_statement
from decisioning.types import bigints

CHUNK = 5_000


@transaction.atomic
def refresh(
    customer_ids: Iterable[int],
    *,
    now: datetime,
    arrived: Iterable[tuple[int, Arrival]] = (),
) -> int:
    """Compute the features of these customers and store them; how many they are.

    Short histories are counted from the log, long ones carried on from their tally.
    ``arrived`` are the events stored since the last time, and whose they are.
    """
    ids = sorted(set(customer_ids))
    if not ids:
        return 0
    carried = carrying.move_on(ids, now=now, arrived=arrived)
    rest = [customer_id for customer_id in ids if customer_id not in carried]
    if rest:
        carrying.take_up(_count(rest, now), now=now)
    return len(ids)


def _count(ids: list[int], now: datetime) -> list[int]:
    """Count the whole log of these customers; whose history is long."""
    statement, params = features_statement(ids, as_of=now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH f AS MATERIALIZED ({statement}), kept AS ("  # noqa: S608
            " INSERT INTO decisioning_customerfeatures"
            " (customer_id, values, computed_at)"
            " SELECT id, values, %s FROM f ORDER BY id"
            " ON CONFLICT (customer_id) DO UPDATE"
            " SET values = EXCLUDED.values, computed_at = EXCLUDED.computed_at"
            ") SELECT id FROM f WHERE n_events > %s ORDER BY id",
            [*params, now, carrying.LONG],
        )
        return [customer_id for (customer_id,) in cursor.fetchall()]


def refresh_all(
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Count everybody anew as of ``now``, in chunks that each commit.

    Windows move on for those whom no event touches, and tallies are laid down again
    from the log: whatever they were, they are right by the morning.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM decisioning_customer WHERE merged_into_id IS NULL"
            " ORDER BY id"
        )
        ids: Sequence[int] = [customer_id for (customer_id,) in cursor.fetchall()]
    for start in range(0, len(ids), CHUNK):
        _move_on(ids[start : start + CHUNK], now=now, anew=True)
        progress(min(start + CHUNK, len(ids)), len(ids))
    return len(ids)


def end_sessions(*, now: datetime) -> list[int]:
    """Move on those whose session is over and still counts; who they are."""
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
    return ids


@transaction.atomic
def _move_on(ids: Sequence[int], *, now: datetime, anew: bool = False) -> None:
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
    if anew:
        carrying.drop(ids)
    refresh(ids, now=now)
