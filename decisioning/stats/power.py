"""How many customers and days an experiment needs before it starts."""

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.stats import norm

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Customers needed per group, and together."""

    n_control: int
    n_treated: int

    @property
    def total(self) -> int:
        """Customers in both groups."""
        return self.n_control + self.n_treated


def sample_size_proportions(
    base_rate: float,
    target_rate: float,
    *,
    level: float = 0.95,
    power: float = 0.8,
    ratio: float = 1.0,
) -> SampleSize:
    """Sample size to tell two rates apart, two-sided.

    Parameters
    ----------
    base_rate, target_rate
        Rates in (0, 1); they must differ.
    level
        One minus the type-I error, in (0, 1).
    power
        Chance to see the difference if it is there, in (0, 1).
    ratio
        Treated customers per control customer, above 0.

    Returns
    -------
    SampleSize
        Rounded up.

    Raises
    ------
    ValueError
        If an argument is out of range or the rates are equal.

    Notes
    -----
    No continuity correction.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions,
    3rd ed., eq. 4.14 (equal groups) and 4.19 (unequal groups).
    """
    _check_rate("base_rate", base_rate)
    _check_rate("target_rate", target_rate)
    _check_plan(level, power, ratio)
    if base_rate == target_rate:
        raise ValueError("target_rate: must differ from base_rate")
    n_control = _n_proportions(base_rate, target_rate, level, power, ratio)
    return SampleSize(_ceil(n_control), _ceil(n_control * ratio))


def sample_size_means(
    difference: float,
    sd: float,
    *,
    level: float = 0.95,
    power: float = 0.8,
    ratio: float = 1.0,
) -> SampleSize:
    """Sample size to see a difference of two means, two-sided.

    Parameters
    ----------
    difference
        Smallest difference that matters, in the metric's unit; not 0.
    sd
        Standard deviation of one customer's value, same unit, above 0.
    level
        One minus the type-I error, in (0, 1).
    power
        Chance to see the difference if it is there, in (0, 1).
    ratio
        Treated customers per control customer, above 0.

    Returns
    -------
    SampleSize
        Rounded up.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Guenther (1981), The American Statistician 35, 243-244: the normal formula plus
    ``z ** 2 / 4`` for the estimated variance.
    """
    _check_plan(level, power, ratio)
    if difference == 0:
        raise ValueError("difference: must not be 0")
    if not sd > 0:
        raise ValueError("sd: must be above 0")
    z_level, z_power = _quantiles(level, power)
    normal = (1 + 1 / ratio) * ((z_level + z_power) * sd / difference) ** 2
    n_control = normal + z_level**2 / 4
    return SampleSize(_ceil(n_control), _ceil(n_control * ratio))


def detectable_rate(
    base_rate: float,
    n_control: int,
    *,
    level: float = 0.95,
    power: float = 0.8,
    ratio: float = 1.0,
) -> float | None:
    """Smallest higher rate that ``n_control`` control customers can tell from the base.

    Parameters
    ----------
    base_rate
        Rate of the control, in (0, 1).
    n_control
        Control customers, at least 1.
    level
        One minus the type-I error, in (0, 1).
    power
        Chance to see the difference if it is there, in (0, 1).
    ratio
        Treated customers per control customer, above 0.

    Returns
    -------
    float or None
        The minimum detectable rate; ``None`` where not even a rate near 1 could be
        told apart.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check_rate("base_rate", base_rate)
    _check_plan(level, power, ratio)
    if n_control < 1:
        raise ValueError("n_control: must be at least 1")

    def surplus(rate: float) -> float:
        return _n_proportions(base_rate, rate, level, power, ratio) - n_control

    lowest = base_rate + (1 - base_rate) * 1e-9
    highest = 1 - 1e-9
    if surplus(highest) > 0:
        return None
    return float(brentq(surplus, lowest, highest, xtol=_TINY))


def detectable_difference(
    sd: float,
    n_control: int,
    *,
    level: float = 0.95,
    power: float = 0.8,
    ratio: float = 1.0,
) -> float:
    """Smallest difference of means that ``n_control`` control customers can show.

    Parameters
    ----------
    sd
        Standard deviation of one customer's value, above 0.
    n_control
        Control customers, at least 2.
    level
        One minus the type-I error, in (0, 1).
    power
        Chance to see the difference if it is there, in (0, 1).
    ratio
        Treated customers per control customer, above 0.

    Returns
    -------
    float
        In the metric's unit.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check_plan(level, power, ratio)
    if not sd > 0:
        raise ValueError("sd: must be above 0")
    if n_control < 2:
        raise ValueError("n_control: must be at least 2")
    z_level, z_power = _quantiles(level, power)
    return (z_level + z_power) * sd * math.sqrt((1 + 1 / ratio) / n_control)


def duration_days(total_n: int, customers_per_day: float) -> int:
    """Days until ``total_n`` customers have arrived.

    Parameters
    ----------
    total_n
        Customers needed in all arms.
    customers_per_day
        New customers of the experiment a day, above 0.

    Returns
    -------
    int
        Whole weeks in days, at least 7, so that every weekday counts alike.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    if total_n < 1:
        raise ValueError("total_n: must be at least 1")
    if not customers_per_day > 0:
        raise ValueError("customers_per_day: must be above 0")
    return 7 * _ceil(total_n / customers_per_day / 7)


def _n_proportions(
    base: float, target: float, level: float, power: float, ratio: float
) -> float:
    z_level, z_power = _quantiles(level, power)
    pooled = (base + ratio * target) / (1 + ratio)
    under_null = math.sqrt((ratio + 1) * pooled * (1 - pooled))
    under_effect = math.sqrt(ratio * base * (1 - base) + target * (1 - target))
    top = z_level * under_null + z_power * under_effect
    return top**2 / (ratio * (target - base) ** 2)


def _quantiles(level: float, power: float) -> tuple[float, float]:
    return float(norm.ppf(0.5 + level / 2)), float(norm.ppf(power))


def _ceil(value: float) -> int:
    return math.ceil(value - 1e-9)


def _check_rate(name: str, rate: float) -> None:
    if not 0 < rate < 1:
        raise ValueError(f"{name}: {rate} is not between 0 and 1")


def _check_plan(level: float, power: float, ratio: float) -> None:
    _check_rate("level", level)
    _check_rate("power", power)
    if not ratio > 0:
        raise ValueError("ratio: must be above 0")
