"""How far profiles are behind the events that are stored."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

NEWEST = 1_000


@dataclass(frozen=True, slots=True)
class Lag:
    """``events`` whose customers' features are older than they, of the newest 1,000.

    Profiles are brought up to date in the transaction that stores the event, so both
    are 0 unless something has gone wrong.
    """

    seconds: float
    events: int


def projection_lag() -> Lag:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(max(extract(epoch FROM attune_now() - e.received_at)), 0)"
            "::float8, count(*) FROM (SELECT customer_id, received_at"
            "   FROM decisioning_event ORDER BY id DESC LIMIT %s) e"
            " JOIN decisioning_customer c ON c.id = e.customer_id"
            " LEFT JOIN decisioning_customerfeatures f ON f.customer_id = c.id"
            " WHERE c.merged_into_id IS NULL"
            " AND (f.computed_at IS NULL OR f.computed_at < e.received_at)",
            [NEWEST],
        )
        row = cursor.fetchone()
    assert row is not None
    return Lag(seconds=max(0.0, round(row[0], 1)), events=row[1])
