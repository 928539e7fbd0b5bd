"""How an amount of the intake is written for people, and how it is kept.

Shares and differences are kept as fractions; people read points, percent and
"per 10,000".
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.usecases.core import METRICS


@dataclass(frozen=True, slots=True)
class Unit:
    words: str
    scale: float = 1.0


POINTS = Unit("percentage points", 100.0)
PLAIN = Unit("points of its scale")
UNITS = {
    "conversion_quality": Unit("orders per 100 customers", 100.0),
    "conversion": POINTS,
    "repeat_purchase": POINTS,
    "retention": POINTS,
    "task_success": POINTS,
    "click_rate": POINTS,
    "open_rate": POINTS,
    "visit": POINTS,
    "opt_out_rate": POINTS,
    "refund_rate": POINTS,
    "complaint_rate": Unit("per 10,000 contacts", 10_000.0),
    "spend": Unit("in money"),
    "customer_lifetime_value": Unit("in money"),
    "time_to_find": Unit("in seconds"),
    "impressions": Unit("in number"),
}


def unit_of(metric: str) -> Unit:
    return UNITS.get(metric, PLAIN)


def metric_label(key: str) -> str:
    metric = METRICS.get(key)
    return metric.label if metric else key


def shown(value: float | None, metric: str) -> float | None:
    """The amount as a person reads it, rid of binary dust."""
    return None if value is None else round(value * unit_of(metric).scale, 9)


def kept(value: float | None, metric: str) -> float | None:
    return None if value is None else round(value / unit_of(metric).scale, 12)


def amount(value: float | None, metric: str) -> str:
    """``0.2 percentage points``, or nothing."""
    number = shown(value, metric)
    return "" if number is None else f"{number:g} {unit_of(metric).words}"
