"""Whether predicted probabilities come true: bins, calibration error, Brier score."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisioning.stats import proportions
from decisioning.stats.auc import outcomes_and_scores
from decisioning.stats.sufficient import NotEnoughData, Shortage, SufficientStats


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Customers of like prediction: what was predicted and what happened."""

    n: int
    predicted: float
    observed: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Table of bins with its two summaries, all in probability."""

    bins: tuple[CalibrationBin, ...]
    ece: float
    brier: float
    base_rate: float
    n: int


def calibrate_check(
    outcomes: npt.ArrayLike, predictions: npt.ArrayLike, *, n_bins: int = 10
) -> Calibration | NotEnoughData:
    """Compare predictions with outcomes in bins of equally many customers.

    Parameters
    ----------
    outcomes : (n,) zeros and ones
    predictions : (n,) float in [0, 1], NaN not allowed
    n_bins
        Bins at most; customers with the same prediction never part.

    Returns
    -------
    Calibration or NotEnoughData
        Expected calibration error is the mean absolute gap weighted by bin size; each
        bin's observed rate has Wilson's 95 % interval. Not enough below one customer
        a bin.

    Raises
    ------
    ValueError
        If the lengths differ, an outcome is neither 0 nor 1, or a prediction is
        outside [0, 1].

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), AAAI, eq. 2; Brier (1950), Mon. Weather Rev.
    78, 1-3.
    """
    truth, chance = outcomes_and_scores(outcomes, predictions)
    if chance.size and not (chance.min() >= 0 and chance.max() <= 1):
        raise ValueError("predictions: must lie between 0 and 1")
    if truth.size < n_bins:
        return NotEnoughData(
            Shortage.TOO_FEW, f"At least {n_bins} customers are needed for the table."
        )
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, n_bins + 1)[1:-1]))
    group = np.searchsorted(edges, chance, side="right")
    bins = tuple(
        _bin(truth[group == index], chance[group == index])
        for index in np.unique(group)
    )
    gaps = [abs(row.observed - row.predicted) * row.n for row in bins]
    return Calibration(
        bins=bins,
        ece=sum(gaps) / truth.size,
        brier=float(np.mean((chance - truth) ** 2)),
        base_rate=float(truth.mean()),
        n=int(truth.size),
    )


def _bin(
    truth: npt.NDArray[np.int8], chance: npt.NDArray[np.float64]
) -> CalibrationBin:
    counts = SufficientStats.of_counts(int(truth.size), int(truth.sum()))
    rate = proportions.wilson(counts)
    assert not isinstance(rate, NotEnoughData)
    return CalibrationBin(counts.n, float(chance.mean()), rate.rate, rate.lo, rate.hi)
