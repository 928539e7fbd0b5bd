"""Rows that training needs, and the way scores are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

# Public research data may be trained on; a company's own needs each person's consent.
MAY_TRAIN = """(c.basis = 'public_research' OR EXISTS (
    SELECT 1 FROM governance_consenthead h, jsonb_each(h.cells -> 'cells') AS cell
    WHERE h.person_id = c.id AND NOT h.personalization_off
      AND split_part(cell.key, '|', 1) = 'model_training'
      AND cell.value ->> 'choice' = 'grant'
      AND (cell.value ->> 'evidence_complete')::boolean
      AND LEAST(COALESCE((cell.value ->> 'expires_at')::timestamptz, 'infinity'),
        (cell.value ->> 'at')::timestamptz + interval '730 days') > %(now)s))"""

EXPERIMENT = """SELECT id, is_imported, control, coalesce(ended_at, %(now)s)
FROM decisioning_experiment WHERE key = %(key)s AND withdrawn_at IS NULL"""

IMPORTED_ROWS = f"""
SELECT a.customer_id, a.arm, a.assigned_at, o.value > 0, {MAY_TRAIN}
FROM decisioning_assignment a
JOIN decisioning_customer c ON c.id = a.customer_id
JOIN decisioning_outcome o ON o.experiment_id = a.experiment_id
  AND o.customer_id = a.customer_id AND o.metric = %(outcome)s
WHERE a.experiment_id = %(experiment)s AND a.arm <> %(control)s
ORDER BY a.customer_id"""  # noqa: S608

LIVE_ROWS = f"""
SELECT a.customer_id, d.offer_key, a.assigned_at, EXISTS (
    SELECT 1 FROM decisioning_event e WHERE e.customer_id = a.customer_id
      AND e.name = ANY(%(names)s) AND e.occurred_at >= d.decided_at
      AND e.occurred_at < %(until)s), {MAY_TRAIN}
FROM decisioning_assignment a
JOIN decisioning_customer c ON c.id = a.customer_id
JOIN LATERAL (
  SELECT offer_key, decided_at FROM decisioning_decision d
  WHERE d.customer_id = a.customer_id AND d.experiment_key = %(key)s
    AND d.mode = 'personalised' ORDER BY d.decided_at LIMIT 1) d ON true
WHERE a.experiment_id = %(experiment)s AND a.arm <> %(control)s
ORDER BY a.customer_id"""  # noqa: S608

PURCHASES = f"""
SELECT e.customer_id, (e.occurred_at AT TIME ZONE 'UTC')::date, e.value_minor / 100.0,
  {MAY_TRAIN}
FROM decisioning_event e JOIN decisioning_customer c ON c.id = e.customer_id
WHERE e.name = ANY(%(orders)s) AND e.value_minor IS NOT NULL
  AND c.merged_into_id IS NULL
  AND (%(trait)s = '' OR jsonb_exists(c.traits, %(trait)s))
  AND (%(source)s = '' OR e.source = %(source)s)
  AND e.occurred_at < %(now)s"""  # noqa: S608

HISTORY_OF = """
SELECT e.customer_id, (e.occurred_at AT TIME ZONE 'UTC')::date, e.value_minor / 100.0
FROM decisioning_event e JOIN decisioning_customer c ON c.id = e.customer_id
WHERE e.customer_id BETWEEN %(first)s AND %(last)s AND e.name = ANY(%(orders)s)
  AND e.value_minor IS NOT NULL AND e.occurred_at < %(until)s
  AND c.merged_into_id IS NULL
  AND (%(trait)s = '' OR jsonb_exists(c.traits, %(trait)s))
  AND NOT EXISTS (SELECT 1 FROM governance_consenthead h
    WHERE h.person_id = c.id AND h.personalization_off)"""

SCORABLE = """
SELECT c.id FROM decisioning_customer c
WHERE c.id BETWEEN %(first)s AND %(last)s AND c.merged_into_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM governance_consenthead h
    WHERE h.person_id = c.id AND h.personalization_off)
ORDER BY c.id"""

FORGET_REFUSED = """
DELETE FROM decisioning_score s USING governance_consenthead h
WHERE s.customer_id BETWEEN %(first)s AND %(last)s AND h.person_id = s.customer_id
  AND h.personalization_off AND s.score_key = ANY(%(keys)s)"""

UPSERT = """
INSERT INTO decisioning_score
  (customer_id, score_key, value, details, model_version_id, computed_at)
SELECT customer_id, score_key, value, details, %(version)s, %(now)s FROM fresh_score
ON CONFLICT (customer_id, score_key) DO UPDATE SET value = EXCLUDED.value,
  details = EXCLUDED.details, model_version_id = EXCLUDED.model_version_id,
  computed_at = EXCLUDED.computed_at"""

ScoreRow = tuple[int, str, float, dict[str, Any]]


def rows(query: str, params: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def forget_refused(first: int, last: int, *, keys: list[str]) -> None:
    """Drop the scores of people who switched personalisation off."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_REFUSED, {"first": first, "last": last, "keys": keys})


def write_scores(scores: Iterable[ScoreRow], *, version: int, now: datetime) -> int:
    """Put scores in place of older ones by COPY; runs in the caller's transaction."""
    # All of them first: a query in the midst of a COPY would wait for itself.
    ready = list(scores)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS fresh_score (customer_id bigint,"
            " score_key text, value float8, details jsonb) ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM fresh_score")
        with cursor.copy(
            "COPY fresh_score (customer_id, score_key, value, details) FROM STDIN"
        ) as copy:
            for customer, key, value, details in ready:
                told = msgspec.json.encode(details).decode()
                copy.write_row((customer, key, value, told))
        cursor.execute(UPSERT, {"version": version, "now": now})
        return int(cursor.rowcount)
