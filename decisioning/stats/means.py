"""Difference of two means from sufficient statistics."""

import math

from scipy import stats as distributions

from decisioning.stats.sufficient import (
    Effect,
    NotEnoughData,
    Shortage,
    SufficientStats,
    check_level,
    missing_side,
    relative_change,
)


def difference(
    control: SufficientStats, treated: SufficientStats, *, level: float = 0.95
) -> Effect | NotEnoughData:
    """Difference of means with the unpooled normal interval.

    Parameters
    ----------
    control, treated
        Sufficient statistics per unit of randomisation.
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    Effect or NotEnoughData
        Method ``unpooled_normal``; not enough below two units an arm or without any
        variation.

    Notes
    -----
    Coverage is nominal for large arms: with values as skew as retail spend, from
    about 1,000 units an arm. One look only; see ``sequential`` for repeated looks.

    References
    ----------
    Welch (1938), Biometrika 29, 350-362, eq. 1 for the standard error.
    """
    check_level(level)
    moments = _moments(control, treated)
    if isinstance(moments, NotEnoughData):
        return moments
    gap, se = moments
    z = float(distributions.norm.ppf(0.5 + level / 2))
    p_value = 2 * float(distributions.norm.sf(abs(gap) / se))
    return _effect(control, gap, se, z, level, "unpooled_normal", p_value)


def welch(
    control: SufficientStats, treated: SufficientStats, *, level: float = 0.95
) -> Effect | NotEnoughData:
    """Difference of means with Welch's t interval, for small arms.

    Parameters
    ----------
    control, treated
        Sufficient statistics per unit of randomisation.
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    Effect or NotEnoughData
        Method ``welch_t``.

    Notes
    -----
    Assumes independent units and means that are near normal.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35; Satterthwaite (1946), Biometrics 2, 110-114,
    eq. 17 for the degrees of freedom.
    """
    check_level(level)
    moments = _moments(control, treated)
    if isinstance(moments, NotEnoughData):
        return moments
    gap, se = moments
    freedom = _satterthwaite(control, treated, se)
    quantile = float(distributions.t.ppf(0.5 + level / 2, freedom))
    p_value = 2 * float(distributions.t.sf(abs(gap) / se, freedom))
    return _effect(control, gap, se, quantile, level, "welch_t", p_value)


def _moments(
    control: SufficientStats, treated: SufficientStats
) -> tuple[float, float] | NotEnoughData:
    shortage = missing_side(control.n, treated.n, least=2)
    if shortage:
        return shortage
    gap = treated.sum_values / treated.n - control.sum_values / control.n
    variance = (control.variance or 0.0) / control.n
    variance += (treated.variance or 0.0) / treated.n
    if variance <= 0:
        return NotEnoughData(
            Shortage.NO_VARIATION, "Every customer in both groups has the same value."
        )
    return gap, math.sqrt(variance)


def _satterthwaite(
    control: SufficientStats, treated: SufficientStats, se: float
) -> float:
    parts = [(arm.variance or 0.0) / arm.n for arm in (control, treated)]
    spread = sum(
        part**2 / (arm.n - 1)
        for part, arm in zip(parts, (control, treated), strict=True)
    )
    return se**4 / spread


def _effect(
    control: SufficientStats,
    gap: float,
    se: float,
    quantile: float,
    level: float,
    method: str,
    p_value: float,
) -> Effect:
    return Effect(
        difference=gap,
        se=se,
        lo=gap - quantile * se,
        hi=gap + quantile * se,
        level=level,
        method=method,
        relative=relative_change(gap, control.sum_values / control.n),
        p_value=p_value,
    )
