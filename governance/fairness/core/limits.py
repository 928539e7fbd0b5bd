"""What is measured, which way is harm, and where a pass ends and a breach begins."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from governance.types import Digest, digest_of


class FairnessVerdict(StrEnum):
    """The three answers of an audit; lack of data is never a pass."""

    PASS = "pass"  # noqa: S105
    BREACH = "breach"
    NOT_ENOUGH_DATA = "not_enough_data"

    @property
    def label(self) -> str:
        """In words."""
        return self.value.replace("_", " ")


class Direction(StrEnum):
    """Whether being chosen is good for the customer.

    A ``neutral`` action is judged like a benefit: nobody may be left out of it without
    that being seen.
    """

    BENEFIT = "benefit"
    BURDEN = "burden"
    NEUTRAL = "neutral"


class Measure(StrEnum):
    """What a finding compares."""

    SELECTION = "selection"
    PARITY = "parity"
    EXPOSURE = "exposure"
    OPPORTUNITY = "opportunity"
    CALIBRATION = "calibration"
    OPT_OUT = "opt_out"
    COMPLAINT = "complaint"
    CONTACT = "contact"
    SPREAD = "spread"
    FLIP = "flip"

    @property
    def label(self) -> str:
        """In the words of the page."""
        return LABELS[self]


LABELS: Mapping[Measure, str] = {
    Measure.SELECTION: "How often chosen, against the best served",
    Measure.PARITY: "Difference in how often chosen",
    Measure.EXPOSURE: "Share of attention, weighted by place",
    Measure.OPPORTUNITY: "Found among those who then acted",
    Measure.CALIBRATION: "Scores against what happened",
    Measure.OPT_OUT: "Opt-outs, against everybody else",
    Measure.COMPLAINT: "Complaints, against everybody else",
    Measure.CONTACT: "Contacts, against everybody else",
    Measure.SPREAD: "How far the chosen differ from the others",
    Measure.FLIP: "Choices that change with the trait alone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every threshold of an audit.

    Parameters
    ----------
    ratio_floor
        A selection or exposure ratio whose lower bound is here or above passes; one
        whose upper bound is below is a breach. 0.8 is the four-fifths of 29 CFR 1607.4.
    difference_pass, difference_breach
        For demographic parity and equal opportunity.
    harm_ceiling
        For ratios of opt-outs, complaints and contacts.
    calibration
        Largest gap of observed and predicted in any tenth.
    spread
        Largest standardised Gini of a number between the chosen and the others.
    flip_pass, flip_breach
        Shares of choices that change when only the trait changes.
    least_group
        Smaller groups are pooled.
    least_events
        Below it the exact interval takes the place of the logarithmic one.
    false_discovery
        q of Benjamini and Hochberg, on breaches only.

    References
    ----------
    ``governance.md`` 7.
    """

    ratio_floor: float = 0.80
    difference_pass: float = 0.05
    difference_breach: float = 0.10
    harm_ceiling: float = 1.25
    calibration: float = 0.05
    spread: float = 0.20
    flip_pass: float = 0.01
    flip_breach: float = 0.03
    least_group: int = 50
    least_events: int = 30
    false_discovery: float = 0.10
    level: float = 0.95
    power: float = 0.80
    novel_floor: float = 0.10

    def as_dict(self) -> dict[str, Any]:
        """Name to value."""
        return asdict(self)

    @property
    def digest(self) -> Digest:
        """Changes with any threshold."""
        return digest_of(self.as_dict(), domain="attune/fairness-limits/v1")


USUAL = Limits()
SMALLEST_SHOWN = 10


def shown_count(n: int) -> str:
    """A count as people may see it.

    Parameters
    ----------
    n
        Customers in a cell.

    Returns
    -------
    str
        ``<10`` for 1 to 9, so that nobody is singled out.

    References
    ----------
    ``decisions.md`` 18.
    """
    return f"<{SMALLEST_SHOWN}" if 0 < n < SMALLEST_SHOWN else f"{n:,}"


def at_least(lo: float, hi: float, floor: float) -> FairnessVerdict:
    """Judge an interval that has to lie above a floor.

    Parameters
    ----------
    lo, hi
        The interval.
    floor
        Belongs to the pass.

    Returns
    -------
    FairnessVerdict
        An interval on both sides of the floor is not enough data.
    """
    if lo >= floor:
        return FairnessVerdict.PASS
    return FairnessVerdict.BREACH if hi < floor else FairnessVerdict.NOT_ENOUGH_DATA


def at_most(lo: float, hi: float, good: float, bad: float) -> FairnessVerdict:
    """Judge an interval that has to lie below a ceiling.

    Parameters
    ----------
    lo, hi
        The interval.
    good
        An upper bound here or below passes.
    bad
        A lower bound above is a breach.

    Returns
    -------
    FairnessVerdict
        Anything between is not enough data.
    """
    if hi <= good:
        return FairnessVerdict.PASS
    return FairnessVerdict.BREACH if lo > bad else FairnessVerdict.NOT_ENOUGH_DATA
