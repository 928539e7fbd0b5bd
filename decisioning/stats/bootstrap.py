"""Intervals for statistics without a formula, by resampling customers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisioning.stats.sufficient import NotEnoughData, Shortage, check_level

LEAST_ROWS = 20


@dataclass(frozen=True, slots=True)
class BootstrapInterval:
    """Estimate on the sample itself, with its percentile interval."""

    estimate: float
    lo: float
    hi: float
    level: float
    n_resamples: int


def interval(
    rows: npt.NDArray[np.float64],
    statistic: Callable[[npt.NDArray[np.float64]], float],
    *,
    rng: np.random.Generator,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> BootstrapInterval | NotEnoughData:
    """Percentile bootstrap interval.

    Parameters
    ----------
    rows : (n,) or (n, k) float64, one row a customer
    statistic
        Takes rows of the same shape, returns one finite number.
    rng
        Source of randomness; the same seed gives the same interval.
    n_resamples
        Resamples, at least 100.
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    BootstrapInterval or NotEnoughData
        Not enough below 20 rows, where resampling understates the spread.

    Raises
    ------
    ValueError
        If ``n_resamples`` is below 100.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
    """
    check_level(level)
    if n_resamples < 100:
        raise ValueError("n_resamples: at least 100 are needed")
    if len(rows) < LEAST_ROWS:
        return NotEnoughData(
            Shortage.TOO_FEW, f"At least {LEAST_ROWS} customers are needed."
        )
    picks = rng.integers(0, len(rows), size=(n_resamples, len(rows)))
    draws = np.array([statistic(rows[pick]) for pick in picks])
    tail = (1 - level) / 2
    lo, hi = np.quantile(draws, [tail, 1 - tail])
    return BootstrapInterval(
        float(statistic(rows)), float(lo), float(hi), level, n_resamples
    )
