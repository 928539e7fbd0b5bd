"""A person's right to be heard on a decision that a computer took alone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

WORKING_DAYS = 5
SATURDAY = 5


class Wish(StrEnum):
    """What a person asks for."""

    VIEW = "view"
    PERSON = "person"
    CONTEST = "contest"

    @property
    def label(self) -> str:
        """The wish in words."""
        return WISH_LABELS[self]


WISH_LABELS: Mapping[Wish, str] = {
    Wish.VIEW: "Tells their view",
    Wish.PERSON: "Wants a person to look",
    Wish.CONTEST: "Contests it",
}


class Outcome(StrEnum):
    """What the person who looked decided."""

    UPHELD = "upheld"
    TOPIC_OFF = "topic_off"
    CHANNEL_OFF = "channel_off"
    ALL_OFF = "all_off"

    @property
    def label(self) -> str:
        """The outcome in words."""
        return OUTCOME_LABELS[self]

    @property
    def changes(self) -> bool:
        """Whether the decision is taken again."""
        return self is not Outcome.UPHELD


OUTCOME_LABELS: Mapping[Outcome, str] = {
    Outcome.UPHELD: "It stands",
    Outcome.TOPIC_OFF: "Changed: nothing on this topic for them any more",
    Outcome.CHANNEL_OFF: "Changed: nothing personalised on this channel for them",
    Outcome.ALL_OFF: "Changed: nothing personalised for them at all",
}


def due_after(received_at: datetime, days: int = WORKING_DAYS) -> datetime:
    """End of the term within which a person has to have looked.

    Parameters
    ----------
    received_at
        When the wish came in.
    days
        Working days, Monday to Friday in UTC; public holidays are not known here.

    Returns
    -------
    datetime
        The same time of day, so many working days later.
    """
    at, left = received_at.astimezone(UTC), days
    while left:
        at += timedelta(days=1)
        left -= at.weekday() < SATURDAY
    return at
