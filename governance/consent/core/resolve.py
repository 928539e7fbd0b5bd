"""Whether a person's data may be used: unknown denies, denial beats grant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.catalogue.core import PURPOSES, Purpose, ancestors
from governance.consent.core.head import ANY, Age, Cell, Choice, Head, Key, expiry
from governance.types import Answer

ALLOWED = Answer()


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for everybody, beside what each person said.

    ``void_notices`` are notices, as ``key:version``, that have since changed
    materially: grants given to their words count as expired. With
    ``unknown_is_child`` (a service that children are likely to use) a person of
    unknown age is treated as a child.
    """

    void_notices: frozenset[str] = frozenset()
    unknown_is_child: bool = False


ORDINARY = Policy()


class Code(StrEnum):
    """Why consent stands against a decision."""

    UNKNOWN = "consent.unknown"
    ERASED = "consent.erased"
    DECEASED = "consent.deceased"
    CHILD = "consent.child"
    SUPPRESSED = "consent.suppressed"
    MISSING_PURPOSE = "consent.missing_purpose"
    WITHDRAWN = "consent.withdrawn"
    OBJECTED = "consent.objected"
    EXPIRED = "consent.expired"
    PAUSED = "consent.paused"
    CHANNEL_OFF = "consent.channel_off"
    TOPIC_OFF = "consent.topic_off"
    PERSONALISATION_OFF = "consent.personalisation_off"
    EVIDENCE_INCOMPLETE = "consent.evidence_incomplete"
    GPC = "consent.gpc"


SENTENCES: Mapping[Code, tuple[str, str]] = {
    Code.UNKNOWN: (
        "We do not know what this customer allowed.",
        "Ask the customer, or import the evidence of consent.",
    ),
    Code.ERASED: ("The customer's data was erased.", ""),
    Code.DECEASED: ("The customer is recorded as deceased.", ""),
    Code.CHILD: (
        "The customer is, or must be taken for, a child.",
        "A child sees what everybody sees; nothing is chosen from their data.",
    ),
    Code.SUPPRESSED: ("The customer's address is on the suppression list.", ""),
    Code.MISSING_PURPOSE: (
        "The customer was not asked for this purpose, channel or topic.",
        "Ask for it by name; another consent does not cover it.",
    ),
    Code.WITHDRAWN: ("The customer said no to this.", ""),
    Code.OBJECTED: ("The customer objected to this use of their data.", ""),
    Code.EXPIRED: (
        "The customer's consent has run out.",
        "Ask again; consent lasts 24 months at most.",
    ),
    Code.PAUSED: ("The customer paused this for a while.", ""),
    Code.CHANNEL_OFF: ("The customer switched this channel off.", ""),
    Code.TOPIC_OFF: ("The customer struck out this topic.", ""),
    Code.PERSONALISATION_OFF: ("The customer switched personalisation off.", ""),
    Code.EVIDENCE_INCOMPLETE: (
        "Consent is claimed, but its evidence is incomplete.",
        "Import it with purpose, channel, wording, mechanism, time and declarant.",
    ),
    Code.GPC: ("The customer's browser says: do not share or sell my data.", ""),
}


def may(
    head: Head | None,
    purpose: str,
    channel: str = ANY,
    topic: str = ANY,
    *,
    now: datetime,
    purposes: Mapping[str, Purpose] = PURPOSES,
    policy: Policy = ORDINARY,
) -> Answer:
    """Whether a person's data may be used for a purpose on a channel and topic.

    Parameters
    ----------
    head
        The person's standing, or ``None`` where nothing is known or readable.
    purpose, channel, topic
        What is about to be done; topics nest by dots (``food.baking``).
    now
        Moment of the decision.
    purposes
        The catalogue; an unknown purpose denies.
    policy
        What holds for everybody.

    Returns
    -------
    Answer
        True, or the first refusal: erased or deceased, child, suppression list,
        objection, the browser's signal, pause, the person's switches, the cells.
    """
    known = purposes.get(purpose)
    if known is None:
        return _no(Code.UNKNOWN)
    if head is None:
        return _of_a_stranger(known, policy)
    covering = {
        k: head.cells[k]
        for k in places_above(purpose, channel, topic, purposes)
        if k in head.cells
    }
    asked = Key(purpose, channel, topic)
    grants = [
        cell
        for key, cell in covering.items()
        if cell.choice is Choice.GRANT and (key == asked or cell.covers_below)
    ]
    in_force = [
        cell
        for cell in grants
        if cell.evidence_complete and _is_current(cell, now, policy.void_notices)
    ]
    code = _barred(head, known, channel, policy)
    code = code or _objected(head, known, covering, in_force)
    code = code or _own_switches(head, known, asked, now)
    code = code or _by_cells(head, known, covering, grants, in_force)
    return ALLOWED if code is None else _no(code)


