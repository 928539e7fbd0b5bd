"""What another policy would have earned, from the log of the one that ran."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisioning.stats.sufficient import NotEnoughData, Shortage, check_level

LEAST_EFFECTIVE = 100.0
LEAST_SUCCESSES = 10
N_RESAMPLES = 2000
SUPPORT_ALARM = 5.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean reward of a policy with its percentile interval, in the reward's unit."""

    value: float
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the log says of a policy that did not run.

    ``logged`` is the mean reward of the policy that ran; ``relative`` is ``ips``
    divided by it. ``dr`` is present where a reward model was given.
    """

    n: int
    logged: float
    ips: Estimate
    snips: Estimate
    dr: Estimate | None
    effective_n: float
    mean_weight: float
    largest_weight: float
    level: float

    @property
    def relative(self) -> float | None:
        """IPS over the mean that was logged; ``None`` where that mean is zero."""
        return self.ips.value / self.logged if self.logged else None


@dataclass(frozen=True, slots=True)
class RewardModel:
    """Expected reward of the logged choice and of the target policy, by row.

    Parameters
    ----------
    logged : (n,) float64
        Expected reward of the choice that was made.
    target : (n,) float64
        Expected reward over the target policy's choices in that context.
    """

    logged: Floats
    target: Floats


def effective_size(weights: Floats) -> float:
    """Kish's effective sample size of importance weights.

    Parameters
    ----------
    weights : (n,) float64, not negative

    Returns
    -------
    float
        Between 0 (no weight at all) and ``n`` (all equal).

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7: ``(sum w)^2 / sum w^2``.
    """
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def evaluate(
    rewards: npt.ArrayLike,
    propensities: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    model: RewardModel | None = None,
    level: float = 0.95,
) -> Evaluation | NotEnoughData:
    """Value of a target policy from logged choices with known propensities.

    Parameters
    ----------
    rewards : (n,) float64
        What the logged choice earned.
    propensities : (n,) float64, in (0, 1]
        Chance with which the logged choice was made.
    target : (n,) float64, in [0, 1]
        Chance with which the target policy makes the logged choice.
    rng
        For the resamples; the same seed gives the same intervals.
    model
        Expected rewards, for the doubly robust estimate. Fit it on other rows.
    level
        Coverage of the two-sided intervals, in (0, 1).

    Returns
    -------
    Evaluation or NotEnoughData
        Refused, with the figure, where the weights leave fewer than 100 rows'
        worth of information, where fewer than 10 rewarded rows carry weight, or where
        the weights do not average 1, which means that the policy that ran never makes
        choices that the target makes.

    Raises
    ------
    ValueError
        If the lengths differ, a number is not finite, or a probability is none.

    Notes
    -----
    Assumes that rows are independent and the propensities are those of the draw.

    References
    ----------
    IPS: Horvitz and Thompson (1952), JASA 47, eq. 9. SNIPS: Swaminathan and Joachims
    (2015), NeurIPS, eq. 8. Doubly robust: Dudik, Langford and Li (2011), ICML,
    eq. 3. Names as in Saito et al. (2021), Open Bandit Dataset, section 4.
    """
    check_level(level)
    reward, logged, aimed = (_row(x) for x in (rewards, propensities, target))
    _check(reward, logged, aimed)
    weights = aimed / logged
    refusal = _refusal(reward, weights)
    if refusal is not None:
        return refusal
    gains = weights * reward
    robust = None
    if model is not None:
        gap = reward - _same(model.logged, reward)
        robust = _same(model.target, reward) + weights * gap
    columns = [gains, weights] if robust is None else [gains, weights, robust]
    draws = _resampled(np.column_stack(columns), rng)
    tail = (1 - level) / 2
    return Evaluation(
        n=len(reward),
        logged=float(reward.mean()),
        ips=_estimate(float(gains.mean()), draws[:, 0], tail),
        snips=_estimate(
            float(gains.sum() / weights.sum()), draws[:, 0] / draws[:, 1], tail
        ),
        dr=None
        if robust is None
        else _estimate(float(robust.mean()), draws[:, 2], tail),
        effective_n=effective_size(weights),
        mean_weight=float(weights.mean()),
        largest_weight=float(weights.max()),
        level=level,
    )


def _row(values: npt.ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64).ravel()


def _same(values: Floats, like: Floats) -> Floats:
    if len(values) != len(like):
        raise ValueError("model: needs one expected reward for every row")
    return values


def _check(reward: Floats, logged: Floats, aimed: Floats) -> None:
    if not len(reward) == len(logged) == len(aimed):
        raise ValueError("rewards, propensities and target need the same length")
    if not all(np.isfinite(x).all() for x in (reward, logged, aimed)):
        raise ValueError("every number must be finite")
    if len(logged) and not (logged.min() > 0 and logged.max() <= 1):
        raise ValueError("propensities: each must be above 0 and at most 1")
    if len(aimed) and not (aimed.min() >= 0 and aimed.max() <= 1):
        raise ValueError("target: each must be between 0 and 1")


def _refusal(reward: Floats, weights: Floats) -> NotEnoughData | None:
    effective = effective_size(weights)
    if effective < LEAST_EFFECTIVE:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"The log is worth only {effective:.1f} decisions for this policy; at "
            f"least {LEAST_EFFECTIVE:.0f} are needed. It chooses too differently.",
        )
    carrying = int(((reward != 0) & (weights > 0)).sum())
    if carrying < LEAST_SUCCESSES:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"Only {carrying} rewarded decisions count for this policy; at least "
            f"{LEAST_SUCCESSES} are needed.",
        )
    error = float(weights.std(ddof=1)) / np.sqrt(len(weights))
    if abs(float(weights.mean()) - 1) > SUPPORT_ALARM * error + 1e-9:
        return NotEnoughData(
            Shortage.NO_TREATED,
            f"The weights average {weights.mean():.3f} instead of 1: the policy that "
            "ran never makes some of the choices that this one makes.",
        )
    return None


def _resampled(columns: Floats, rng: np.random.Generator) -> Floats:
    """Means of the columns over resamples of the rows, shape (2000, k).

    Rows are drawn through counts, so that a resample costs one product.
    """
    n = len(columns)
    even = np.full(n, 1 / n)
    return np.stack(
        [rng.multinomial(n, even) @ columns / n for _ in range(N_RESAMPLES)]
    )


def _estimate(value: float, draws: Floats, tail: float) -> Estimate:
    lo, hi = np.quantile(draws, [tail, 1 - tail])
    return Estimate(value, float(lo), float(hi))
