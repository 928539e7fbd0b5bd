"""Whether a person's data may be used: unknown denies, denial beats grant."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from governance.catalogue.core import PURPOSES, Purpose, ancestors
from governance.consent.core.head import ANY, Cell, Choice, Head, Key, expiry
from governance.types import Answer

ALLOWED = Answer()


class Code(StrEnum):
    """Why consent stands against a decision."""

    UNKNOWN = "consent.unknown"
    MISSING_PURPOSE = "consent.missing_purpose"
    WITHDRAWN = "consent.withdrawn"
    OBJECTED = "consent.objected"
    EXPIRED = "consent.expired"
    PAUSED = "consent.paused"
    CHANNEL_OFF = "consent.channel_off"
    PERSONALISATION_OFF = "consent.personalisation_off"
    EVIDENCE_INCOMPLETE = "consent.evidence_incomplete"
    GPC = "consent.gpc"


SENTENCES: Mapping[Code, tuple[str, str]] = {
    Code.UNKNOWN: (
        "We do not know what this customer allowed.",
        "Ask the customer, or import the evidence of consent.",
    ),
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
    void_notices: frozenset[str] = frozenset(),
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
    void_notices
        Notices that have since changed materially; their grants count as expired.

    Returns
    -------
    Answer
        True, or the first refusal in the order of ``governance.md`` 4.1: objection,
        the browser's signal, pause, the person's switches, then the cells.
    """
    known = purposes.get(purpose)
    if known is None or (head is None and known.consent_required):
        return _no(Code.UNKNOWN)
    if head is None:
        return ALLOWED
    covering = {
        k: head.cells[k]
        for k in places_above(purpose, channel, topic, purposes)
        if k in head.cells
    }
    code = _switched_off(head, known, channel, now, covering)
    if code is None:
        asked = Key(purpose, channel, topic)
        code = _by_cells(head, known, asked, covering, now, void_notices)
    return ALLOWED if code is None else _no(code)


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
    topics = [topic]
    while "." in topics[-1]:
        topics.append(topics[-1].rpartition(".")[0])
    return [
        Key(p, c, t)
        for p in (purpose, *ancestors(purpose, purposes))
        for c in dict.fromkeys((channel, ANY))
        for t in dict.fromkeys((*topics, ANY))
    ]


def _switched_off(
    head: Head,
    purpose: Purpose,
    channel: str,
    now: datetime,
    covering: Mapping[Key, Cell],
) -> Code | None:
    if any(cell.choice is Choice.OBJECT for cell in covering.values()):
        return Code.OBJECTED
    if purpose.gpc_applies and _gpc_stands(head, covering):
        return Code.GPC
    if not purpose.consent_required:
        return None
    return _own_switches(head, purpose, channel, now)


def _own_switches(
    head: Head, purpose: Purpose, channel: str, now: datetime
) -> Code | None:
    pauses = (head.paused_until.get(place) for place in {channel, ANY})
    if any(until is not None and now < until for until in pauses):
        return Code.PAUSED
    if channel in head.channels_off:
        return Code.CHANNEL_OFF
    is_off = head.personalisation_off and purpose.personalises
    return Code.PERSONALISATION_OFF if is_off else None


def _gpc_stands(head: Head, covering: Mapping[Key, Cell]) -> bool:
    """Say whether the signal stands: only a later, informed grant outranks it."""
    if head.gpc_at is None:
        return False
    return not any(
        cell.choice is Choice.GRANT and cell.seen_gpc and cell.at > head.gpc_at
        for cell in covering.values()
    )


def _by_cells(
    head: Head,
    purpose: Purpose,
    asked: Key,
    covering: Mapping[Key, Cell],
    now: datetime,
    void_notices: frozenset[str],
) -> Code | None:
    if any(cell.choice is Choice.DENY for cell in covering.values()):
        return Code.WITHDRAWN
    if not purpose.consent_required:
        return None
    grants = [c for key, c in covering.items() if key == asked or c.covers_below]
    if not grants:
        return Code.MISSING_PURPOSE if head.cells else Code.UNKNOWN
    complete = [cell for cell in grants if cell.evidence_complete]
    if not complete:
        return Code.EVIDENCE_INCOMPLETE
    if any(_is_current(cell, now, void_notices) for cell in complete):
        return None
    return Code.EXPIRED


def _is_current(cell: Cell, now: datetime, void_notices: frozenset[str]) -> bool:
    return now < expiry(cell) and void_notices.isdisjoint(cell.notice.split(","))
