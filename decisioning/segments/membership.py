"""Who is in, kept as stays with a beginning and an end: the statements behind it.

A customer's events move them at once, at a cost that does not grow with the number of
customers; a rebuild evaluates a rule over everybody and puts right what time alone
changed. Both write the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from decisioning.features.core import FEATURE_INDEX, FRESH_FOR
from decisioning.rules.core import Rule
from decisioning.rules.sql import compile_sql
from decisioning.segments import queries
from decisioning.types import bigints

LOCKS: Final = 7_407
LIVE: Final = "c.merged_into_id IS NULL"

MOVE_PEOPLE: Final = """
WITH asked AS MATERIALIZED (
    SELECT c.id, ARRAY[{conditions}]::boolean[] AS held
    FROM decisioning_customer c
    WHERE c.id = ANY(%s::bigint[]) AND c.merged_into_id IS NULL
), wanted AS MATERIALIZED (
    SELECT a.id AS customer_id, k.segment_id
    FROM asked a, unnest(%s::bigint[], a.held) AS k(segment_id, is_in)
    WHERE k.is_in
), concerned AS MATERIALIZED (
    SELECT unnest(%s::bigint[]) AS id
    UNION SELECT m.id FROM decisioning_customer m
        WHERE m.merged_into_id = ANY(%s::bigint[])
), gone AS (
    UPDATE decisioning_segmentmembership m
    SET left_at = GREATEST(%s::timestamptz, m.entered_at), exit_cause = 'event'
    FROM concerned p
    WHERE m.customer_id = p.id AND m.left_at IS NULL
        AND m.segment_id = ANY(%s::bigint[])
        AND NOT EXISTS (SELECT 1 FROM wanted w
            WHERE w.customer_id = m.customer_id AND w.segment_id = m.segment_id)
    RETURNING 1
), come AS (
    INSERT INTO decisioning_segmentmembership
        (segment_id, customer_id, entered_at, entry_cause, exit_cause)
    SELECT w.segment_id, w.customer_id, %s::timestamptz, 'event', ''
    FROM wanted w
    WHERE NOT EXISTS (SELECT 1 FROM decisioning_segmentmembership m
        WHERE m.segment_id = w.segment_id AND m.customer_id = w.customer_id
            AND m.left_at IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM come), (SELECT count(*) FROM gone)"""

REBUILD: Final = """
WITH wanted AS MATERIALIZED (
    SELECT c.id FROM decisioning_customer c
    WHERE c.merged_into_id IS NULL AND ({condition})
), gone AS (
    UPDATE decisioning_segmentmembership m
    SET left_at = GREATEST(%s::timestamptz, m.entered_at), exit_cause = 'rebuild'
    WHERE m.segment_id = %s AND m.left_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.id = m.customer_id)
    RETURNING 1
), come AS (
    INSERT INTO decisioning_segmentmembership
        (segment_id, customer_id, entered_at, entry_cause, exit_cause)
    SELECT %s, w.id, %s::timestamptz, 'rebuild', ''
    FROM wanted w
    WHERE NOT EXISTS (SELECT 1 FROM decisioning_segmentmembership m
        WHERE m.segment_id = %s AND m.customer_id = w.id AND m.left_at IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM wanted), (SELECT count(*) FROM come),
    (SELECT count(*) FROM gone)"""

MEMBERS_AT: Final = """
SELECT m.customer_id FROM decisioning_segmentmembership m
JOIN decisioning_segment s ON s.id = m.segment_id
WHERE s.key = %s AND m.entered_at <= %s
    AND (m.left_at IS NULL OR m.left_at > %s)
ORDER BY m.customer_id"""


@dataclass(frozen=True, slots=True)
class Moved:
    """How many came in and went out."""

    n_entered: int = 0
    n_left: int = 0
    n_members: int | None = None


def move_people(
    customer_ids: Collection[int],
    rules: Mapping[int, Rule],
    *,
    now: datetime,
) -> Moved:
    """Put these customers where the rules, by id of their segment, say; one statement.

    The identities that were merged into one of them leave where they still stay.
    """
    conditions, params = [], list[Any]()
    for rule in rules.values():
        sql, values = _sql(rule, now)
        conditions.append(f"({sql})")
        params += values
    people, places = bigints(customer_ids), list(rules)
    statement = MOVE_PEOPLE.format(conditions=", ".join(conditions))
    told = [people, places, people, people, now, places, now]
    n_entered, n_left = _one(statement, [*params, *told])
    return Moved(n_entered, n_left)


def rebuild(segment_id: int, rule: Rule, *, now: datetime) -> Moved:
    """Evaluate a rule over all customers and put its stays right; one statement."""
    sql, params = _sql(rule, now)
    n_members, n_entered, n_left = _one(
        REBUILD.format(condition=sql),
        [*params, now, segment_id, segment_id, now, segment_id],
    )
    return Moved(n_entered, n_left, n_members)


def close(segment_id: int, *, now: datetime) -> int:
    """Everybody leaves: the segment is retired."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_segmentmembership"
            " SET left_at = GREATEST(%s::timestamptz, entered_at),"
            " exit_cause = 'rebuild' WHERE segment_id = %s AND left_at IS NULL",
            [now, segment_id],
        )
        return int(cursor.rowcount)


def locked(segment_id: int) -> bool:
    """Whether this transaction now is the only one that rebuilds the segment."""
    (is_mine,) = _one("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCKS, segment_id])
    return bool(is_mine)


def members_at(key: str, at: datetime) -> list[int]:
    """Who was in at a moment, whatever has happened since."""
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS_AT, [key, at, at])
        return [customer_id for (customer_id,) in cursor.fetchall()]


def _sql(rule: Rule, now: datetime) -> tuple[str, Sequence[Any]]:
    return compile_sql(
        rule,
        now,
        feature_index=FEATURE_INDEX,
        fresh_for=FRESH_FOR,
        policy=queries.policy_for(rule),
    )


def _one(statement: str, params: Sequence[Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)
