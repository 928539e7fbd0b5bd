"""One comparison and what it says."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import ndtri

from governance.fairness.core.intervals import Interval, critical
from governance.fairness.core.limits import (
    SMALLEST_SHOWN,
    Direction,
    FairnessVerdict,
    Limits,
    Measure,
    shown_count,
)

MOST_GROWTH = 100.0
TOO_FEW = "too_few"
NOBODY = "nobody"
STRADDLES = "straddles"
BY_CHANCE = "by_chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One group against its reference on one measure.

    ``note`` says why an answer is lacking; ``needs_more`` how many more customers of
    the group would settle it, ``needs_days`` in how many days they come. ``events`` is
    how many of ``n`` were chosen, or did what the measure counts.
    """

    measure: Measure
    trait: str
    group: str
    reference: str = ""
    direction: Direction = Direction.BENEFIT
    n: int = 0
    events: int = 0
    rate: float | None = None
    estimate: float | None = None
    lo: float | None = None
    hi: float | None = None
    verdict: FairnessVerdict = FairnessVerdict.NOT_ENOUGH_DATA
    p_value: float | None = None
    method: str = ""
    is_intersection: bool = False
    note: str = ""
    needs_more: int | None = None
    needs_days: int | None = None

    @property
    def shown_n(self) -> str:
        """Customers, hidden where they are few."""
        return shown_count(self.n)

    @property
    def shown_events(self) -> str:
        """Events, hidden where they are few."""
        return shown_count(self.events)

    @property
    def is_small(self) -> bool:
        """Whether a rate would single people out."""
        return min(self.n, self.events) < SMALLEST_SHOWN and self.n > 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values; an infinite bound is none."""
        return {
            name: None if isinstance(v, float) and not math.isfinite(v) else v
            for name, v in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Finding":
        """Back from ``as_dict``."""
        named = {
            **data,
            "measure": Measure(data["measure"]),
            "direction": Direction(data["direction"]),
            "verdict": FairnessVerdict(data["verdict"]),
        }
        return cls(**named)


def worst(findings: Iterable[Finding]) -> Finding | None:
    """Who fares worst by the selection ratio: among breaches where there are any.

    Parameters
    ----------
    findings
        Of one audit.

    Returns
    -------
    Finding or None
        Single traits before intersections; None where nothing could be compared.
    """
    judged = [
        f
        for f in findings
        if f.measure is Measure.SELECTION and None not in (f.estimate, f.lo)
    ]
    breaches = [f for f in judged if f.verdict is FairnessVerdict.BREACH]
    among = breaches or [f for f in judged if not f.is_intersection] or judged
    return min(among, key=lambda f: f.estimate or 0.0, default=None)


def growth_needed(
    interval: Interval, *, equal: float, actual: float, limits: Limits
) -> float | None:
    """How many times the data would settle an interval that straddles its limit.

    Parameters
    ----------
    interval
        What was found; its width shrinks with the root of the data.
    equal
        Distance from equality to the limit, on the scale of ``interval.se``.
    actual
        Distance from the estimate to the limit, on the same scale.
    limits
        Level and power.

    Returns
    -------
    float or None
        Above 1; None where a hundred times the data would not do. Planned for groups
        that are truly equal, and from the estimate once there are that many.

    References
    ----------
    Normal approximation, n ∝ ((z₁₋α⁄₂ + z_power) se / distance)²; Fleiss, Levin and
    Paik (2003), Statistical Methods for Rates and Proportions, chapter 4.
    """
    reach = critical(limits.level) + float(ndtri(limits.power))
    for distance in (equal, abs(actual)):
        if distance <= 0:
            return None
        growth = (reach * interval.se / distance) ** 2
        if growth > 1:
            return growth if growth <= MOST_GROWTH else None
    return None


def more_of(n: int, growth: float | None, days: float | None) -> dict[str, int | None]:
    """Customers and days still needed, as fields of a finding.

    Parameters
    ----------
    n
        Customers of the group so far.
    growth
        As ``growth_needed`` gives it.
    days
        How long it took to meet them; None where they did not come by themselves.

    Returns
    -------
    dict
        ``needs_more`` and ``needs_days``.
    """
    if growth is None:
        return {"needs_more": None, "needs_days": None}
    more = math.ceil(n * (growth - 1))
    wait = None if days is None else math.ceil(days * (growth - 1))
    return {"needs_more": more, "needs_days": wait}
