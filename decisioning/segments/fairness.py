"""Who is in and who is out, by protected traits and what can stand in for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FOUR_FIFTHS: Final = 0.8
LEAST_OF_A_GROUP: Final = 50
MOST_GROUPS: Final = 12


class FairnessVerdict(StrEnum):
    """What the rates of the groups say."""

    PASS = "pass"  # noqa: S105
    BREACH = "breach"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, slots=True)
class Group:
    """Customers with one value of a trait; ``n_in`` of ``n`` are in the segment."""

    value: str
    n_in: int
    n: int

    @property
    def rate(self) -> float:
        """Share of the group that is in."""
        return self.n_in / self.n if self.n else 0.0

    @property
    def is_large_enough(self) -> bool:
        """Whether its rate may be compared at all."""
        return self.n >= LEAST_OF_A_GROUP


@dataclass(frozen=True, slots=True)
class Profile:
    """The groups of one trait, the rate of the least reached over the most reached."""

    element: str
    label: str
    groups: tuple[Group, ...]
    ratio: float | None
    verdict: FairnessVerdict


def profile(
    element: str, label: str, counts: Mapping[str, tuple[int, int]]
) -> Profile | None:
    """Compare how large a share of each group the segment takes in.

    Parameters
    ----------
    element, label
        The trait.
    counts
        By value: how many are in, and how many there are.

    Returns
    -------
    Profile or None
        None where there are too many values to be groups. A breach is a rate under
        four fifths of the highest, among groups of at least `LEAST_OF_A_GROUP`.

    References
    ----------
    Uniform Guidelines on Employee Selection Procedures (1978), 29 CFR 1607.4 D: a
    selection rate under four fifths of the highest counts as adverse impact.
    """
    if len(counts) > MOST_GROUPS:
        return None
    groups = tuple(Group(value, *counts[value]) for value in sorted(counts))
    ratio = impact_ratio(groups)
    if ratio is None:
        verdict = FairnessVerdict.NOT_ENOUGH_DATA
    elif ratio < FOUR_FIFTHS:
        verdict = FairnessVerdict.BREACH
    else:
        verdict = FairnessVerdict.PASS
    return Profile(element, label, groups, ratio, verdict)


def impact_ratio(groups: Sequence[Group]) -> float | None:
    """Lowest rate over the highest, among groups that are large enough.

    Parameters
    ----------
    groups
        Of one trait.

    Returns
    -------
    float or None
        In [0, 1]; None with fewer than two such groups, or nobody in.
    """
    rates = [group.rate for group in groups if group.is_large_enough]
    if len(rates) < 2 or max(rates) == 0:
        return None
    return min(rates) / max(rates)
