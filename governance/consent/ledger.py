"""The ledger's rows folded into a standing; pure, so that a head can be rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from governance.consent.core import Cell, Choice, Head, Key, apply

CHOICES: Mapping[str, Choice] = {
    "grant": Choice.GRANT,
    "deny": Choice.DENY,
    "withdraw": Choice.DENY,
    "object": Choice.OBJECT,
}
SWITCHES = frozenset(
    {"off", "on", "channel_off", "channel_on", "pause", "unpause", "gpc"}
)
ACTIONS = frozenset({*CHOICES, *SWITCHES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the ledger, as the fold needs it."""

    action: str
    purpose: str = ""
    channel: str = ""
    topic: str = ""
    at: datetime
    valid_until: datetime | None = None
    notice: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


def fold(entries: Iterable[Entry], start: Head | None = None) -> Head:
    """Write entries into a standing, in the order in which they were recorded.

    Parameters
    ----------
    entries
        Rows of one person.
    start
        Standing before the first of them; none for a whole ledger.

    Returns
    -------
    Head
        Its version rises with every entry, out-of-date ones included.
    """
    head = start or Head(version=0)
    for entry in entries:
        written = _write(head, entry)
        head = replace(written, version=head.version + 1)
    return head


def _write(head: Head, entry: Entry) -> Head:
    choice = CHOICES.get(entry.action)
    if choice is not None:
        key = Key(entry.purpose, entry.channel, entry.topic)
        return apply(head, key, _cell(choice, entry))
    return _switch(head, entry)


def _cell(choice: Choice, entry: Entry) -> Cell:
    evidence = entry.evidence
    return Cell(
        choice=choice,
        at=entry.at,
        expires_at=entry.valid_until,
        notice=entry.notice,
        evidence_complete=not evidence.get("evidence_incomplete"),
        covers_below=bool(evidence.get("covers_below")),
        seen_gpc=bool(evidence.get("seen_gpc")),
    )


def _switch(head: Head, entry: Entry) -> Head:
    match entry.action:
        case "off" | "on":
            return replace(head, personalisation_off=entry.action == "off")
        case "channel_off":
            return replace(head, channels_off=head.channels_off | {entry.channel})
        case "channel_on":
            return replace(head, channels_off=head.channels_off - {entry.channel})
        case "gpc":
            return replace(head, gpc_at=entry.at)
    return replace(head, paused_until=_pauses(head, entry))


def _pauses(head: Head, entry: Entry) -> dict[str, datetime]:
    pauses = dict(head.paused_until)
    if entry.action == "pause" and entry.valid_until is not None:
        pauses[entry.channel] = entry.valid_until
    elif entry.action == "unpause":
        pauses.pop(entry.channel, None)
    return pauses
