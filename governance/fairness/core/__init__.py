"""Fairness as plain arithmetic: groups, intervals, three verdicts, proxies, variety."""

from governance.fairness.core.auditing import Audit, Observed, audit, verdict_of
from governance.fairness.core.bubble import Bubble, Shown, bubble
from governance.fairness.core.finding import Finding, worst
from governance.fairness.core.groups import Grouping, grouped, groupings
from governance.fairness.core.intervals import (
    Interval,
    Tally,
    discoveries,
    rate_difference,
    rate_ratio,
)
from governance.fairness.core.limits import (
    USUAL,
    Direction,
    FairnessVerdict,
    Limits,
    Measure,
    shown_count,
)
from governance.fairness.core.proxies import Proxy, Strength, association, banded
from governance.fairness.core.rates import place_weight

__all__ = [
    "USUAL",
    "Audit",
    "Bubble",
    "Direction",
    "FairnessVerdict",
    "Finding",
    "Grouping",
    "Interval",
    "Limits",
    "Measure",
    "Observed",
    "Proxy",
    "Shown",
    "Strength",
    "Tally",
    "association",
    "audit",
    "banded",
    "bubble",
    "discoveries",
    "grouped",
    "groupings",
    "place_weight",
    "rate_difference",
    "rate_ratio",
    "shown_count",
    "verdict_of",
    "worst",
]
