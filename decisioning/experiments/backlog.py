"""Ideas that are not live, judged by what their own customers did lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from decisioning.experiments.registry import counted_key, definition
from decisioning.experiments.sql import Units, count
from decisioning.experiments.worth import (
    WITHIN_DAYS,
    Baseline,
    SafeTest,
    safest_test,
    shortage,
    worth,
)
from decisioning.rules.core import EVERYONE, load
from decisioning.segments import queries as segments
from decisioning.stats.sufficient import SufficientStats
from decisioning.types import MetricRole
from governance.types import NotFound
from governance.usecases.core.content import UseCaseContent

SEEN = """SELECT id AS customer_id, 'all' AS grp, %(since)s::timestamptz AS since,
  %(until)s::timestamptz AS until
FROM decisioning_customer WHERE id = ANY(%(ids)s) AND last_seen_at >= %(since)s"""
NONE = SufficientStats(0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Appraisal:
    """One idea: its inputs, its test and worth, or what is missing to tell."""

    base: Baseline | None
    test: SafeTest | None
    worth: float | None
    missing: str


def appraise(content: UseCaseContent, now: datetime) -> Appraisal:
    key = content.objective.primary_metric
    if not key:
        return Appraisal(None, None, None, "a primary metric")
    try:
        base = _baseline(content, key, now)
    except NotFound:
        return Appraisal(None, None, None, "a segment that exists")
    if base is None:
        return Appraisal(None, None, None, "any record of the primary metric")
    lacking = shortage(base)
    if lacking:
        return Appraisal(base, None, None, lacking)
    test = safest_test(
        base,
        smallest_change=content.objective.smallest_change,
        holdout=content.experiment.holdout_share,
    )
    if test is None:
        return Appraisal(base, None, None, "customers for both groups of a test")
    return Appraisal(base, test, worth(base, test), "")


def _baseline(content: UseCaseContent, key: str, now: datetime) -> Baseline | None:
    name = content.reach.segment
    rule = load(segments.segment(name).rule) if name else EVERYONE
    ids = segments.member_ids(rule, now=now)
    since = now - timedelta(days=WITHIN_DAYS)
    sums = count(Units(SEEN, {"ids": ids, "since": since, "until": now}))
    everybody = sums.get(("all", "conversion"), NONE)
    seen = sums.get(("all", counted_key(key)), NONE)
    if everybody.n and not seen.n:
        return None
    return Baseline(
        kind=definition(key, role=MetricRole.PRIMARY).kind,
        n=seen.n,
        members=len(ids),
        events=int((seen if seen.is_binary else everybody).sum_values),
        mean=seen.mean or 0.0,
        sd=seen.sd or 0.0,
        value=_value(key, {name: each for (_, name), each in sums.items()}),
    )


# What one unit of a metric is a unit of, so that spend can be divided by it.
PRICED_BY = {
    "conversion": "conversion",
    "conversion_quality": "orders_per_customer",
    "orders_per_customer": "orders_per_customer",
}
IN_MONEY = ("spend", "customer_lifetime_value")


def _value(key: str, sums: dict[str, SufficientStats]) -> float | None:
    if key in IN_MONEY:
        return 1.0
    units = sums.get(PRICED_BY.get(key, ""), NONE).sum_values
    return sums.get("spend", NONE).sum_values / units if units else None
