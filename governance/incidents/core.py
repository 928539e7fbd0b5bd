"""What an incident says of an act that the system took by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

ACTS: Mapping[str, str] = MappingProxyType(
    {"pause": "Paused", "roll_back": "Rolled back"}
)
CODES: Mapping[str, str] = MappingProxyType(
    {
        "guardrail.harm": "A guardrail is certainly worse than agreed",
        "guardrail.violation": "Something happened that may not happen even once",
        "experiment.sample_ratio": "The arms do not have their designed shares",
        "fairness.breach": "Groups are treated unequally where the risk is highest",
        "fairness.unanswered": "Nobody answered for a fairness breach in time",
        "system.act": "The system acted by itself",
    }
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the system acts; ``first_harm_at`` is the first it has on record of it."""

    code: str = "system.act"
    first_harm_at: datetime | None = None


def minutes_to_effect(
    first_harm_at: datetime | None, first_default_at: datetime | None
) -> float | None:
    """From the first harmful observation to the first default decision.

    Parameters
    ----------
    first_harm_at
        First observation of the harm that the system has.
    first_default_at
        First decision after the act that did not rest on the use case.

    Returns
    -------
    float or None
        Minutes; ``None`` while either end is missing. Never below zero: a decision that
        was the default one already took no time.
    """
    if first_harm_at is None or first_default_at is None:
        return None
    return max((first_default_at - first_harm_at).total_seconds() / 60, 0.0)
