"""The one write of a decision: lock the person, look again, reserve and log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from django.db import connection

LOG_COLUMNS = {
    "id": "uuid",
    "customer_id": "bigint",
    "placement_key": "text",
    "channel": "text",
    "mode": "text",
    "reason": "text",
    "use_case_key": "text",
    "config_hash": "text",
    "offer_key": "text",
    "creative_key": "text",
    "content": "jsonb",
    "score": "float8",
    "propensity": "float8",
    "experiment_key": "text",
    "arm": "text",
    "consent_version": "bigint",
    "model_digest": "text",
    "snapshot_digest": "text",
    "why": "text",
    "candidates": "jsonb",
    "inputs": "jsonb",
    "request": "jsonb",
    "degraded": "text[]",
    "is_imported": "boolean",
    "decided_at": "timestamptz",
    "expires_at": "timestamptz",
}
CONTACT_COLUMNS = (
    "customer_id",
    "decision_id",
    "channel",
    "topic",
    "offer_key",
    "use_case_key",
    "placement_key",
    "budget_id",
    "cost_minor",
    "reserved_at",
    "release_at",
)
_NAMES = ", ".join(LOG_COLUMNS)
_VALUES = ", ".join(f"%({name})s::{kind}" for name, kind in LOG_COLUMNS.items())

UNMOVED = """
    (SELECT number FROM governance_servingversion WHERE id = 1) = %(serving)s::bigint
    AND COALESCE((SELECT version FROM governance_consenthead
        WHERE person_id = %(customer_id)s::bigint), 0) = %(consent_version)s::bigint
    AND (SELECT max_contacts_per_week FROM governance_consenthead
        WHERE person_id = %(customer_id)s::bigint)
        IS NOT DISTINCT FROM %(max_per_week)s::int
    AND NOT EXISTS (SELECT 1 FROM decisioning_contact
        WHERE customer_id = %(customer_id)s::bigint
        AND reserved_at > %(decided_at)s::timestamptz - %(window)s::interval
        AND id > %(last_contact)s::bigint)
    AND NOT EXISTS (SELECT 1 FROM decisioning_standingdecision
        WHERE customer_id = %(customer_id)s::bigint
        AND placement_key = %(placement_key)s::text
        AND expires_at > %(decided_at)s::timestamptz)
    AND EXISTS (SELECT 1 FROM decisioning_customer
        WHERE id = %(customer_id)s::bigint AND merged_into_id IS NULL)"""

ANSWER = """answered AS (INSERT INTO decisioning_idempotentanswer
        (key_id, route, idempotency_key, request_hash, status, body, created_at)
    SELECT %(key_id)s::bigint, %(route)s::text, %(idempotency_key)s::text,
        %(request_hash)s::text, 200, %(body)s::bytea, %(decided_at)s::timestamptz
    FROM allowed ON CONFLICT DO NOTHING RETURNING 1)"""

SPEND = """spent AS (UPDATE decisioning_budget
    SET used_minor = used_minor + %(cost_minor)s::bigint
    WHERE id = %(budget_id)s::bigint
        AND used_minor + %(cost_minor)s::bigint <= limit_minor
        AND EXISTS (SELECT 1 FROM unmoved) RETURNING 1)"""

CONTACT = """contact AS (INSERT INTO decisioning_contact (customer_id, decision_id,
        channel, topic, offer_key, use_case_key, placement_key, budget_id, cost_minor,
        reserved_at, release_at)
    SELECT %(customer_id)s::bigint, %(id)s::uuid, %(channel)s::text, %(topic)s::text,
        %(offer_key)s::text, %(use_case_key)s::text, %(placement_key)s::text,
        %(budget_id)s::bigint, %(cost_minor)s::bigint, %(decided_at)s::timestamptz,
        %(expires_at)s::timestamptz FROM go)"""

ASSIGNMENT = """assigned AS (INSERT INTO decisioning_assignment
        (experiment_id, customer_id, arm, propensity, assigned_at)
    SELECT %(experiment_id)s::bigint, %(customer_id)s::bigint, %(arm)s::text,
        %(arm_share)s::float8, %(decided_at)s::timestamptz FROM go
    ON CONFLICT (experiment_id, customer_id) DO NOTHING)"""

STANDING = """standing AS (INSERT INTO decisioning_standingdecision
        (customer_id, placement_key, decision_id, expires_at)
    SELECT %(customer_id)s::bigint, %(placement_key)s::text, %(id)s::uuid,
        %(expires_at)s::timestamptz FROM go
    ON CONFLICT (customer_id, placement_key) DO UPDATE
        SET decision_id = EXCLUDED.decision_id, expires_at = EXCLUDED.expires_at)"""


@cache
def log_sql(
    is_guarded: bool, reserves: bool, spends: bool, assigns: bool, is_idempotent: bool
) -> str:
    """The data-modifying statement for one kind of outcome; returns 1 or no row."""
    unmoved = UNMOVED if is_guarded else "true"
    parts = [f"unmoved AS (SELECT 1 WHERE {unmoved})"]
    if spends:
        parts.append(SPEND)
    parts.append(_passed("allowed", "spent" if spends else "unmoved"))
    if is_idempotent:
        parts.append(ANSWER)
    parts.append(_passed("go", "answered" if is_idempotent else "allowed"))
    if reserves:
        parts.append(CONTACT)
    if assigns:
        parts.append(ASSIGNMENT)
    if is_guarded:
        parts.append(STANDING)
    parts.append(
        f"logged AS (INSERT INTO decisioning_decision ({_NAMES})"  # noqa: S608
        f" SELECT {_VALUES} FROM go RETURNING 1)"
    )
    return f"WITH {', '.join(parts)} SELECT 1 FROM logged"  # noqa: S608


def _passed(name: str, after: str) -> str:
    return f"{name} AS (SELECT 1 FROM {after})"  # noqa: S608


RELEASE = """
WITH released AS (
    UPDATE decisioning_contact SET released_at = attune_now()
    WHERE {which} AND shown_at IS NULL AND released_at IS NULL
    RETURNING budget_id, cost_minor
), owed AS (
    SELECT budget_id, sum(cost_minor) AS minor FROM released
    WHERE budget_id IS NOT NULL GROUP BY budget_id
), refunded AS (
    UPDATE decisioning_budget b SET used_minor = GREATEST(b.used_minor - o.minor, 0)
    FROM owed o WHERE b.id = o.budget_id
)
SELECT count(*) FROM released"""
RELEASE_ONE = RELEASE.format(which="decision_id = %(decision)s::uuid")
RELEASE_DUE = RELEASE.format(
    which="""id IN (SELECT id FROM decisioning_contact WHERE shown_at IS NULL
        AND released_at IS NULL AND release_at <= attune_now()
        ORDER BY id LIMIT %(most)s::int FOR UPDATE SKIP LOCKED)"""
)
FORGET_STANDING = """DELETE FROM decisioning_standingdecision
    WHERE customer_id = %(customer)s::bigint AND placement_key = %(placement)s::text"""
FORGET_ANSWERS = """DELETE FROM decisioning_idempotentanswer
    WHERE created_at < attune_now() - interval '48 hours'"""
FORGET_EXPIRED = """DELETE FROM decisioning_standingdecision
    WHERE expires_at < attune_now() - interval '1 hour'"""
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"


def raw() -> psycopg.Connection[Any]:
    """Django's connection of this thread, without the layers above the driver."""
    connection.ensure_connection()
    found: psycopg.Connection[Any] = connection.connection
    return found


