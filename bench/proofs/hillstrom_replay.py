"""Bandits that live through Hillstrom's log: what learning on the way would earn."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd

from bench.installation import dataset
from bench.proof import Proof

ARMS = ("Mens E-Mail", "Womens E-Mail", "No E-Mail")
N_SHUFFLES = 20


def prove() -> Proof:
    from decisioning.experiments.policies import EpsilonGreedy, Thompson
    from decisioning.experiments.policies.replay import replay

    log = pd.read_csv(next(dataset("hillstrom").glob("*.csv*")))
    arms = log["segment"].map({arm: i for i, arm in enumerate(ARMS)}).to_numpy(np.int64)
    visits = log["visit"].to_numpy(np.float64)
    made = {
        "thompson": lambda: Thompson(len(ARMS)),
        "even": lambda: EpsilonGreedy(len(ARMS), floor=1.0),
        "epsilon 0.1": lambda: EpsilonGreedy(len(ARMS), floor=0.1),
    }
    earned = {
        name: statistics.mean(
            replay(policy(), arms, visits, rng=np.random.default_rng(seed)).reward
            for seed in range(N_SHUFFLES)
        )
        for name, policy in made.items()
    }
    told = ", ".join(f"{name} {value:.4f}" for name, value in earned.items())
    return Proof(
        claim=(
            "Replayed on Hillstrom (20 shuffles), Thompson earns at least 0.178 visits "
            "a choice and choosing evenly 0.1466 ± 0.002"
        ),
        figure=f"visits a choice: {told}",
        holds=earned["thompson"] >= 0.178 and abs(earned["even"] - 0.1466) <= 0.002,
    )
