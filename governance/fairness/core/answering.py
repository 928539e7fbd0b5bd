"""What may be done about a breach, by when, and what settles it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from governance.fairness.core.limits import FairnessVerdict
from governance.types import Reason

WORKING_DAYS = 5
FRIDAY = 4


class Occasion(StrEnum):
    """Why an audit was made."""

    BEFORE_LAUNCH = "before_launch"
    MEASURED = "measured"
    MONTHLY = "monthly"
    ASKED = "asked"

    @property
    def label(self) -> str:
        """In the words of the page."""
        return OCCASIONS[self]


OCCASIONS: Mapping[Occasion, str] = {
    Occasion.BEFORE_LAUNCH: "Simulated before launch",
    Occasion.MEASURED: "At the end of the test",
    Occasion.MONTHLY: "Monthly",
    Occasion.ASKED: "When somebody asked",
}


class Option(StrEnum):
    """What an owner may do about a breach."""

    DROP_FEATURE = "drop_feature"
    DROP_PROXY = "drop_proxy"
    PARITY = "parity_constraint"
    JUSTIFY = "human_justification"

    @property
    def label(self) -> str:
        """In the words of the page."""
        return OPTIONS[self]


OPTIONS: Mapping[Option, str] = {
    Option.DROP_FEATURE: "Stop using the data that causes it",
    Option.DROP_PROXY: "Take out what stands in for the trait",
    Option.PARITY: "Choose each group equally often",
    Option.JUSTIFY: "Leave it, with a justification that privacy and an executive sign",
}
JUSTIFIED_BY = frozenset({"privacy_reviewer", "executive"})


def due(found_at: datetime) -> datetime:
    """When an owner has to have said what will be done.

    Parameters
    ----------
    found_at
        When the breach was found.

    Returns
    -------
    datetime
        Five working days on; Saturdays and Sundays do not count.
    """
    at, left = found_at, WORKING_DAYS
    while left:
        at += timedelta(days=1)
        left -= at.weekday() <= FRIDAY
    return at


def is_justified(roles: Collection[str]) -> bool:
    """Whether both signatures stand under a justification.

    Parameters
    ----------
    roles
        In which capacity it was signed.

    Returns
    -------
    bool
        True with privacy and an executive.
    """
    return set(roles) >= JUSTIFIED_BY


def objection(verdict: FairnessVerdict | None, justified: bool) -> Reason | None:
    """What a simulation says against launching.

    Parameters
    ----------
    verdict
        Of the latest audit of exactly this configuration; None where there is none.
    justified
        Whether a breach is justified by both signatures.

    Returns
    -------
    Reason or None
        None where it may go on: a pass, too little data, or a justified breach.
    """
    if verdict is None:
        return Reason(
            "governance.fairness_missing",
            "Whom it might disadvantage has not been simulated.",
            "Submit it again, or run the simulation on its fairness page.",
        )
    if verdict is FairnessVerdict.BREACH and not justified:
        return Reason(
            "governance.fairness_breach",
            "The fairness audit found a group that is treated worse.",
            "Change what causes it, or have a justification signed by privacy and an "
            "executive.",
        )
    return None
