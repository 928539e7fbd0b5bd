"""Bandit policies: how to choose while still learning which choice is best."""

from decisioning.experiments.policies.arms import EpsilonGreedy, Thompson
from decisioning.experiments.policies.base import FixedRanking, Policy
from decisioning.experiments.policies.linear import (
    InverseGap,
    LinearThompson,
    LinUCB,
    SharedLinUCB,
)

POLICIES: dict[str, type[Policy]] = {
    policy.name: policy
    for policy in (
        FixedRanking,
        EpsilonGreedy,
        Thompson,
        LinUCB,
        SharedLinUCB,
        LinearThompson,
        InverseGap,
    )
}

__all__ = [
    "POLICIES",
    "EpsilonGreedy",
    "FixedRanking",
    "InverseGap",
    "LinUCB",
    "LinearThompson",
    "Policy",
    "SharedLinUCB",
    "Thompson",
]
