"""Policies that look at no context: one rate for each arm."""

import numpy as np

from decisioning.experiments.policies.base import Floats, Places, Policy, on_the_best
from decisioning.experiments.policies.winning import beta_best


class _Rates(Policy):
    """Counts and sums of rewards by arm."""

    def _zero(self) -> dict[str, Floats]:
        return {"n": np.zeros(self.n_arms), "earned": np.zeros(self.n_arms)}

    def _seen(self, _contexts: Floats, arms: Places, rewards: Floats) -> None:
        self.totals["n"] += np.bincount(arms, minlength=self.n_arms)
        self.totals["earned"] += np.bincount(
            arms, weights=rewards, minlength=self.n_arms
        )


class EpsilonGreedy(_Rates):
    """The best mean so far; the floor is its ε.

    Parameters
    ----------
    prior_mean, prior_n
        What an arm is worth before it was tried, and how many tries that stands for.

    References
    ----------
    Sutton and Barto (2018), Reinforcement Learning, section 2.2.
    """

    name = "epsilon_greedy"

    def __init__(
        self,
        n_arms: int,
        *,
        floor: float = 0.1,
        prior_mean: float = 0.0,
        prior_n: float = 1.0,
    ) -> None:
        if prior_n <= 0:
            raise ValueError("prior_n: must be above 0")
        super().__init__(n_arms, floor=floor)
        self.prior_mean, self.prior_n = prior_mean, prior_n

    def _preferred(self, _context: Floats, places: Places) -> Floats:
        earned = self.totals["earned"][places] + self.prior_mean * self.prior_n
        return on_the_best(earned / (self.totals["n"][places] + self.prior_n))


class Thompson(_Rates):
    """Each arm as often as it is probable that it is the best one.

    Parameters
    ----------
    a, b
        Beta prior of every arm: ``a`` successes and ``b`` failures before the first.

    Notes
    -----
    For rewards of 0 and 1. The chance of being best is an integral, computed on a grid
    (``winning``); its error is at most 0.001 in total variation.

    References
    ----------
    Thompson (1933), Biometrika 25; Chapelle and Li (2011), NeurIPS, algorithm 2.
    """

    name = "thompson"
    is_rate = True

    def __init__(
        self, n_arms: int, *, a: float = 1.0, b: float = 1.0, floor: float = 0.0
    ) -> None:
        if min(a, b) <= 0:
            raise ValueError("a, b: must be above 0")
        super().__init__(n_arms, floor=floor)
        self.a, self.b = a, b

    def _preferred(self, _context: Floats, places: Places) -> Floats:
        n, won = self.totals["n"][places], self.totals["earned"][places]
        return beta_best(self.a + won, self.b + n - won)
