"""The contract of every policy, and the one that does not learn."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class NothingAllowed(ValueError):
    """A policy was asked to choose among no arms."""


class Policy(ABC):
    """Chooses one of ``n_arms`` in a context, with a chance that is known exactly.

    Parameters
    ----------
    n_arms
        Number of arms; at least 1.
    n_features
        Length of a context; 0 for policies that look at none.
    floor
        Share of choices made evenly among the allowed arms, in [0, 1]. Every allowed
        arm keeps at least ``floor / m``, so that its propensity never is zero.

    Notes
    -----
    What is learned is a sum over outcomes. Batches may come late, in any order and cut
    anywhere, and the policy ends the same; a version is its ``state``.
    """

    name: ClassVar[str]
    is_rate: ClassVar[bool] = False

    def __init__(self, n_arms: int, *, n_features: int = 0, floor: float = 0.0) -> None:
        if n_arms < 1:
            raise ValueError("n_arms: at least one arm is needed")
        if n_features < 0:
            raise ValueError("n_features: cannot be negative")
        if not 0 <= floor <= 1:
            raise ValueError("floor: must be between 0 and 1")
        self.n_arms, self.n_features, self.floor = n_arms, n_features, floor
        self.totals: dict[str, Floats] = self._zero()

    @abstractmethod
    def _zero(self) -> dict[str, Floats]:
        """Sums before anything was seen."""

    @abstractmethod
    def _seen(self, contexts: Floats, arms: Places, rewards: Floats) -> None:
        """Add outcomes to the sums."""

    @abstractmethod
    def _preferred(self, context: Floats, places: Places) -> Floats:
        """Chance of each of the allowed ``places`` before the floor; sums to 1."""

    def partial_fit(
        self, contexts: npt.ArrayLike, arms: npt.ArrayLike, rewards: npt.ArrayLike
    ) -> Self:
        """Learn from outcomes.

        Parameters
        ----------
        contexts : (n, n_features) float64
            What was known at each choice.
        arms : (n,) int
            What was chosen.
        rewards : (n,) float64
            What came of it.

        Returns
        -------
        Policy
            Itself.

        Raises
        ------
        ValueError
            If a shape does not fit, an arm is unknown or a number is not finite;
            nothing is learned then.
        """
        places = np.asarray(arms, dtype=np.int64).ravel()
        earned = np.asarray(rewards, dtype=np.float64).ravel()
        seen = self._contexts(contexts, len(places))
        if len(earned) != len(places):
            raise ValueError("rewards: one for every arm chosen")
        if len(places) and not (places.min() >= 0 and places.max() < self.n_arms):
            raise ValueError(f"arms: must be between 0 and {self.n_arms - 1}")
        if not (np.isfinite(seen).all() and np.isfinite(earned).all()):
            raise ValueError("contexts, rewards: every number must be finite")
        if self.is_rate and len(earned) and (earned.min() < 0 or earned.max() > 1):
            raise ValueError("rewards: must be between 0 and 1 for this policy")
        if len(places):
            self._seen(seen, places, earned)
        return self

    def _contexts(self, contexts: npt.ArrayLike, n: int) -> Floats:
        found = np.asarray(contexts, dtype=np.float64)
        if self.n_features == 0:
            return np.empty((n, 0))
        if found.shape != (n, self.n_features):
            raise ValueError(
                f"contexts: shape {found.shape} where {(n, self.n_features)} is needed"
            )
        return found

    def probabilities(
        self, context: npt.ArrayLike = (), allowed: Flags | None = None
    ) -> Floats:
        """Chance of every arm in a context.

        Parameters
        ----------
        context : (n_features,) float64
        allowed : (n_arms,) bool
            Arms that may be chosen; all by default.

        Returns
        -------
        (n_arms,) float64
            Sums to 1; 0 for what is not allowed, at least ``floor / m`` for the rest.

        Raises
        ------
        NothingAllowed
            If no arm is.
        """
        places = (
            np.arange(self.n_arms) if allowed is None else np.flatnonzero(allowed)
        ).astype(np.int64)
        if not len(places):
            raise NothingAllowed("No arm may be chosen.")
        row = np.asarray(context, dtype=np.float64).reshape(1, -1)
        seen = self._contexts(row, 1)[0]
        chances = np.zeros(self.n_arms)
        preferred = self._preferred(seen, places)
        chances[places] = self.floor / len(places) + (1 - self.floor) * preferred
        return chances

    def choose(
        self,
        draw: float,
        context: npt.ArrayLike = (),
        allowed: Flags | None = None,
    ) -> tuple[int, float]:
        """One arm and the exact chance with which it is chosen.

        Parameters
        ----------
        draw
            Uniform on [0, 1); the same draw gives the same arm.
        context, allowed
            As ``probabilities``.

        Returns
        -------
        arm : int
        propensity : float

        Notes
        -----
        The arm is taken from ``probabilities`` itself (inverse of the distribution
        function), never by simulating the posterior: the propensity is that of the
        draw even where ``probabilities`` approximates the policy's ideal.
        """
        chances = self.probabilities(context, allowed)
        bounds = np.cumsum(chances)
        arm = int(np.searchsorted(bounds, draw * bounds[-1], side="right"))
        arm = min(arm, int(np.flatnonzero(chances)[-1]))
        return arm, float(chances[arm])

    @property
    def state(self) -> dict[str, list[Any]]:
        """Everything learned, as plain numbers that JSON can hold."""
        return {name: total.tolist() for name, total in self.totals.items()}

    def restore(self, state: Mapping[str, Sequence[Any]]) -> Self:
        """Go back to a state that was kept.

        Raises
        ------
        ValueError
            If it is another policy's.
        """
        given = {
            name: np.array(value, dtype=np.float64) for name, value in state.items()
        }
        shapes = {name: total.shape for name, total in self.totals.items()}
        if {name: total.shape for name, total in given.items()} != shapes:
            raise ValueError("state: belongs to a policy of another kind or size")
        self.totals = given
        return self


def on_the_best(scores: Floats) -> Floats:
    """All on the highest score, evenly where several are equal.

    Parameters
    ----------
    scores : (m,) float64

    Returns
    -------
    (m,) float64
        Sums to 1.
    """
    best = scores == scores.max()
    shared: Floats = best / best.sum()
    return shared


class FixedRanking(Policy):
    """The first allowed arm in a given order; learns nothing."""

    name = "fixed_ranking"

    def __init__(
        self, n_arms: int, *, order: Sequence[int] | None = None, floor: float = 0.0
    ) -> None:
        super().__init__(n_arms, floor=floor)
        ranked = list(range(n_arms)) if order is None else list(order)
        if sorted(ranked) != list(range(n_arms)):
            raise ValueError("order: must name every arm once")
        self.order = ranked

    def _zero(self) -> dict[str, Floats]:
        return {}

    def _seen(self, _contexts: Floats, _arms: Places, _rewards: Floats) -> None:
        """An order is decided by people."""

    def _preferred(self, _context: Floats, places: Places) -> Floats:
        allowed = set(places.tolist())
        first = next(arm for arm in self.order if arm in allowed)
        return np.asarray(places == first, dtype=np.float64)
