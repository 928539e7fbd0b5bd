"""Always-valid intervals: look as often as you like, stop when you like."""

import math
from dataclasses import replace

from decisioning.stats import means, proportions
from decisioning.stats.sufficient import (
    Effect,
    NotEnoughData,
    Shortage,
    SufficientStats,
    check_level,
)

LEAST_UNITS = 30


def tuning(planned_n: int, *, level: float = 0.95) -> float:
    """Return the mixture parameter rho that is tightest at ``planned_n`` units.

    Parameters
    ----------
    planned_n
        Units, all arms of the comparison together, at which the width matters most.
    level
        Coverage over the whole run, in (0, 1).

    Returns
    -------
    float
        Standard deviation of the normal mixture, in units of ``sd / sqrt(unit)``.

    Raises
    ------
    ValueError
        If ``planned_n`` is not positive.

    References
    ----------
    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), arXiv:2103.06476,
    appendix B.2, the approximation by the Lambert W expansion.
    """
    check_level(level)
    if planned_n < 1:
        raise ValueError("planned_n: must be at least 1")
    log_term = -2 * math.log(1 - level)
    return math.sqrt((log_term + math.log(log_term + 1)) / planned_n)


def width_factor(n: int, rho: float, *, level: float = 0.95) -> float:
    """Half width of the confidence sequence, in standard errors, after ``n`` units.

    Parameters
    ----------
    n
        Units seen, all arms of the comparison together.
    rho
        From ``tuning``.
    level
        Coverage over the whole run, in (0, 1).

    Returns
    -------
    float
        Plays the part that 1.96 plays for a single look.

    References
    ----------
    Waudby-Smith et al. (2021), arXiv:2103.06476, theorem 2.2, eq. 9 (two-sided):
    ``sd * sqrt(2 (t rho^2 + 1) / (t^2 rho^2) * log(sqrt(t rho^2 + 1) / alpha))``,
    here divided by ``sd / sqrt(t)``. Published as Annals of Statistics 52 (2024).
    """
    check_level(level)
    mass = n * rho**2
    log_term = math.log(math.sqrt(mass + 1) / (1 - level))
    return math.sqrt(2 * (mass + 1) / mass * log_term)


def difference(
    control: SufficientStats,
    treated: SufficientStats,
    *,
    planned_n: int | None = None,
    level: float = 0.95,
) -> Effect | NotEnoughData:
    """Difference of two means or rates with an always-valid interval.

    Parameters
    ----------
    control, treated
        Sufficient statistics per unit of randomisation, as of now.
    planned_n
        Units in both arms at which the interval should be tightest. Must be fixed
        before the data are seen; without it the units seen now are used, which is
        right only for a finished experiment that is looked at once.
    level
        Coverage at all looks together, in (0, 1).

    Returns
    -------
    Effect or NotEnoughData
        Method ``asymptotic_confidence_sequence``; ``p_value`` is ``None``. Not enough
        below 30 units an arm, where the asymptotics have not begun.

    Notes
    -----
    With probability ``level`` the truth lies inside at every look from the 30th unit
    on, as the number of units grows. Assumes independent units with finite variance;
    rare outcomes need more units before the guarantee bites.

    References
    ----------
    Waudby-Smith et al. (2021), arXiv:2103.06476, theorem 2.2 and section 3.3.
    """
    total = control.n + treated.n
    rho = tuning(planned_n or max(total, 1), level=level)
    if 0 < min(control.n, treated.n) < LEAST_UNITS:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"Each group needs at least {LEAST_UNITS} customers; there are "
            f"{treated.n} treated and {control.n} in comparison.",
        )
    fixed = _fixed(control, treated, level)
    if isinstance(fixed, NotEnoughData):
        return fixed
    half = width_factor(total, rho, level=level) * fixed.se
    return replace(
        fixed,
        lo=fixed.difference - half,
        hi=fixed.difference + half,
        method="asymptotic_confidence_sequence",
        p_value=None,
    )


def _fixed(
    control: SufficientStats, treated: SufficientStats, level: float
) -> Effect | NotEnoughData:
    if control.is_binary and treated.is_binary:
        return proportions.unpooled_normal(control, treated, level=level)
    return means.difference(control, treated, level=level)
