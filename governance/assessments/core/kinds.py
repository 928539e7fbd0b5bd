"""What can be written down about a version, and how thorough it has to be."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """One assessment of a version."""

    DPIA = "dpia"
    LIA = "lia"
    ADM = "adm"
    SAFEGUARDS = "safeguards"

    @property
    def label(self) -> str:
        """The assessment in words."""
        return KIND_LABELS[self]


KIND_LABELS: Mapping[Kind, str] = {
    Kind.DPIA: "Impact assessment (DPIA)",
    Kind.LIA: "Legitimate interests assessment (LIA)",
    Kind.ADM: "Ruling on automated decisions",
    Kind.SAFEGUARDS: "Safeguards for people",
}


class Level(StrEnum):
    """How thorough an impact assessment has to be."""

    NONE = "none"
    SHORT = "short"
    FULL = "full"

    @property
    def rank(self) -> int:
        """Higher is more thorough."""
        return tuple(Level).index(self)

    @property
    def label(self) -> str:
        """The level in words."""
        return LEVEL_LABELS[self]


LEVEL_LABELS: Mapping[Level, str] = {
    Level.NONE: "not needed",
    Level.SHORT: "short form",
    Level.FULL: "in full, seven steps",
}


def higher(*levels: Level) -> Level:
    """Take the most thorough of some levels.

    Parameters
    ----------
    levels
        Any number of levels.

    Returns
    -------
    Level
        ``NONE`` where none is given.
    """
    return max(levels, key=lambda level: level.rank, default=Level.NONE)
