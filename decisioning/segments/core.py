"""What a preview of a segment shows."""

from dataclasses import dataclass
from datetime import datetime

SMALLEST_COUNT = 10
SMALLEST_AUDIENCE = 50
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 300
LONGEST_GOAL = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One top-level condition and how many customers are left after it."""

    words: str
    n_left: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """A customer as marketers may see one: a pseudonym and a few traits."""

    pseudonym: str
    traits: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom a rule selects at one moment, ``at``.

    ``is_of_this_moment`` is false where a picture drawn earlier was counted.
    """

    n: int
    n_all: int
    words: str
    steps: tuple[Step, ...]
    sample: tuple[Sampled, ...]
    elements: tuple[str, ...]
    at: datetime
    is_of_this_moment: bool = True

    @property
    def share(self) -> float | None:
        """Fraction of all customers; None while there are none."""
        return self.n / self.n_all if self.n_all else None


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of one segment's customers are in another segment too."""

    key: str
    name: str
    n_both: int
    n_other: int


def small_cell(n: int) -> str:
    """A count as it may be shown: small ones only as "<10".

    Parameters
    ----------
    n
        Customers.

    Returns
    -------
    str
        With thousands separators.
    """
    return f"<{SMALLEST_COUNT}" if 0 < n < SMALLEST_COUNT else f"{n:,}"


def text_problems(name: str, description: str, goal: str) -> dict[str, str]:
    """Name what keeps a segment's name, description and goal from being saved.

    Parameters
    ----------
    name, description, goal
        As the form sends them.

    Returns
    -------
    dict
        Field to sentence.
    """
    found: dict[str, str] = {}
    if not name.strip():
        found["name"] = "Give the segment a name that colleagues will recognise."
    elif len(name) > LONGEST_NAME:
        found["name"] = f"Keep the name to {LONGEST_NAME} characters."
    if not goal.strip():
        found["goal"] = (
            "Say which business goal it serves, such as fewer lapsed buyers."
        )
    elif len(goal) > LONGEST_GOAL:
        found["goal"] = f"Keep the goal to {LONGEST_GOAL} characters."
    if len(description) > LONGEST_DESCRIPTION:
        found["description"] = f"Keep it to {LONGEST_DESCRIPTION} characters."
    return found
