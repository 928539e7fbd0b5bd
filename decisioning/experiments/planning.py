"""From a signed use case's content to the design of its experiment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from decisioning.experiments.core import (
    HOLDOUT,
    LEAST_COMPARISON_SHARE,
    Arm,
    ArmRole,
    Design,
    planned_sample,
)
from decisioning.experiments.readouts import STANDARD_GUARDRAILS, MetricDefinition
from decisioning.experiments.registry import SECONDARY_KEYS, counted_key, definition
from decisioning.experiments.sql import Units, count
from decisioning.types import MetricKind, MetricRole
from governance.types import Invalid
from governance.usecases.core.content import UseCaseContent

CONTROL = "control"
LOOK_BACK = timedelta(days=28)
USUAL_RATE, USUAL_MEAN, USUAL_SD = 0.10, 0.15, 0.45
SMALLEST_CHANGE = 0.02
LEAST_HISTORY = 100
RECENT = """SELECT id AS customer_id, 'all' AS grp, %(since)s::timestamptz AS since,
  %(until)s::timestamptz AS until
FROM decisioning_customer WHERE last_seen_at >= %(since)s AND merged_into_id IS NULL"""


def arms_of(content: UseCaseContent) -> tuple[Arm, ...]:
    """Arms with their shares: one is left alone, at least a twentieth of all.

    An intake that names no control or holdout among its arms gets a control as large as
    its holdout, and the named arms share the rest.
    """
    asked = content.experiment
    shares = dict(asked.allocation) or {"treated": 1.0}
    left_alone = [key for key in (CONTROL, HOLDOUT) if key in shares]
    if left_alone:
        control = sum(shares.pop(key) for key in left_alone)
    else:
        control = asked.holdout_share or LEAST_COMPARISON_SHARE
        shares = {key: share * (1 - control) for key, share in shares.items()}
    if control < LEAST_COMPARISON_SHARE:
        raise Invalid(
            {
                "experiment.allocation": f"Only {control:.1%} are left alone. Give the "
                f"control at least {LEAST_COMPARISON_SHARE:.0%}."
            }
        )
    treated = (Arm(key, share) for key, share in shares.items() if share > 0)
    return (*treated, Arm(CONTROL, control, ArmRole.CONTROL))


def metrics_of(content: UseCaseContent) -> list[MetricDefinition]:
    """The metric that decides, every guardrail, then what is good to know."""
    objective = content.objective.primary_metric or "conversion_quality"
    found = {objective: definition(objective, role=MetricRole.PRIMARY)}
    for asked in content.guardrails:
        if asked.metric:
            found.setdefault(
                asked.metric,
                definition(
                    asked.metric, role=MetricRole.GUARDRAIL, margin=asked.margin
                ),
            )
    for standard in STANDARD_GUARDRAILS:
        found.setdefault(standard.key, standard)
    for key in SECONDARY_KEYS:
        found.setdefault(key, definition(key, role=MetricRole.SECONDARY))
    return list(found.values())


def planned_customers(content: UseCaseContent, design: Design, now: datetime) -> int:
    """Customers needed to see the smallest change that matters four times in five.

    Planned from the last four weeks of all customers; before there are enough of them,
    from usual values of a shop.
    """
    primary = metrics_of(content)[0]
    gain = abs(content.objective.smallest_change or SMALLEST_CHANGE)
    base, sd = _usual(primary, now)
    is_rate = primary.kind is MetricKind.PROPORTION
    if is_rate:
        base = min(base, 1 - gain - 1e-6)
    planned = planned_sample(
        design, kind=primary.kind, base=base, smallest_gain=gain, sd=sd
    )
    asked: Mapping[str, int | None] = {g.metric: g.min_n for g in content.guardrails}
    return max(planned, *(n or 0 for n in asked.values()), 1)


def _usual(metric: MetricDefinition, now: datetime) -> tuple[float, float]:
    units = Units(RECENT, {"since": now - LOOK_BACK, "until": now})
    seen = count(units).get(("all", counted_key(metric.key)))
    if seen is not None and seen.n >= LEAST_HISTORY and seen.mean and seen.sd:
        return seen.mean, seen.sd
    if metric.kind is MetricKind.PROPORTION:
        return USUAL_RATE, USUAL_SD
    return USUAL_MEAN, USUAL_SD
