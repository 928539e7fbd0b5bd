"""Contextual policies: the reward is linear in what is known at the choice."""

import numpy as np
import numpy.typing as npt

from decisioning.experiments.policies.base import (
    Floats,
    Places,
    Policy,
    on_the_best,
)
from decisioning.experiments.policies.winning import normal_best


class _Disjoint(Policy):
    """A ridge regression for each arm.

    Parameters
    ----------
    ridge
        Strength of the pull to zero, above 0.
    """

    def __init__(
        self, n_arms: int, *, n_features: int, ridge: float = 1.0, floor: float = 0.0
    ) -> None:
        if n_features < 1:
            raise ValueError("n_features: a contextual policy needs at least one")
        if ridge <= 0:
            raise ValueError("ridge: must be above 0")
        self.ridge = ridge
        super().__init__(n_arms, n_features=n_features, floor=floor)

    def _zero(self) -> dict[str, Floats]:
        d = self.n_features
        return {
            "gram": np.zeros((self.n_arms, d, d)),
            "moment": np.zeros((self.n_arms, d)),
        }

    def _seen(self, contexts: Floats, arms: Places, rewards: Floats) -> None:
        for arm in np.unique(arms):
            rows = contexts[arms == arm]
            self.totals["gram"][arm] += rows.T @ rows
            self.totals["moment"][arm] += rows.T @ rewards[arms == arm]

    def _fitted(self, context: Floats, places: Places) -> tuple[Floats, Floats]:
        """Mean of each place and the length of its uncertainty, both (m,)."""
        gram = self.totals["gram"][places] + self.ridge * np.eye(self.n_features)
        sides = np.stack(
            [self.totals["moment"][places], np.tile(context, (len(places), 1))], axis=2
        )
        solved = np.linalg.solve(gram, sides)
        mean = solved[:, :, 0] @ context
        variance = solved[:, :, 1] @ context
        return mean, np.sqrt(np.maximum(variance, 0.0))


class LinUCB(_Disjoint):
    """The arm whose upper confidence bound is highest.

    Parameters
    ----------
    alpha
        Width of the bound, in standard errors of a unit-variance reward.

    References
    ----------
    Li, Chu, Langford and Schapire (2010), WWW, algorithm 1 (disjoint).
    """

    name = "linucb"

    def __init__(
        self,
        n_arms: int,
        *,
        n_features: int,
        alpha: float = 1.0,
        ridge: float = 1.0,
        floor: float = 0.05,
    ) -> None:
        if alpha < 0:
            raise ValueError("alpha: cannot be negative")
        super().__init__(n_arms, n_features=n_features, ridge=ridge, floor=floor)
        self.alpha = alpha

    def _preferred(self, context: Floats, places: Places) -> Floats:
        mean, length = self._fitted(context, places)
        return on_the_best(mean + self.alpha * length)


class LinearThompson(_Disjoint):
    """Each arm as often as it is probable that its mean is the highest.

    Parameters
    ----------
    spread
        Standard deviation of a reward around its mean, above 0.

    References
    ----------
    Agrawal and Goyal (2013), ICML, algorithm 1, with one model for each arm; the chance
    of being best from ``winning`` instead of one draw.
    """

    name = "linear_thompson"

    def __init__(
        self,
        n_arms: int,
        *,
        n_features: int,
        spread: float = 0.5,
        ridge: float = 1.0,
        floor: float = 0.0,
    ) -> None:
        if spread <= 0:
            raise ValueError("spread: must be above 0")
        super().__init__(n_arms, n_features=n_features, ridge=ridge, floor=floor)
        self.spread = spread

    def _preferred(self, context: Floats, places: Places) -> Floats:
        mean, length = self._fitted(context, places)
        return normal_best(mean, np.maximum(self.spread * length, 1e-12))


class InverseGap(_Disjoint):
    """The farther an arm's mean is below the best, the rarer it is chosen.

    Parameters
    ----------
    gamma
        How steeply; 0 chooses evenly.

    References
    ----------
    Foster and Rakhlin (2020), ICML, algorithm 1 (SquareCB): ``1 / (m + gamma * gap)``
    for the others, the rest for the best.
    """

    name = "inverse_gap"

    def __init__(
        self,
        n_arms: int,
        *,
        n_features: int,
        gamma: float = 100.0,
        ridge: float = 1.0,
        floor: float = 0.0,
    ) -> None:
        if gamma < 0:
            raise ValueError("gamma: cannot be negative")
        super().__init__(n_arms, n_features=n_features, ridge=ridge, floor=floor)
        self.gamma = gamma

    def _preferred(self, context: Floats, places: Places) -> Floats:
        mean, _ = self._fitted(context, places)
        best = int(np.argmax(mean))
        chances = 1 / (len(places) + self.gamma * (mean[best] - mean))
        chances[best] = 0.0
        chances[best] = 1 - chances.sum()
        return np.asarray(chances, dtype=np.float64)


class SharedLinUCB(Policy):
    """One model for all arms, over what is known of the arm and of the context.

    Parameters
    ----------
    arm_features : (n_arms, p) float64
        What is known of each arm; an arm without history borrows from its likes.
    alpha, ridge, floor
        As ``LinUCB``.

    Notes
    -----
    The model's features are the outer product of ``(1, context)`` and the arm's.

    References
    ----------
    Li, Chu, Langford and Schapire (2010), WWW, section 3.2; Chu, Li, Reyzin and
    Schapire (2011), AISTATS, algorithm 1.
    """

    name = "shared_linucb"

    def __init__(
        self,
        n_arms: int,
        *,
        n_features: int,
        arm_features: npt.ArrayLike | None = None,
        alpha: float = 1.0,
        ridge: float = 1.0,
        floor: float = 0.05,
    ) -> None:
        if ridge <= 0:
            raise ValueError("ridge: must be above 0")
        known = np.eye(n_arms) if arm_features is None else np.asarray(arm_features)
        if known.ndim != 2 or len(known) != n_arms:
            raise ValueError("arm_features: one row for each arm")
        self.known = known.astype(np.float64)
        self.alpha, self.ridge = alpha, ridge
        self.width = (n_features + 1) * self.known.shape[1]
        super().__init__(n_arms, n_features=n_features, floor=floor)

    def _zero(self) -> dict[str, Floats]:
        return {
            "gram": np.zeros((self.width, self.width)),
            "moment": np.zeros(self.width),
        }

    def _crossed(self, contexts: Floats, places: Places) -> Floats:
        ones = np.ones((len(contexts), 1))
        about = np.concatenate([ones, contexts], axis=1)
        crossed = about[:, :, None] * self.known[places][:, None, :]
        return crossed.reshape(len(contexts), self.width)

    def _seen(self, contexts: Floats, arms: Places, rewards: Floats) -> None:
        rows = self._crossed(contexts, arms)
        self.totals["gram"] += rows.T @ rows
        self.totals["moment"] += rows.T @ rewards

    def _preferred(self, context: Floats, places: Places) -> Floats:
        rows = self._crossed(np.tile(context, (len(places), 1)), places)
        gram = self.totals["gram"] + self.ridge * np.eye(self.width)
        solved = np.linalg.solve(gram, np.column_stack([self.totals["moment"], rows.T]))
        mean = rows @ solved[:, 0]
        variance = (rows * solved[:, 1:].T).sum(axis=1)
        return on_the_best(mean + self.alpha * np.sqrt(np.maximum(variance, 0.0)))
