"""Retention on this floor: by data element, by table, by use case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from governance.catalogue.queries import DataElement, elements
from governance.rights import retention, sql
from governance.rights.erasing import forget_late
from governance.rights.registry import table
from governance.rights.retention import CHUNK, until_done
from governance.usecases import queries as use_cases

EVENTS = "decisioning.Event"
DEFAULT_DAYS = 395
INPUTS_DAYS, DECISIONS_DAYS = 90, 760
CONTACT_DAYS = 760
NOT_RESEARCH = "c.basis <> 'public_research'"

# How long each trait is kept, in days, as a JSON object; the default for the others.
TTL = "COALESCE((%(ttl)s::jsonb ->> k)::int, %(default)s) * interval '1 day'"
STRIP_TOLD = f"""
UPDATE decisioning_event e SET properties = jsonb_set(e.properties, '{{traits}}',
    COALESCE((SELECT jsonb_object_agg(k, v)
        FROM jsonb_each(e.properties -> 'traits') AS t(k, v)
        WHERE e.occurred_at >= %(now)s::timestamptz - {TTL}), '{{}}'))
WHERE e.id IN (SELECT x.id FROM decisioning_event x
    JOIN decisioning_customer c ON c.id = x.customer_id AND {NOT_RESEARCH}
    WHERE x.name = 'identify'
    AND x.occurred_at < %(now)s::timestamptz - %(shortest)s * interval '1 day'
    AND jsonb_typeof(x.properties -> 'traits') = 'object'
    AND EXISTS (SELECT 1 FROM jsonb_object_keys(x.properties -> 'traits') k
        WHERE x.occurred_at < %(now)s::timestamptz - {TTL})
    LIMIT %(most)s)
"""  # noqa: S608
DROP_TOLD = f"""
DELETE FROM decisioning_event WHERE id IN (SELECT x.id FROM decisioning_event x
    JOIN decisioning_customer c ON c.id = x.customer_id AND {NOT_RESEARCH}
    WHERE x.name = 'identify'
    AND x.occurred_at < %(now)s::timestamptz - %(default)s * interval '1 day'
    AND COALESCE(x.properties -> 'traits', '{{}}') = '{{}}' LIMIT %(most)s)
"""  # noqa: S608
# A trait goes when no call that is still kept has told it and the customer is known for
# longer than it may be kept; ``active`` traits live on while the customer comes back.
FORGET_TRAITS = f"""
WITH due AS (
    SELECT c.id, array_agg(k) AS keys FROM decisioning_customer c,
        jsonb_object_keys(c.traits) AS k
    WHERE c.created_at < %(now)s::timestamptz - {TTL} AND {NOT_RESEARCH}
    AND NOT (k = ANY(%(active)s::text[])
        AND c.last_seen_at >= %(now)s::timestamptz - {TTL})
    AND NOT EXISTS (SELECT 1 FROM decisioning_event e WHERE e.customer_id = c.id
        AND e.type = 'identify' AND e.properties -> 'traits' ? k
        AND e.occurred_at >= %(now)s::timestamptz - {TTL})
    GROUP BY c.id ORDER BY c.id LIMIT %(most)s
) UPDATE decisioning_customer c SET traits = c.traits - due.keys
FROM due WHERE c.id = due.id
"""  # noqa: S608
FORGET_CONTACT = f"""
WITH gone AS (
    SELECT c.id FROM decisioning_customer c
    WHERE COALESCE(c.last_seen_at, c.created_at)
        < %(now)s::timestamptz - %(days)s * interval '1 day'
    AND c.contact <> '{{}}' AND {NOT_RESEARCH} ORDER BY c.id LIMIT %(most)s
), unnamed AS (
    DELETE FROM decisioning_customeridentity i USING gone
    WHERE i.customer_id = gone.id AND i.kind = 'email'
) UPDATE decisioning_customer c SET contact = '{{}}' FROM gone WHERE c.id = gone.id
"""  # noqa: S608


def enforce(*, now: datetime) -> dict[str, int]:
    """Delete what is past its time; a second run the same day finds nothing.

    Every chunk of 5,000 commits by itself, so that an interruption loses nothing and
    nobody waits for long. Empty where another run is at it.
    """
    if not retention.is_first():
        return {}
    try:
        counts = _enforced(now)
    finally:
        retention.let_go()
    retention.put_on_record(counts, now=now)
    return counts


def _enforced(now: datetime) -> dict[str, int]:
    known = elements()
    counts = retention.expire_tables(now=now, but_not=frozenset({EVENTS}))
    counts[EVENTS] = _events(known, now)
    counts |= _traits(known, now)
    counts["contact details"] = until_done(
        lambda: _run(FORGET_CONTACT, {"now": now, "days": CONTACT_DAYS})
    )
    counts |= _decisions(now)
    counts["logged for people erased at that moment"] = forget_late(_gone(), now=now)
    counts[retention.FILES] = retention.expire_files(now=now)
    return counts


def _events(known: list[DataElement], now: datetime) -> int:
    """Each kind of event as its element says; those without one by the table's rule."""
    days = {
        row.field.removeprefix("event."): row.ttl_days
        for row in known
        if row.field.startswith("event.")
    }
    rule = table(EVENTS)
    total = until_done(
        lambda: sql.expire(
            rule,
            now=now,
            most=CHUNK,
            also="name <> ALL(%s::text[])",
            params=[list(days)],
        )
    )
    for name, kept in days.items():
        total += until_done(
            lambda name=name, kept=kept: sql.expire(  # type: ignore[misc]
                rule, now=now, most=CHUNK, days=kept, also="name = %s", params=[name]
            )
        )
    return total


