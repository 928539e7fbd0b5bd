"""The smallest safe test of an idea, and what the least it can see would be worth.

Nothing here forecasts: every figure comes from the user's own customers, and where
they are too few the answer says how many are missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from decisioning.stats import power
from decisioning.types import MetricKind
from governance.usecases.core.registry import MAX_FIRST_EXPOSURE, MIN_HOLDOUT

WITHIN_DAYS = 28  # whole weeks within 30 days
LEAST_CUSTOMERS = 100
LEAST_EVENTS = 10
STEP = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What customers did without the idea.

    Parameters
    ----------
    kind
        ``proportion`` or ``mean``.
    n
        Members of the segment seen in the last four weeks.
    members
        Members of the segment now.
    events
        Customers with the outcome; for a mean, customers who bought.
    mean, sd
        Of the primary metric, a customer.
    value
        Money that one unit of the metric brought on average; ``None`` where unknown.
    """

    kind: MetricKind
    n: int
    members: int
    events: int
    mean: float
    sd: float
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeTest:
    """A test within the rules; ``fits`` where it sees the author's smallest change."""

    exposure: float
    holdout: float
    n_treated: int
    n_control: int
    days: int
    detects: float
    fits: bool


def shortage(base: Baseline) -> str:
    """Say what is missing before anything can be planned.

    Parameters
    ----------
    base
        The user's own figures.

    Returns
    -------
    str
        Empty where there is enough.

    References
    ----------
    Fleiss, Levin and Paik (2003), ch. 2: the normal approximation of a rate wants
    some ten of either outcome.
    """
    if base.n < LEAST_CUSTOMERS:
        return f"{LEAST_CUSTOMERS - base.n} more customers of the last four weeks"
    if base.events < LEAST_EVENTS:
        return f"{LEAST_EVENTS - base.events} more customers with the outcome"
    if base.kind is MetricKind.PROPORTION and base.n - base.events < LEAST_EVENTS:
        return "customers without the outcome"
    return "" if base.sd > 0 else "customers who differ in the outcome"


def safest_test(
    base: Baseline, *, smallest_change: float | None, holdout: float | None = None
) -> SafeTest | None:
    """The least exposure that shows the author's smallest change within four weeks.

    Parameters
    ----------
    base
        Figures without a ``shortage``.
    smallest_change
        What the author wants to see, absolute; ``None`` where not said.
    holdout
        Share left alone that the author asked for; never below the rule.

    Returns
    -------
    SafeTest or None
        The widest first exposure where none shows that change; ``None`` where even
        that has nobody to compare.

    References
    ----------
    ``governance.md`` 3, row 5: holdout of 5 % or more, first exposure of 10 % or less.
    """
    left = max(holdout or 0.0, MIN_HOLDOUT)
    found = None
    for step in range(1, round(MAX_FIRST_EXPOSURE / STEP) + 1):
        found = _test(base, step * STEP, left, smallest_change)
        if found and found.fits:
            break
    return found


def _test(
    base: Baseline, exposure: float, left: float, change: float | None
) -> SafeTest | None:
    n_control = math.floor(base.n * left + 1e-9)
    n_treated = math.floor(base.n * exposure + 1e-9)
    if n_control < 2 or n_treated < 2:
        return None
    ratio = n_treated / n_control
    detects = _detects(base, n_control, ratio)
    if detects is None:
        return None
    return SafeTest(
        exposure=exposure,
        holdout=left,
        n_treated=n_treated,
        n_control=n_control,
        days=WITHIN_DAYS,
        detects=detects,
        fits=bool(change) and detects <= abs(change or 0.0),
    )


def _detects(base: Baseline, n_control: int, ratio: float) -> float | None:
    if base.kind is not MetricKind.PROPORTION:
        return power.detectable_difference(base.sd, n_control, ratio=ratio)
    rate = power.detectable_rate(base.mean, n_control, ratio=ratio)
    return None if rate is None else rate - base.mean


def worth(base: Baseline, test: SafeTest) -> float | None:
    """What the smallest effect that the test could see would be worth, in four weeks.

    Parameters
    ----------
    base
        Members now, and the value of one unit of the metric.
    test
        The test that could see the effect.

    Returns
    -------
    float or None
        Money; ``None`` where the metric has no value of its own in money.
    """
    return None if base.value is None else base.members * test.detects * base.value
