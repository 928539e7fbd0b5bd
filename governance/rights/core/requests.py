"""What becomes of a request under the law: one table of steps, with their guards.

Whatever was once accepted ends done, refused with a reason, or in a person's hands; it
cannot end cancelled, and nothing but a person ends it without doing it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

MONTH = timedelta(days=28)  # the law gives a month; February is the shortest
EXTENSION = 2 * MONTH
MOST_TRIES = 5


class Kind(StrEnum):
    """What a person may ask for."""

    ACCESS = "access"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    OBJECTION = "objection"
    PORTABILITY = "portability"


class State(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    UNVERIFIED = "identity_unverified"
    REVIEW = "pending_review"
    APPROVED = "approved"
    PROCESSING = "in_processing"
    INPUT = "requires_input"
    ERROR = "error"
    COMPLETE = "complete"
    DENIED = "denied"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"


S = State
ENDED = frozenset({S.COMPLETE, S.DENIED, S.DUPLICATE, S.CANCELLED})
OPEN = frozenset(S) - ENDED


NAMES: Mapping[State, str] = MappingProxyType(
    {
        S.RECEIVED: "Received",
        S.UNVERIFIED: "Waiting for proof of identity",
        S.REVIEW: "Waiting for review",
        S.APPROVED: "Approved",
        S.PROCESSING: "Being done",
        S.INPUT: "Waiting for the person",
        S.ERROR: "Failed, tried again",
        S.COMPLETE: "Done",
        S.DENIED: "Refused",
        S.DUPLICATE: "Asked twice",
        S.CANCELLED: "Taken back",
    }
)
HOW_TO_COMPLAIN = (
    "You may complain to us by the link “Ask a person or complain” on your own page, "
    "and to the data protection authority; in the UK that is the Information "
    "Commissioner’s Office, ico.org.uk/make-a-complaint. You may also go to court."
)


class Step(StrEnum):
    """What somebody does with a request."""

    DOUBT = "doubt_identity"
    VERIFY = "verify_identity"
    APPROVE = "approve"
    BEGIN = "begin"
    ASK = "ask_for_input"
    RESUME = "take_input"
    FAIL = "note_failure"
    RETRY = "retry"
    ESCALATE = "escalate"
    COMPLETE = "complete"
    DENY = "deny"
    DUPLICATE = "mark_duplicate"
    CANCEL = "cancel"
    EXTEND = "extend"


class Who(StrEnum):
    """Who may take a step: handlers note and ask, privacy decides."""

    HANDLER = "handler"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A request as the table sees it."""

    state: State = S.RECEIVED
    received_at: datetime
    due_at: datetime
    is_verified: bool = False
    is_accepted: bool = False
    is_escalated: bool = False
    is_extended: bool = False
    n_tries: int = 0

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for an answer."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What comes with a step.

    Parameters
    ----------
    words
        How identity was proved, what is asked, what went wrong, what was found: the
        reason of a refusal is read by the person.
    by_person
        Whether somebody of ours takes the step, and not the system.
    has_earlier
        Whether the same person asked for the same before and is being answered.
    """

    now: datetime
    words: str = ""
    by_person: bool = True
    has_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """From where a step leads where, who takes it, and what must come with it."""

    before: frozenset[State]
    after: State | None
    who: Who
    needs_words: str = ""
    automatic: bool = False


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


BEFORE_ACCEPTANCE = _from(S.RECEIVED, S.UNVERIFIED, S.REVIEW)
MOVES: Mapping[Step, Move] = MappingProxyType(
    {
        Step.DOUBT: Move(
            _from(S.RECEIVED), S.UNVERIFIED, Who.HANDLER, "Say what is needed as proof."
        ),
        Step.VERIFY: Move(
            _from(S.RECEIVED, S.UNVERIFIED),
            S.REVIEW,
            Who.HANDLER,
            "Say how we know that it is this person.",
        ),
        Step.APPROVE: Move(_from(S.REVIEW), S.APPROVED, Who.PRIVACY),
        Step.BEGIN: Move(_from(S.APPROVED), S.PROCESSING, Who.PRIVACY),
        Step.ASK: Move(
            _from(S.PROCESSING), S.INPUT, Who.HANDLER, "Say what we ask the person."
        ),
        Step.RESUME: Move(
            _from(S.INPUT), S.PROCESSING, Who.HANDLER, "Say what the person told us."
        ),
        Step.FAIL: Move(
            _from(S.PROCESSING),
            S.ERROR,
            Who.PRIVACY,
            "Say what went wrong.",
            automatic=True,
        ),
        Step.RETRY: Move(_from(S.ERROR), S.PROCESSING, Who.PRIVACY, automatic=True),
        Step.ESCALATE: Move(OPEN, None, Who.HANDLER, automatic=True),
        Step.COMPLETE: Move(
            OPEN - {S.UNVERIFIED},
            S.COMPLETE,
            Who.PRIVACY,
            "Say what was done.",
            automatic=True,
        ),
        Step.DENY: Move(
            OPEN, S.DENIED, Who.PRIVACY, "Say why, in words that the person may read."
        ),
        Step.DUPLICATE: Move(BEFORE_ACCEPTANCE, S.DUPLICATE, Who.PRIVACY),
        Step.CANCEL: Move(
            BEFORE_ACCEPTANCE,
            S.CANCELLED,
            Who.PRIVACY,
            "Say when and how the person took it back.",
        ),
        Step.EXTEND: Move(
            OPEN,
            None,
            Who.PRIVACY,
            "Say why it is complex; the person is told this.",
        ),
    }
)


def problem(standing: Standing, step: Step, told: Told) -> str:
    """Why a step may not be taken now; empty where it may.

    Parameters
    ----------
    standing
        The request.
    step, told
        What is to be done, and what comes with it.

    Returns
    -------
    str
        In words for whoever tries.
    """
    move = MOVES[step]
    if standing.state not in move.before:
        return f"“{NAMES[standing.state]}”: this step cannot be taken from there."
    if not told.by_person and not move.automatic:
        return "A person has to do this."
    if move.needs_words and not told.words.strip():
        return move.needs_words
    return _guard(standing, step, told)


def _guard(standing: Standing, step: Step, told: Told) -> str:
    for guarded, forbids, why in GUARDS:
        if step in guarded and forbids(standing, told):
            return why
    return ""


Forbids = Callable[[Standing, Told], bool]
GUARDS: tuple[tuple[frozenset[Step], Forbids, str], ...] = (
    (
        frozenset({Step.CANCEL, Step.DUPLICATE}),
        lambda standing, _: standing.is_accepted,
        "It was accepted: do it, or refuse it with a reason.",
    ),
    (
        frozenset({Step.DUPLICATE}),
        lambda _, told: not told.has_earlier,
        "This person has no earlier request of this kind.",
    ),
    (
        frozenset({Step.COMPLETE}),
        lambda standing, _: not standing.is_verified,
        "First make sure that it is this person.",
    ),
    (
        frozenset({Step.RETRY}),
        lambda standing, _: standing.n_tries >= MOST_TRIES,
        f"It failed {MOST_TRIES} times; somebody has to look.",
    ),
    (
        frozenset({Step.EXTEND}),
        lambda standing, _: standing.is_extended,
        "It was extended before; the law allows it once.",
    ),
    (
        frozenset({Step.EXTEND}),
        lambda standing, told: told.now > standing.due_at,
        "The month is over; the person had to be told within it.",
    ),
    (
        frozenset({Step.ESCALATE}),
        lambda standing, _: standing.is_escalated,
        "Somebody is looking at it already.",
    ),
)


def after(standing: Standing, step: Step, told: Told) -> Standing:
    """The request after a step that `problem` has nothing against.

    The clock starts when identity is proved, if that was in doubt; an extension adds
    two months.
    """
    due = standing.due_at
    if step is Step.VERIFY and standing.state is S.UNVERIFIED:
        due = told.now + MONTH
    if step is Step.EXTEND:
        due += EXTENSION
    n_tries = standing.n_tries + (step is Step.FAIL)
    return replace(
        standing,
        state=MOVES[step].after or standing.state,
        due_at=due,
        is_verified=standing.is_verified or step is Step.VERIFY,
        is_accepted=standing.is_accepted or step is Step.APPROVE,
        is_escalated=standing.is_escalated
        or step is Step.ESCALATE
        or n_tries >= MOST_TRIES,
        is_extended=standing.is_extended or step is Step.EXTEND,
        n_tries=n_tries,
    )


def steps(standing: Standing, told: Told) -> tuple[Step, ...]:
    """Steps that could be taken now, were the words given."""
    worded = replace(told, words=told.words or "…")
    return tuple(step for step in Step if not problem(standing, step, worded))