def _traits(known: list[DataElement], now: datetime) -> dict[str, int]:
    traits = {
        row.field.removeprefix("trait."): row
        for row in known
        if row.field.startswith("trait.")
    }
    ttl = {name: row.ttl_days for name, row in traits.items()}
    told: dict[str, Any] = {
        "now": now,
        "ttl": msgspec.json.encode(ttl).decode(),
        "default": DEFAULT_DAYS,
        "shortest": min([*ttl.values(), DEFAULT_DAYS]),
        "active": [n for n, row in traits.items() if row.ttl_anchor == "last_activity"],
    }
    return {
        "traits as told": until_done(lambda: _run(STRIP_TOLD, told)),
        "empty calls": until_done(lambda: _run(DROP_TOLD, told)),
        "traits": until_done(lambda: _run(FORGET_TRAITS, told)),
    }


def _decisions(now: datetime) -> dict[str, int]:
    """By use case, where it keeps them for a shorter time than the house does."""
    limits = {card.key: card.content.retention for card in use_cases.board(now)}
    emptied = deleted = 0
    for key in _deciding():
        limit = limits.get(key)
        inputs = min(INPUTS_DAYS, (limit and limit.inputs_days) or INPUTS_DAYS)
        rows = min(
            DECISIONS_DAYS, (limit and limit.decision_log_days) or DECISIONS_DAYS
        )
        more = True
        while more:
            n_emptied, n_deleted = _expire_decisions(key, inputs, rows)
            emptied, deleted = emptied + n_emptied, deleted + n_deleted
            more = max(n_emptied, n_deleted) == CHUNK
    return {"inputs of decisions": emptied, "decisioning.Decision": deleted}


def _gone() -> list[int]:
    """People of recent decisions who are no longer known.

    A decision that reserves nothing takes no lock, so one may be logged for somebody
    in the very moment in which they are erased.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT d.customer_id FROM decisioning_decision d"
            " WHERE d.decided_at > attune_now() - interval '3 days'"
            " AND d.customer_id > 0 AND NOT EXISTS (SELECT 1"
            "   FROM decisioning_customer c WHERE c.id = d.customer_id)"
        )
        return [person for (person,) in cursor.fetchall()]


def _deciding() -> list[str]:
    """Use cases with decisions, by a loose index scan."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE k AS ((SELECT use_case_key FROM decisioning_decision"
            " ORDER BY use_case_key LIMIT 1) UNION ALL SELECT (SELECT d.use_case_key"
            " FROM decisioning_decision d WHERE d.use_case_key > k.use_case_key"
            " ORDER BY d.use_case_key LIMIT 1) FROM k WHERE k.use_case_key IS NOT NULL)"
            " SELECT use_case_key FROM k WHERE use_case_key IS NOT NULL"
        )
        return [key for (key,) in cursor.fetchall()]


def _expire_decisions(key: str, inputs: int, rows: int) -> tuple[int, int]:
    """By the narrow door, which goes by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_emptied, n_deleted FROM attune_expire_decisions(%s, %s, %s, %s)",
            [key, inputs, rows, CHUNK],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _run(statement: str, params: Mapping[str, Any]) -> int:
    return sql.run(statement, {"most": CHUNK, **params})
