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
    above, below = _placements(positive, negative)
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


@dataclass(frozen=True, slots=True)
class AucLoss:
    """How much area a second score of the same customers has less than the first."""

    value: float
    variance: float


def auc_loss(
    outcomes: npt.ArrayLike, scores: npt.ArrayLike, others: npt.ArrayLike
) -> AucLoss | NotEnoughData:
    """Difference of the areas under the ROC curves of two scores, with its variance.

    Parameters
    ----------
    outcomes : (n,) zeros and ones
    scores, others : (n,) float, higher means likelier; NaN not allowed

    Returns
    -------
    AucLoss or NotEnoughData
        Positive where ``others`` ranks worse. The two areas are correlated, for the
        customers are the same; the variance is that of the paired difference.

    Raises
    ------
    ValueError
        If the lengths differ, an outcome is neither 0 nor 1, or a score is NaN.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, eq. 4-8.

    Examples
    --------
    >>> auc_loss([1, 1, 0, 0], [4, 3, 2, 1], [1, 1, 1, 1]).value
    0.5
    """
    truth, score = outcomes_and_scores(outcomes, scores)
    _, other = outcomes_and_scores(outcomes, others)
    yes, no = truth == 1, truth == 0
    if min(int(yes.sum()), int(no.sum())) < 2:
        return NotEnoughData(
            Shortage.ONE_CLASS, "The sample needs at least two of each outcome."
        )
    above, below = _placements(score[yes], score[no])
    above_other, below_other = _placements(other[yes], other[no])
    up, down = above - above_other, below - below_other
    return AucLoss(
        float(up.mean()),
        float(up.var(ddof=1) / up.size + down.var(ddof=1) / down.size),
    )


def _placements(
    positive: npt.NDArray[np.float64], negative: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Share of negatives under each positive, and of positives above each negative."""
    ranks = rankdata(np.concatenate([positive, negative]))
    above = (ranks[: positive.size] - rankdata(positive)) / negative.size
    below = 1 - (ranks[positive.size :] - rankdata(negative)) / positive.size
    return above, below


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
