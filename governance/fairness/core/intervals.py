"""Two groups compared: ratios, differences and shares, each with its interval."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv, ndtr, ndtri

LEAST_EVENTS = 30


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bounds; ``se`` is on the scale it was computed on."""

    estimate: float
    lo: float
    hi: float
    se: float
    method: str


@dataclass(frozen=True, slots=True)
class Tally:
    """``events`` of ``n`` customers."""

    events: int
    n: int

    @property
    def rate(self) -> float:
        """Share; 0 where nobody is counted."""
        return self.events / self.n if self.n else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(self.events + other.events, self.n + other.n)

    def __sub__(self, other: "Tally") -> "Tally":
        """The others."""
        return Tally(self.events - other.events, self.n - other.n)


@dataclass(frozen=True, slots=True)
class Moments:
    """Customers, the mean of an amount over them, and its variance."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: npt.NDArray[np.float64]) -> "Moments":
        """From one value a customer."""
        spread = float(values.var(ddof=1)) if len(values) > 1 else 0.0
        return cls(len(values), float(values.mean()) if len(values) else 0.0, spread)


def critical(level: float) -> float:
    """Two-sided standard normal quantile.

    Parameters
    ----------
    level
        Coverage, in (0, 1).

    Returns
    -------
    float
        1.96 at 0.95.
    """
    return float(ndtri(0.5 + level / 2))


def rate_ratio(
    group: Tally, reference: Tally, *, level: float, least_events: int = LEAST_EVENTS
) -> Interval | None:
    """Rate of the group over that of the reference.

    Parameters
    ----------
    group, reference
        Two groups that share nobody.
    level
        Coverage of the two-sided interval.
    least_events
        With fewer in either group the exact interval is given.

    Returns
    -------
    Interval or None
        Method ``log_ratio`` or ``exact``; None where nobody is counted or nothing
        happened in both. An upper bound may be infinite.

    Notes
    -----
    The exact one conditions on all events of both groups, as for two Poisson counts;
    for binomial counts it is wider than it need be, never narrower.

    References
    ----------
    Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474, method C.
    Przyborowski and Wilenski (1940), Biometrika 31, 313-323.
    Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    if not (group.n and reference.n and group.events + reference.events):
        return None
    if min(group.events, reference.events) < least_events:
        return _exact_ratio(group, reference, level)
    ratio, se = group.rate / reference.rate, _log_se(group, reference)
    half = critical(level) * se
    low, high = ratio * math.exp(-half), ratio * math.exp(half)
    return Interval(ratio, low, high, se, "log_ratio")


def _log_se(group: Tally, reference: Tally) -> float:
    """Half a customer stands for none left out, as an interval needs some width."""
    left_out = ((max(t.n - t.events, 0.5), t) for t in (group, reference))
    return math.sqrt(sum(none / (t.n * t.events) for none, t in left_out))


def _exact_ratio(group: Tally, reference: Tally, level: float) -> Interval:
    ours, theirs, tail = group.events, reference.events, (1 - level) / 2
    lo = float(betaincinv(ours, theirs + 1, tail)) if ours else 0.0
    hi = float(betaincinv(ours + 1, theirs, 1 - tail)) if theirs else 1.0
    scale = reference.n / group.n
    estimate = group.rate / reference.rate if theirs else math.inf
    se = math.sqrt(sum((1 - t.rate) / max(t.events, 0.5) for t in (group, reference)))
    return Interval(estimate, scale * _odds(lo), scale * _odds(hi), se, "exact")


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


