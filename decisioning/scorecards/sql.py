"""Who is compared on a scorecard, and the facts about how decisions were made.

A unit is a customer in a use case: those of its experiments by their arm, from the
moment they were assigned until it ended; afterwards those of the lasting holdout by
what the engine meant to do, from their first decision.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from decisioning.experiments.sql import Units

TREATED, HOLDOUT = "treated", "holdout"
# What may stop a customer before the engine looks at the arm says nothing about it.
_BEFORE_THE_ARM = "'^(governance|consent|safe|eligibility.audience)|not_allocated'"

_MEMBERS = f"""
SELECT a.customer_id, x.use_case_key AS stratum,
  CASE WHEN a.arm = x.control OR a.arm = 'holdout' THEN '{HOLDOUT}'
    ELSE '{TREATED}' END AS side, a.assigned_at AS met_at,
  least(coalesce(x.ended_at, %(ends)s), %(ends)s)::timestamptz AS left_at
FROM decisioning_assignment a JOIN decisioning_experiment x ON x.id = a.experiment_id
WHERE NOT x.is_imported AND x.use_case_key <> ''
  AND (%(scope)s = 'all' OR x.use_case_key = %(scope)s) AND a.assigned_at < %(ends)s
  AND coalesce(x.ended_at, %(ends)s) > greatest(a.assigned_at, %(starts)s)
UNION ALL
SELECT d.customer_id, d.use_case_key || '/afterwards',
  CASE WHEN bool_or(d.mode = 'holdout') THEN '{HOLDOUT}' ELSE '{TREATED}' END,
  min(d.decided_at), %(ends)s::timestamptz
FROM decisioning_decision d
WHERE NOT d.is_imported AND d.experiment_key = '' AND d.customer_id IS NOT NULL
  AND d.use_case_key <> '' AND (%(scope)s = 'all' OR d.use_case_key = %(scope)s)
  AND d.decided_at >= %(starts)s AND d.decided_at < %(ends)s
  AND (d.mode IN ('personalised', 'holdout')
    OR d.mode = 'default' AND d.reason !~ {_BEFORE_THE_ARM})
GROUP BY 1, 2"""  # noqa: S608

TOTALS = f"""
SELECT m.customer_id, m.stratum || '|' || m.side AS grp,
  greatest(m.met_at, %(starts)s) AS since, m.left_at AS until
FROM ({_MEMBERS}) m"""  # noqa: S608

WEEKS = f"""
SELECT m.customer_id,
  to_char(w.week AT TIME ZONE 'UTC', 'YYYY-MM-DD') || '|' || m.stratum || '|' || m.side
    AS grp,
  greatest(m.met_at, w.week) AS since,
  least(w.week + interval '7 days', m.left_at) AS until
FROM ({_MEMBERS}) m JOIN generate_series(%(starts)s::timestamptz,
  %(ends)s::timestamptz - interval '1 second', interval '7 days') AS w (week)
  ON m.met_at < w.week + interval '7 days' AND w.week < m.left_at"""  # noqa: S608

# How many entered each side, when the last one did, and when there were enough.
ENTERED = f"""
SELECT split_part(grp, '|', 2) AS side, count(*), max(since),
  (array_agg(since ORDER BY since))[%(least)s]
FROM ({TOTALS}) t GROUP BY 1"""  # noqa: S608

FACTS = """
WITH d AS (
  SELECT * FROM decisioning_decision WHERE NOT is_imported
    AND (%(scope)s = 'all' OR use_case_key = %(scope)s)
    AND decided_at >= %(starts)s AND decided_at < %(ends)s
), p AS (SELECT * FROM d WHERE mode = 'personalised')
SELECT
  (SELECT count(*) FROM d), (SELECT count(*) FROM p),
  (SELECT count(*) FROM p WHERE NOT EXISTS (
    SELECT 1 FROM governance_usecaseversion v
    JOIN governance_usecase u ON u.id = v.use_case_id
    WHERE u.key = p.use_case_key AND v.config_hash = p.config_hash
      AND p.config_hash <> '' AND v.signed_at <= p.decided_at)),
  (SELECT count(*) FROM p WHERE EXISTS (
    SELECT 1 FROM governance_consentevent c WHERE c.person_id = p.customer_id
      AND c.recorded_at < p.decided_at AND c.action IN ('off', 'object', 'withdraw')
      AND (c.purpose = '' OR c.purpose = CASE WHEN p.channel IN ('email', 'push', 'sms')
        THEN 'direct_marketing' ELSE 'personalise_onsite' END)
      AND c.channel IN ('', p.channel) AND NOT EXISTS (
        SELECT 1 FROM governance_consentevent g WHERE g.person_id = c.person_id
          AND g.id > c.id AND g.recorded_at < p.decided_at
          AND g.action IN ('grant', 'on') AND (c.purpose = '' OR g.purpose = c.purpose)
          ))),
  (SELECT count(*) FROM p WHERE why = ''),
  (SELECT count(*) FROM d WHERE cardinality(degraded) > 0)"""

REVIEW_DAYS = """
SELECT count(*), avg(extract(epoch FROM a.decided_at - v.submitted_at) / 86400.0),
  percentile_cont(0.5) WITHIN GROUP
    (ORDER BY extract(epoch FROM a.decided_at - v.submitted_at) / 86400.0)
FROM (
  SELECT version_id, min(decided_at) AS decided_at FROM governance_approval
  WHERE role = 'privacy' GROUP BY 1
) a JOIN governance_usecaseversion v ON v.id = a.version_id
JOIN governance_usecase u ON u.id = v.use_case_id
WHERE v.submitted_at IS NOT NULL AND a.decided_at >= %(starts)s
  AND a.decided_at < %(ends)s AND (%(scope)s = 'all' OR u.key = %(scope)s)"""


def units(query: str, scope: str, starts: datetime, ends: datetime) -> Units:
    return Units(query, {"scope": scope, "starts": starts, "ends": ends})


def followed(who: Units, *, days: int, at: datetime, is_settled: bool) -> Units:
    """Those who entered at least ``days`` before ``at``, with what they did since.

    ``is_settled`` leaves out what they did in the last ``days`` as well.
    """
    if not days:
        return who
    until = "least(until, %(mature_at)s)" if is_settled else "until"
    query = f"""SELECT customer_id, grp, since, {until} AS until
FROM ({who.query}) entered WHERE since <= %(mature_at)s"""  # noqa: S608
    return Units(query, {**who.params, "mature_at": at - timedelta(days=days)})


def all_rows(query: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def one_row(query: str, params: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)