def _barred(head: Head, purpose: Purpose, channel: str, policy: Policy) -> Code | None:
    """What no choice of the person's can lift: gone, too young, or on the list."""
    if head.blocked is not None:
        return Code(f"consent.{head.blocked.value}")
    if not purpose.consent_required:
        return None
    if head.age is Age.CHILD or (head.age is Age.UNKNOWN and policy.unknown_is_child):
        return Code.CHILD
    return None if head.suppressed.isdisjoint({channel, ANY}) else Code.SUPPRESSED


def _of_a_stranger(purpose: Purpose, policy: Policy) -> Answer:
    if not purpose.consent_required:
        return ALLOWED
    return _no(Code.CHILD if policy.unknown_is_child else Code.UNKNOWN)


def _no(code: Code) -> Answer:
    text, mend = SENTENCES[code]
    return Answer.no(code.value, text, mend)


def places_above(
    purpose: str, channel: str, topic: str, purposes: Mapping[str, Purpose]
) -> list[Key]:
    """List every place whose choice reaches the one asked for, itself included.

    Parameters
    ----------
    purpose, channel, topic
        The place.
    purposes
        The catalogue, for the purposes above.

    Returns
    -------
    list of Key
        Exact place first.
    """
    return [
        Key(p, c, t)
        for p in (purpose, *ancestors(purpose, purposes))
        for c in dict.fromkeys((channel, ANY))
        for t in dict.fromkeys((*topics_above(topic), ANY))
    ]


def topics_above(topic: str) -> tuple[str, ...]:
    """List a topic and those above it.

    Parameters
    ----------
    topic
        Nested by dots.

    Returns
    -------
    tuple of str
        ``("food.baking", "food")`` for ``"food.baking"``.
    """
    found = [topic]
    while "." in found[-1]:
        found.append(found[-1].rpartition(".")[0])
    return tuple(found)


def _objected(
    head: Head,
    purpose: Purpose,
    covering: Mapping[Key, Cell],
    in_force: Sequence[Cell],
) -> Code | None:
    if any(cell.choice is Choice.OBJECT for cell in covering.values()):
        return Code.OBJECTED
    return Code.GPC if purpose.gpc_applies and _gpc_stands(head, in_force) else None


def _gpc_stands(head: Head, in_force: Sequence[Cell]) -> bool:
    """Say whether the signal stands: only a later, informed grant outranks it."""
    if head.gpc_at is None:
        return False
    return not any(cell.seen_gpc and cell.at > head.gpc_at for cell in in_force)


def _own_switches(
    head: Head, purpose: Purpose, asked: Key, now: datetime
) -> Code | None:
    if not purpose.consent_required:
        return None
    pauses = (head.paused_until.get(place) for place in {asked.channel, ANY})
    if any(until is not None and now < until for until in pauses):
        return Code.PAUSED
    if asked.channel in head.channels_off:
        return Code.CHANNEL_OFF
    if head.topics_off and not head.topics_off.isdisjoint(topics_above(asked.topic)):
        return Code.TOPIC_OFF
    is_off = head.personalisation_off and purpose.personalises
    return Code.PERSONALISATION_OFF if is_off else None


def _by_cells(
    head: Head,
    purpose: Purpose,
    covering: Mapping[Key, Cell],
    grants: Sequence[Cell],
    in_force: Sequence[Cell],
) -> Code | None:
    if any(cell.choice is Choice.DENY for cell in covering.values()):
        return Code.WITHDRAWN
    if in_force or not purpose.consent_required:
        return None
    if not grants:
        return Code.MISSING_PURPOSE if head.cells else Code.UNKNOWN
    if any(cell.evidence_complete for cell in grants):
        return Code.EXPIRED
    return Code.EVIDENCE_INCOMPLETE


def _is_current(cell: Cell, now: datetime, void_notices: frozenset[str]) -> bool:
    if now >= expiry(cell):
        return False
    return not void_notices or void_notices.isdisjoint(cell.notice.split(","))
