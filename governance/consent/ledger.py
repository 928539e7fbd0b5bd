"""The ledger's rows folded into a standing; pure, so that a head can be rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from governance.consent.core import Age, Block, Cell, Choice, Head, Key, apply

CHOICES: Mapping[str, Choice] = {
    "grant": Choice.GRANT,
    "deny": Choice.DENY,
    "withdraw": Choice.DENY,
    "object": Choice.OBJECT,
}


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


Switched: TypeAlias = Callable[[Head, Entry], dict[str, Any]]


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
    """Give the head with one switch thrown; what is not known changes nothing."""
    if entry.action == "expire":
        return _expire(head, entry)
    read = SWITCHED.get(entry.action)
    return replace(head, **read(head, entry)) if read else head


def _in(name: str, place: str) -> Switched:
    return lambda head, entry: {name: getattr(head, name) | {getattr(entry, place)}}


def _out(name: str, place: str) -> Switched:
    return lambda head, entry: {name: getattr(head, name) - {getattr(entry, place)}}


def _signal(head: Head, entry: Entry) -> dict[str, Any]:
    """Keep the first: a browser repeats its signal with every request for ever."""
    return {"gpc_at": min(entry.at, head.gpc_at or entry.at)}


def _age(_: Head, entry: Entry) -> dict[str, Any]:
    return {"age": Age(entry.evidence.get("status", Age.UNKNOWN))}


def _block(_: Head, entry: Entry) -> dict[str, Any]:
    return {"blocked": Block(entry.evidence.get("why", Block.ERASED))}


SWITCHED: Mapping[str, Switched] = {
    "off": lambda _, __: {"personalisation_off": True},
    "on": lambda _, __: {"personalisation_off": False},
    "channel_off": _in("channels_off", "channel"),
    "channel_on": _out("channels_off", "channel"),
    "topic_off": _in("topics_off", "topic"),
    "topic_on": _out("topics_off", "topic"),
    "signal_off": _in("signals_off", "topic"),
    "signal_on": _out("signals_off", "topic"),
    "suppress": _in("suppressed", "channel"),
    "unsuppress": _out("suppressed", "channel"),
    "pause": lambda head, entry: {"paused_until": _pauses(head, entry)},
    "unpause": lambda head, entry: {"paused_until": _pauses(head, entry)},
    "gpc": _signal,
    "age": _age,
    "block": _block,
    "unblock": lambda _, __: {"blocked": None},
    "limit": lambda _, entry: {"max_per_week": entry.evidence.get("per_week")},
}
ACTIONS = frozenset({*CHOICES, *SWITCHED, "expire"})


def _expire(head: Head, entry: Entry) -> Head:
    """Bring a grant's end forward; an expiry never lengthens and never revives."""
    key = Key(entry.purpose, entry.channel, entry.topic)
    cell = head.cells.get(key)
    if cell is None or cell.choice is not Choice.GRANT or cell.at > entry.at:
        return head
    ends = min(entry.at, cell.expires_at or entry.at)
    return replace(head, cells={**head.cells, key: replace(cell, expires_at=ends)})


def _pauses(head: Head, entry: Entry) -> dict[str, datetime]:
    pauses = dict(head.paused_until)
    if entry.action == "pause" and entry.valid_until is not None:
        pauses[entry.channel] = entry.valid_until
    elif entry.action == "unpause":
        pauses.pop(entry.channel, None)
    return pauses
