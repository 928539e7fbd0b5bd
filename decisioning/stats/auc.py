"""How well a score ranks: area under the ROC curve with DeLong's interval."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from decisioning.stats.sufficient import NotEnoughData, Shortage, check_level


@dataclass(frozen=True, slots=True)
class Auc:
    """Chance that a random positive scores above a random negative, ties half."""

    value: float
    lo: float
    hi: float
    level: float
    n_positive: int
    n_negative: int


def auc(
    outcomes: npt.ArrayLike, scores: npt.ArrayLike, *, level: float = 0.95
) -> Auc | NotEnoughData:
    """Area under the ROC curve.

    Parameters
    ----------
    outcomes : (n,) zeros and ones
    scores : (n,) float, higher means likelier; NaN not allowed
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    Auc or NotEnoughData
        The interval is clipped to [0, 1]; not enough below two of either outcome.

    Raises
    ------
    ValueError
        If the lengths differ, an outcome is neither 0 nor 1, or a score is NaN.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, eq. 4-6; computed
    by midranks after Sun and Xu (2014), IEEE Signal Process. Lett. 21, 1389-1393.
    """
    check_level(level)
    truth, score = outcomes_and_scores(outcomes, scores)
    positive, negative = score[truth == 1], score[truth == 0]
    if min(positive.size, negative.size) < 2:
        return NotEnoughData(
            Shortage.ONE_CLASS, "The sample needs at least two of each outcome."
        )
    ranks = rankdata(np.concatenate([positive, negative]))
    above = (ranks[: positive.size] - rankdata(positive)) / negative.size
    below = 1 - (ranks[positive.size :] - rankdata(negative)) / positive.size
    value = float(above.mean())
    variance = above.var(ddof=1) / positive.size + below.var(ddof=1) / negative.size
    half = float(norm.ppf(0.5 + level / 2)) * math.sqrt(float(variance))
    return Auc(
        value,
        max(0.0, value - half),
        min(1.0, value + half),
        level,
        int(positive.size),
        int(negative.size),
    )


def outcomes_and_scores(
    outcomes: npt.ArrayLike, scores: npt.ArrayLike
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Check and convert a pair of equally long arrays.

    Raises
    ------
    ValueError
        If the lengths differ, an outcome is neither 0 nor 1, or a score is NaN.
    """
    truth = np.asarray(outcomes)
    score = np.asarray(scores, dtype=np.float64)
    if truth.shape != score.shape or truth.ndim != 1:
        raise ValueError("outcomes, scores: must be two lists of the same length")
    if not np.isin(truth, (0, 1)).all():
        raise ValueError("outcomes: only 0 and 1 are allowed")
    if np.isnan(score).any():
        raise ValueError("scores: a score is missing")
    return truth.astype(np.int8), score