def chance_of_ratio_below(
    group: Tally,
    reference: Tally,
    floor: float,
    *,
    least_events: int = LEAST_EVENTS,
) -> float:
    """One-sided p-value of "the ratio is at least the floor".

    Parameters
    ----------
    group, reference, least_events
        As for ``rate_ratio``.
    floor
        Hypothetical ratio.

    Returns
    -------
    float
        Small where the data speak for a ratio below the floor; 1 where they say
        nothing.
    """
    ours, total = group.events, group.events + reference.events
    if not (group.n and reference.n and total):
        return 1.0
    if min(ours, reference.events) >= least_events:
        gap = math.log(group.rate / reference.rate / floor)
        return tail_below(gap, _log_se(group, reference))
    share = floor * group.n / (floor * group.n + reference.n)
    return 1.0 if ours == total else float(betainc(total - ours, ours + 1, 1 - share))


def wilson(tally: Tally, *, level: float) -> Interval:
    """One share with Wilson's score interval.

    Parameters
    ----------
    tally
        At least one customer.
    level
        Coverage.

    Returns
    -------
    Interval
        Never leaves [0, 1].

    References
    ----------
    Wilson (1927), J. Amer. Statist. Assoc. 22, 209-212.
    """
    n, rate, z = tally.n, tally.rate, critical(level)
    scale = 1 + z**2 / n
    centre = (rate + z**2 / (2 * n)) / scale
    half = z / scale * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Interval(rate, low, high, math.sqrt(rate * (1 - rate) / n), "wilson")


def rate_difference(high: Tally, low: Tally, *, level: float) -> Interval | None:
    """Difference of two rates, with Newcombe's hybrid score interval.

    Parameters
    ----------
    high, low
        The second is subtracted from the first.
    level
        Coverage.

    Returns
    -------
    Interval or None
        None where nobody is counted.

    References
    ----------
    Newcombe (1998), Statist. Med. 17, 873-890, method 10.
    """
    if not (high.n and low.n):
        return None
    a, b = wilson(high, level=level), wilson(low, level=level)
    gap = high.rate - low.rate
    down = math.hypot(high.rate - a.lo, b.hi - low.rate)
    up = math.hypot(a.hi - high.rate, low.rate - b.lo)
    return Interval(gap, gap - down, gap + up, math.hypot(a.se, b.se), "newcombe")


def mean_ratio(group: Moments, reference: Moments, *, level: float) -> Interval | None:
    """Mean amount of the group over that of the reference.

    Parameters
    ----------
    group, reference
        Two groups that share nobody.
    level
        Coverage.

    Returns
    -------
    Interval or None
        Method ``log_mean_ratio``; None where a mean is not above 0.

    References
    ----------
    Delta method on the logarithm; Casella and Berger (2002), Statistical Inference,
    section 5.5.4.
    """
    if group.mean <= 0 or reference.mean <= 0:
        return None
    ratio = group.mean / reference.mean
    se = math.sqrt(sum(m.variance / (m.n * m.mean**2) for m in (group, reference)))
    half = critical(level) * se
    low, high = ratio * math.exp(-half), ratio * math.exp(half)
    return Interval(ratio, low, high, se, "log_mean_ratio")


def tail_below(gap: float, se: float) -> float:
    """One-sided p-value of an estimate ``gap`` above the limit; small where below.

    Parameters
    ----------
    gap
        Estimate minus limit, on the scale of ``se``.
    se
        Standard error; 0 gives certainty either way.

    Returns
    -------
    float
        In [0, 1].
    """
    if se <= 0:
        return 0.0 if gap < 0 else 1.0
    return float(ndtr(gap / se))


def discoveries(p_values: list[float], q: float) -> list[bool]:
    """Which of many alarms stand, at a false discovery rate of at most ``q``.

    Parameters
    ----------
    p_values
        One a comparison.
    q
        In (0, 1).

    Returns
    -------
    list of bool
        In the order given.

    References
    ----------
    Benjamini and Hochberg (1995), J. R. Statist. Soc. B 57, 289-300.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    last = 0
    for rank, place in enumerate(order, start=1):
        if p_values[place] <= q * rank / len(p_values):
            last = rank
    kept = set(order[:last])
    return [place in kept for place in range(len(p_values))]
