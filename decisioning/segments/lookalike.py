"""Customers like the best ones: a fitted model, told as a rule to be judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from decisioning.stats.auc import Auc, auc
from decisioning.stats.sufficient import NotEnoughData, Shortage

Op = Literal["ge", "le"]
Floats = npt.NDArray[np.float64]

LEAST_OF_EACH: Final = 100
MOST_CONDITIONS: Final = 4
LEAST_LIFT: Final = 1.2
SEED_QUANTILE: Final = 0.25
RIDGE: Final = 1.0
STEPS: Final = 50
TOLERANCE: Final = 1e-8
TEST_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Condition:
    """One feature of the proposal, with what made it one.

    ``weight`` is in log-odds for one standard deviation; the shares say how many of the
    best customers, and of the others, meet the condition.
    """

    feature: str
    op: Op
    value: float
    weight: float
    share_of_best: float
    share_of_others: float

    @property
    def lift(self) -> float:
        """How many times likelier the best customers are to meet it."""
        return self.share_of_best / max(self.share_of_others, 1e-9)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that most of the best customers satisfy and few of the others do.

    ``ranking`` is how well the model behind it tells the two apart on customers that it
    has not seen.
    """

    conditions: tuple[Condition, ...]
    ranking: Auc | NotEnoughData
    n_best: int
    n_others: int


def propose(
    best: npt.ArrayLike,
    others: npt.ArrayLike,
    names: Sequence[str],
    *,
    rng: np.random.Generator,
) -> Proposal | NotEnoughData:
    """Fit a logistic regression and put its strongest features into words of a rule.

    Parameters
    ----------
    best, others : (n, k) float
        Features of the best customers and of a sample of the rest; NaN is unknown.
    names
        Of the k features.
    rng
        Draws the customers on whom the model is only tested.

    Returns
    -------
    Proposal or NotEnoughData
        At most four conditions, each met by three quarters of the best customers and
        at least 1.2 times likelier among them.

    Raises
    ------
    ValueError
        If the tables have another width than there are names.
    """
    seed, rest = np.asarray(best, float), np.asarray(others, float)
    if (
        seed.ndim != 2
        or rest.ndim != 2
        or not (seed.shape[1] == rest.shape[1] == len(names))
    ):
        raise ValueError("best, others: need one column for each name")
    if min(len(seed), len(rest)) < LEAST_OF_EACH:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"It takes {LEAST_OF_EACH} of the best customers, and as many others, whose"
            f" data may train a model; there are {len(seed):,} and {len(rest):,}.",
        )
    table = np.vstack([seed, rest])
    truth = np.concatenate([np.ones(len(seed)), np.zeros(len(rest))])
    columns, standard = _standardised(table)
    is_test = rng.random(len(truth)) < TEST_SHARE
    weights = logistic(standard[~is_test], truth[~is_test])
    margin = standard[is_test] @ weights[1:] + weights[0]
    order = np.argsort(-np.abs(weights[1:]), kind="stable")
    found = (
        _condition(names[place], weight, seed[:, place], rest[:, place])
        for place, weight in ((columns[i], weights[i + 1]) for i in order)
    )
    kept = [each for each in found if each is not None and each.lift >= LEAST_LIFT]
    return Proposal(
        conditions=tuple(kept[:MOST_CONDITIONS]),
        ranking=auc(truth[is_test], margin),
        n_best=len(seed),
        n_others=len(rest),
    )


def _standardised(table: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Columns that tell something, with the unknown as the mean and spread one."""
    n_known = np.count_nonzero(~np.isnan(table), axis=0)
    sums = np.nansum(table, axis=0)
    means = np.divide(sums, n_known, out=np.zeros_like(sums), where=n_known > 0)
    filled = np.where(np.isnan(table), means, table)
    spread = filled.std(axis=0)
    columns = np.flatnonzero(spread > 0)
    return columns, (filled[:, columns] - means[columns]) / spread[columns]


def logistic(table: npt.ArrayLike, truth: npt.ArrayLike) -> Floats:
    """Ridge-penalised logistic regression by Newton's method.

    Parameters
    ----------
    table : (n, k) float
        Standardised, without gaps.
    truth : (n,) zeros and ones

    Returns
    -------
    ndarray
        (k + 1,) intercept first; it alone is not penalised.

    References
    ----------
    Le Cessie and van Houwelingen (1992), Applied Statistics 41, 191-201, eq. 3-4.
    """
    x = np.column_stack([np.ones(len(np.asarray(truth))), np.asarray(table, float)])
    y = np.asarray(truth, float)
    penalty = np.full(x.shape[1], RIDGE)
    penalty[0] = 0.0
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        spread = np.maximum(chance * (1 - chance), 1e-9)
        slope = x.T @ (y - chance) - penalty * weights
        curve = (x * spread[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < TOLERANCE:
            break
    return weights


def _condition(
    name: str, weight: float, best: Floats, others: Floats
) -> Condition | None:
    known = best[~np.isnan(best)]
    if known.size < LEAST_OF_EACH:
        return None
    is_more = weight > 0
    cut = float(np.quantile(known, SEED_QUANTILE if is_more else 1 - SEED_QUANTILE))
    value = round(cut, 2)
    shares = [
        float(np.mean(column >= value if is_more else column <= value))
        for column in (best, others)
    ]
    return Condition(name, "ge" if is_more else "le", value, float(weight), *shares)
