"""Rates of yes-or-no outcomes: one rate, and the difference of two."""

import math
from dataclasses import dataclass

from scipy.stats import norm

from decisioning.stats.sufficient import (
    Effect,
    NotEnoughData,
    Shortage,
    SufficientStats,
    check_level,
    missing_side,
    relative_change,
)


@dataclass(frozen=True, slots=True)
class RateInterval:
    """One rate with its interval, all in [0, 1]."""

    rate: float
    lo: float
    hi: float
    level: float
    method: str


def wilson(
    sample: SufficientStats, *, level: float = 0.95
) -> RateInterval | NotEnoughData:
    """Wilson's score interval for one rate.

    Parameters
    ----------
    sample
        Statistics of zeros and ones.
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    RateInterval or NotEnoughData
        Never leaves [0, 1]; not enough without units.

    Raises
    ------
    ValueError
        If the statistics are not those of zeros and ones.

    References
    ----------
    Newcombe (1998), Statist. Med. 17, 857-872, method 3.
    """
    check_level(level)
    _require_binary(sample)
    if sample.n == 0:
        return NotEnoughData(Shortage.TOO_FEW, "Nobody has been counted.")
    lo, hi = _wilson_bounds(sample, float(norm.ppf(0.5 + level / 2)))
    return RateInterval(sample.sum_values / sample.n, lo, hi, level, "wilson")


def unpooled_normal(
    control: SufficientStats, treated: SufficientStats, *, level: float = 0.95
) -> Effect | NotEnoughData:
    """Difference of two rates with the unpooled normal (Wald) interval.

    Parameters
    ----------
    control, treated
        Statistics of zeros and ones.
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    Effect or NotEnoughData
        Method ``unpooled_normal``; not enough where an arm is empty or where both
        rates are 0 or 1, when this interval would have no width.

    Raises
    ------
    ValueError
        If the statistics are not those of zeros and ones.

    Notes
    -----
    Coverage is near nominal from about 10 successes and 10 failures an arm; below
    that ask for ``newcombe``.

    References
    ----------
    Newcombe (1998), Statist. Med. 17, 873-890, method 1, with unbiased variances.
    """
    check_level(level)
    shortage = _shortage(control, treated, least=2)
    if shortage:
        return shortage
    p_control, p_treated = (arm.sum_values / arm.n for arm in (control, treated))
    # n - 1: the unbiased estimate of each variance, the same as of a mean.
    variance = p_control * (1 - p_control) / (control.n - 1)
    variance += p_treated * (1 - p_treated) / (treated.n - 1)
    if variance <= 0:
        return NotEnoughData(
            Shortage.NO_VARIATION, "Every customer in each group has the same outcome."
        )
    gap, se = p_treated - p_control, math.sqrt(variance)
    half = float(norm.ppf(0.5 + level / 2)) * se
    return Effect(
        difference=gap,
        se=se,
        lo=gap - half,
        hi=gap + half,
        level=level,
        method="unpooled_normal",
        relative=relative_change(gap, p_control),
        p_value=2 * float(norm.sf(abs(gap) / se)),
    )


def newcombe(
    control: SufficientStats, treated: SufficientStats, *, level: float = 0.95
) -> Effect | NotEnoughData:
    """Difference of two rates with Newcombe's hybrid score interval.

    Parameters
    ----------
    control, treated
        Statistics of zeros and ones.
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    Effect or NotEnoughData
        Method ``newcombe``; ``p_value`` is ``None``. Holds for few successes and for
        rates of 0 and 1.

    Raises
    ------
    ValueError
        If the statistics are not those of zeros and ones.

    References
    ----------
    Newcombe (1998), Statist. Med. 17, 873-890, method 10.
    """
    check_level(level)
    shortage = _shortage(control, treated, least=1)
    if shortage:
        return shortage
    z = float(norm.ppf(0.5 + level / 2))
    p_control, p_treated = (arm.sum_values / arm.n for arm in (control, treated))
    lo_control, hi_control = _wilson_bounds(control, z)
    lo_treated, hi_treated = _wilson_bounds(treated, z)
    gap = p_treated - p_control
    variance = p_control * (1 - p_control) / control.n
    variance += p_treated * (1 - p_treated) / treated.n
    return Effect(
        difference=gap,
        se=math.sqrt(variance),
        lo=gap - math.hypot(p_treated - lo_treated, hi_control - p_control),
        hi=gap + math.hypot(hi_treated - p_treated, p_control - lo_control),
        level=level,
        method="newcombe",
        relative=relative_change(gap, p_control),
    )


def _wilson_bounds(sample: SufficientStats, z: float) -> tuple[float, float]:
    n, rate = sample.n, sample.sum_values / sample.n
    centre = rate + z**2 / (2 * n)
    half = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def _shortage(
    control: SufficientStats, treated: SufficientStats, *, least: int
) -> NotEnoughData | None:
    _require_binary(control)
    _require_binary(treated)
    return missing_side(control.n, treated.n, least=least)


def _require_binary(sample: SufficientStats) -> None:
    if not sample.is_binary:
        raise ValueError(
            "a proportion needs zeros and ones; use means.difference for amounts"
        )
