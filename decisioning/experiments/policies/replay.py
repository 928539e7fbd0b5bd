"""Let a policy live through a log, and see what it earns."""

from dataclasses import dataclass

import numpy as np

from decisioning.experiments.policies.base import Floats, Places, Policy


@dataclass(frozen=True, slots=True)
class Replayed:
    """Rows on which policy and log chose alike, and the mean reward there."""

    n_matched: int
    reward: float


def replay(
    policy: Policy,
    arms: Places,
    rewards: Floats,
    *,
    rng: np.random.Generator,
    contexts: Floats | None = None,
    batch: int = 100,
) -> Replayed:
    """Reward of a learning policy on a log whose choices were made evenly.

    Parameters
    ----------
    policy
        As it is at the start; it learns from the rows on which it agrees.
    arms : (n,) int64
        What was chosen, each arm with the same chance.
    rewards : (n,) float64
    rng
        Order of the rows and the policy's own draws.
    contexts : (n, n_features) float64
    batch
        Rows between two lessons, as outcomes come in in batches.

    Returns
    -------
    Replayed
        Unbiased for the policy's reward over ``n_matched`` choices of its own.

    References
    ----------
    Li, Chu, Langford and Wang (2011), WSDM, algorithm 2 and theorem 1.
    """
    order = rng.permutation(len(arms))
    earned, matched = 0.0, 0
    for rows in np.array_split(order, max(1, len(order) // batch)):
        seen = np.empty((len(rows), 0)) if contexts is None else contexts[rows]
        agreed = _chosen(policy, seen, rng) == arms[rows]
        policy.partial_fit(seen[agreed], arms[rows][agreed], rewards[rows][agreed])
        earned += float(rewards[rows][agreed].sum())
        matched += int(agreed.sum())
    return Replayed(matched, earned / matched if matched else float("nan"))


def _chosen(policy: Policy, contexts: Floats, rng: np.random.Generator) -> Places:
    """One choice a row; without context the chances are the same for all rows."""
    if policy.n_features == 0:
        return rng.choice(policy.n_arms, size=len(contexts), p=policy.probabilities())
    draws = rng.random(len(contexts))
    chosen = [
        policy.choose(draw, context)[0]
        for draw, context in zip(draws, contexts, strict=True)
    ]
    return np.array(chosen, dtype=np.int64)
