"""What members of staff are told by letter, when, and how often a letter is tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from governance.signoffs.core import WARN_BEFORE

LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
SENT_WITHIN = timedelta(days=3)
CONDITION_SOON = timedelta(days=3)


class Kind(StrEnum):
    """What a letter is about; each can be switched off by its reader."""

    REVIEW_ASKED = "review_asked"
    SENT_BACK = "sent_back"
    CONDITION_DUE = "condition_due"
    RUNNING_OUT = "running_out"

    @property
    def label(self) -> str:
        """When such a letter is written, in plain words."""
        return LABELS[self]


LABELS: Mapping[Kind, str] = {
    Kind.REVIEW_ASKED: "A review is asked for that you may sign",
    Kind.SENT_BACK: "Something of yours is sent back, refused or has lost a signature",
    Kind.CONDITION_DUE: "A condition you look after is due in 3 days, or overdue",
    Kind.RUNNING_OUT: "Signatures of yours run out in 30, 14 or 3 days",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A letter before it has readers; ``once`` keeps it from being written twice."""

    kind: Kind
    once: str
    subject: str
    body: str
    path: str


def pause_after(n_tries: int) -> timedelta:
    """How long to wait before a letter is tried again.

    Parameters
    ----------
    n_tries
        How often it was tried, the failed try included.

    Returns
    -------
    timedelta
        A minute, doubled with each further try, six hours at most.
    """
    doublings = min(max(n_tries - 1, 0), 16)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def warning(expires_at: datetime, now: datetime) -> timedelta | None:
    """The last of the warnings before a sign-off runs out that is due by now.

    Parameters
    ----------
    expires_at
        When the signatures run out.
    now
        Moment of judgement.

    Returns
    -------
    timedelta or None
        One of ``WARN_BEFORE``; None while it is far off, and once it has run out.

    References
    ----------
    ``governance.md`` 3.
    """
    left = expires_at - now
    if left <= timedelta(0):
        return None
    return min((stage for stage in WARN_BEFORE if left <= stage), default=None)


def urgency(due_at: datetime, now: datetime) -> str:
    """Whether a condition is to be told of.

    Parameters
    ----------
    due_at
        When it has to be met.
    now
        Moment of judgement.

    Returns
    -------
    str
        ``overdue``, ``soon``, or nothing while there is time.
    """
    if now >= due_at:
        return "overdue"
    return "soon" if due_at - now <= CONDITION_SOON else ""
