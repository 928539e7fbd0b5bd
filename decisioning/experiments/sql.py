"""Outcomes of groups of customers as sums: one statement for each family of metrics.

``units`` is a query that gives ``customer_id, grp, since, until``; an outcome counts
for a unit where ``since <= occurred_at < until``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from decisioning.experiments.registry import MARGIN_FLOOR_MAJOR, REFUND_WINDOW_DAYS
from decisioning.features.core import ORDER, REFUND, VISIT
from decisioning.stats.ratios import RatioStats
from decisioning.stats.sufficient import SufficientStats

Stats = SufficientStats | RatioStats
CLICK = ("Decision Clicked", "Email Link Clicked")
OPEN = ("Email Opened",)
SPAM = "Email Marked as Spam"
COMPLAINTS = "complaints_per_10000_contacts"

ACTIVITY = """
per_unit AS (
  SELECT u.grp, u.customer_id,
    count(e.id) FILTER (WHERE e.name = ANY(%(orders)s)) AS orders,
    coalesce(sum(e.value_minor) FILTER (WHERE e.name = ANY(%(orders)s)), 0)
      / 100.0 AS spend,
    count(DISTINCT (e.occurred_at AT TIME ZONE 'UTC')::date)
      FILTER (WHERE e.name = ANY(%(orders)s)) AS order_days,
    count(e.id) FILTER (WHERE e.name = ANY(%(visits)s)) AS visits,
    count(e.id) FILTER (WHERE e.name = ANY(%(clicks)s)) AS clicks,
    count(e.id) FILTER (WHERE e.name = ANY(%(opens)s)) AS opens,
    count(e.id) FILTER (WHERE e.name = ANY(%(refunds)s)) AS refunds
  FROM units u LEFT JOIN decisioning_event e ON e.customer_id = u.customer_id
    AND e.occurred_at >= u.since AND e.occurred_at < u.until
    AND e.name = ANY(%(activity)s)
  GROUP BY 1, 2
), unit_values AS (
  SELECT p.grp, m.metric, m.x FROM per_unit p CROSS JOIN LATERAL (VALUES
    ('orders_per_customer', p.orders::float8), ('spend', p.spend::float8),
    ('conversion', (p.orders > 0)::int::float8),
    ('repeat_purchase_rate', (p.order_days > 1)::int::float8),
    ('visit', (p.visits > 0)::int::float8), ('click_rate', (p.clicks > 0)::int::float8),
    ('open_rate', (p.opens > 0)::int::float8),
    ('refund_rate', (p.refunds > 0)::int::float8)) AS m (metric, x)
)"""

QUALITY = """
bought AS (
  SELECT u.grp, u.customer_id, e.occurred_at,
    coalesce(e.properties->>'order_id', e.properties->>'orderId') AS order_id,
    CASE WHEN jsonb_typeof(e.properties->'margin') = 'number'
      THEN (e.properties->>'margin')::numeric END AS margin
  FROM units u JOIN decisioning_event e ON e.customer_id = u.customer_id
    AND e.occurred_at >= u.since AND e.occurred_at < u.until
  WHERE e.name = ANY(%(orders)s)
), good AS (
  SELECT b.grp, b.customer_id, count(*) AS n FROM bought b
  WHERE b.margin >= %(floor)s AND NOT EXISTS (
    SELECT 1 FROM decisioning_event r WHERE r.customer_id = b.customer_id
      AND r.name = ANY(%(refunds)s) AND r.occurred_at >= b.occurred_at
      AND r.occurred_at < b.occurred_at + %(refund_days)s * interval '1 day'
      AND coalesce(r.properties->>'order_id', r.properties->>'orderId') = b.order_id)
  GROUP BY 1, 2
), unit_values AS (
  SELECT u.grp, 'conversion_quality' AS metric, coalesce(g.n, 0)::float8 AS x
  FROM units u LEFT JOIN good g USING (grp, customer_id)
  WHERE (SELECT count(*) = 0 OR count(margin) > 0 FROM bought)
)"""

SURVEYS = """
unit_values AS (
  SELECT u.grp, CASE e.properties->>'kind' WHEN 'trust' THEN 'trust_score'
      WHEN 'helpful' THEN 'relevance_score' ELSE e.properties->>'kind' END AS metric,
    avg((e.properties->>'score')::numeric)::float8 AS x
  FROM units u JOIN decisioning_event e ON e.customer_id = u.customer_id
    AND e.occurred_at >= u.since AND e.occurred_at < u.until
  WHERE e.name = 'Survey Answered' AND jsonb_typeof(e.properties->'score') = 'number'
    AND e.properties->>'kind' IN ('trust', 'csat', 'nps', 'helpful')
  GROUP BY u.grp, u.customer_id, 2
)"""

# A browser repeats a standing refusal; only one that took back a permission counts.
OPT_OUTS = """
left_us AS (
  SELECT u.grp, u.customer_id FROM units u
  JOIN decisioning_event e ON e.customer_id = u.customer_id
    AND e.occurred_at >= u.since AND e.occurred_at < u.until
  WHERE e.name = 'Unsubscribed'
  UNION
  SELECT u.grp, u.customer_id FROM units u
  JOIN governance_consentevent c ON c.person_id = u.customer_id
    AND c.occurred_at >= u.since AND c.occurred_at < u.until
  WHERE c.action IN ('object', 'off', 'channel_off')
    OR c.action IN ('deny', 'withdraw') AND 'grant' = (
      SELECT p.action FROM governance_consentevent p
      WHERE p.person_id = c.person_id AND p.purpose = c.purpose AND p.id < c.id
        AND p.action IN ('grant', 'deny', 'withdraw', 'object')
      ORDER BY p.id DESC LIMIT 1)
), unit_values AS (
  SELECT m.grp, 'opt_out_rate' AS metric, (l.grp IS NOT NULL)::int::float8 AS x
  FROM (SELECT DISTINCT grp, customer_id FROM units) m
  LEFT JOIN left_us l USING (grp, customer_id)
)"""

LIFETIME = """
unit_values AS (
  SELECT u.grp, 'customer_lifetime_value' AS metric, s.value AS x
  FROM units u JOIN decisioning_score s USING (customer_id) WHERE s.score_key = 'clv'
)"""

TOLD = """
written AS (
  SELECT u.grp, u.customer_id, count(*) AS n FROM units u
  JOIN governance_complaint k ON k.person_id = u.customer_id
    AND k.received_at >= u.since AND k.received_at < u.until
  GROUP BY 1, 2
), reached AS (
  SELECT u.grp, u.customer_id, count(*) FILTER (WHERE e.name = %(spam)s) AS spam,
    count(DISTINCT coalesce(e.decision_id::text, e.id::text))
      FILTER (WHERE e.name <> %(spam)s) AS contacts
  FROM units u JOIN decisioning_event e ON e.customer_id = u.customer_id
    AND e.occurred_at >= u.since AND e.occurred_at < u.until
  WHERE e.name IN (%(spam)s, 'Decision Shown')
    OR e.name = 'Email Delivered' AND NOT EXISTS (
      SELECT 1 FROM decisioning_decision d WHERE d.customer_id = e.customer_id
        AND d.channel = 'email' AND d.decided_at <= e.occurred_at
        AND d.decided_at > e.occurred_at - interval '1 day')
  GROUP BY 1, 2
), told AS MATERIALIZED (
  SELECT m.grp, coalesce(w.n, 0) + coalesce(r.spam, 0) AS complaints,
    coalesce(r.contacts, 0) AS contacts
  FROM (SELECT DISTINCT grp, customer_id FROM units) m
  LEFT JOIN written w USING (grp, customer_id)
  LEFT JOIN reached r USING (grp, customer_id)
)"""
SUMMED = """
SELECT grp, metric, count(*), sum(x), sum(x * x) FROM unit_values GROUP BY 1, 2"""
PER_CONTACT = f"""{TOLD}
SELECT grp, count(*), sum(complaints), sum(contacts), sum(complaints * complaints),
  sum(contacts * contacts), sum(complaints * contacts) FROM told GROUP BY 1"""  # noqa: S608

FAMILIES: Mapping[str, str] = {
    "activity": ACTIVITY,
    "quality": QUALITY,
    "surveys": SURVEYS,
    "opt_outs": OPT_OUTS,
    "lifetime": LIFETIME,
}
CONSTANTS: Mapping[str, Any] = {
    "orders": list(ORDER),
    "refunds": list(REFUND),
    "visits": list(VISIT),
    "clicks": list(CLICK),
    "opens": list(OPEN),
    "activity": [*ORDER, *REFUND, *VISIT, *CLICK, *OPEN],
    "floor": MARGIN_FLOOR_MAJOR,
    "refund_days": REFUND_WINDOW_DAYS,
    "spam": SPAM,
}


@dataclass(frozen=True, slots=True)
class Units:
    """A query for ``customer_id, grp, since, until`` with its named parameters."""

    query: str
    params: Mapping[str, Any]


def count(
    units: Units, families: Collection[str] = tuple(FAMILIES)
) -> dict[tuple[str, str], SufficientStats]:
    """Sums by ``(group, metric)``; a metric that nobody recorded is absent."""
    found: dict[tuple[str, str], SufficientStats] = {}
    for family in families:
        for group, metric, n, total, squares in _run(FAMILIES[family] + SUMMED, units):
            found[group, metric] = SufficientStats(n, float(total), float(squares))
    return found


def count_contacts(units: Units) -> dict[str, RatioStats]:
    """Complaints over contacts by group; absent where nobody was contacted."""
    return {
        group: RatioStats(n, *(float(each) for each in sums))
        for group, n, *sums in _run(PER_CONTACT, units)
        if sums[1]
    }


def per_contacts(ratio: RatioStats, contacts: float) -> SufficientStats | None:
    """Complaints for so many contacts, as a mean with the ratio's own standard error.

    None where the ratio is unknown. The mean of customers' linearised values is the
    ratio and their variance its delta-method variance (Deng, Knoblich and Lu 2018).
    """
    if ratio.ratio is None or ratio.se is None:
        return None
    variance = ratio.n * (contacts * ratio.se) ** 2
    return SufficientStats.of_moments(ratio.n, contacts * ratio.ratio, variance)


def _run(body: str, units: Units) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH units AS MATERIALIZED ({units.query}), {body}",
            {**CONSTANTS, **units.params},
        )
        return list(cursor.fetchall())