def run(
    sql: str, params: Mapping[str, Any] | Sequence[Any] | None = None
) -> psycopg.Cursor[Any]:
    """Execute with the server's own binding, prepared, results in binary."""
    cursor = psycopg.Cursor(raw())
    cursor.execute(sql, params, prepare=True, binary=True)
    return cursor


def lock_people(people: Sequence[int]) -> psycopg.Cursor[Any]:
    """Wait for each person's lock, in the order of their ids; one statement of its own.

    READ COMMITTED gives the statements after it a view from after the wait.
    """
    return run(
        "SELECT pg_advisory_xact_lock(x) FROM unnest(%s::bigint[]) AS x",
        [sorted(set(people))],
    )


@contextmanager
def transaction() -> Iterator[None]:
    """A transaction of its own; inside a caller's, that one."""
    if connection.in_atomic_block:
        yield
        return
    run("BEGIN")
    try:
        yield
    except BaseException:
        rollback()
        raise
    run("COMMIT")


def rollback() -> None:
    if not connection.in_atomic_block and connection.connection is not None:
        try:
            connection.connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()


def log(sql: str, params: Mapping[str, Any]) -> bool:
    """A decision that reserves nothing: one statement, no lock."""
    return run(sql, params).fetchone() is not None


def log_locked(sql: str, params: Mapping[str, Any], person: int) -> bool:
    """Lock, look again, reserve and log; sent together, run one after the other.

    False when something had moved and nothing was written.
    """
    if connection.in_atomic_block:
        lock_people([person])
        return log(sql, params)
    try:
        with raw().pipeline():
            run("BEGIN")
            run(LOCK_TIMEOUT)
            lock_people([person])
            done = run(sql, params)
            run("COMMIT")
        return done.fetchone() is not None
    except BaseException:
        rollback()
        raise
