"""A person's standing: cells of choices, switches, pauses, the browser's signal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

GRANT_LIFETIME = timedelta(days=730)
ANY = ""


class Choice(StrEnum):
    """What a person said about one purpose, channel and topic."""

    GRANT = "grant"
    DENY = "deny"
    OBJECT = "object"


class Age(StrEnum):
    """What is known of a person's age; a child's data is never profiled."""

    UNKNOWN = "unknown"
    ADULT_DECLARED = "adult_declared"
    ADULT_VERIFIED = "adult_verified"
    CHILD = "child"


class Block(StrEnum):
    """Why nothing at all is done with a person's data any more."""

    ERASED = "erased"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True)
class Key:
    """One cell's place; an empty channel or topic stands for all of them."""

    purpose: str
    channel: str = ANY
    topic: str = ANY

    def __str__(self) -> str:
        return f"{self.purpose}|{self.channel}|{self.topic}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read a key back from its text."""
        purpose, channel, topic = text.split("|", 2)
        return cls(purpose, channel, topic)


@dataclass(frozen=True, slots=True)
class Cell:
    """The latest choice at one place.

    ``covers_below`` says whether the notice named everything beneath this cell; a
    denial always covers what is beneath it. ``seen_gpc`` marks a grant made on our
    own page while the conflict with the browser's signal was shown.
    """

    choice: Choice
    at: datetime
    expires_at: datetime | None = None
    notice: str = ""
    evidence_complete: bool = True
    covers_below: bool = False
    seen_gpc: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What holds for one person now, small enough to read in every decision.

    ``topics_off`` are topics and inferred interests that the person struck out,
    ``signals_off`` fields of data elements that they took out of use;
    ``suppressed`` channels whose address stands on the suppression list, ``""`` for
    all; ``max_per_week`` the person's own limit of contacts.
    """

    cells: Mapping[Key, Cell] = field(default_factory=dict)
    channels_off: frozenset[str] = frozenset()
    paused_until: Mapping[str, datetime] = field(default_factory=dict)
    personalisation_off: bool = False
    gpc_at: datetime | None = None
    version: int = 1
    topics_off: frozenset[str] = frozenset()
    signals_off: frozenset[str] = frozenset()
    suppressed: frozenset[str] = frozenset()
    age: Age = Age.UNKNOWN
    blocked: Block | None = None
    max_per_week: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; ``from_dict`` gives an equal head back."""
        return {
            "cells": {str(key): _cell_out(cell) for key, cell in self.cells.items()},
            "channels_off": sorted(self.channels_off),
            "paused_until": {c: t.isoformat() for c, t in self.paused_until.items()},
            "personalisation_off": self.personalisation_off,
            "gpc_at": self.gpc_at.isoformat() if self.gpc_at else None,
            "version": self.version,
            **_rare_out(self),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Head":
        """Read a head back from ``to_dict``."""
        cells = {Key.parse(k): _cell_in(c) for k, c in data.get("cells", {}).items()}
        pauses = data.get("paused_until", {})
        return cls(
            cells=cells,
            channels_off=frozenset(data.get("channels_off", ())),
            paused_until={c: datetime.fromisoformat(t) for c, t in pauses.items()},
            personalisation_off=bool(data.get("personalisation_off", False)),
            gpc_at=_time(data.get("gpc_at")),
            version=int(data.get("version", 1)),
            topics_off=frozenset(data.get("topics_off", ())),
            signals_off=frozenset(data.get("signals_off", ())),
            suppressed=frozenset(data.get("suppressed", ())),
            age=Age(data.get("age", Age.UNKNOWN)),
            blocked=Block(data["blocked"]) if data.get("blocked") else None,
            max_per_week=data.get("max_per_week"),
        )


def _rare_out(head: Head) -> dict[str, Any]:
    """Write only what few people have, so that most heads stay as small as before."""
    found: dict[str, Any] = {
        "topics_off": sorted(head.topics_off),
        "signals_off": sorted(head.signals_off),
        "suppressed": sorted(head.suppressed),
        "age": "" if head.age is Age.UNKNOWN else head.age.value,
        "blocked": head.blocked.value if head.blocked else "",
    }
    kept = {name: value for name, value in found.items() if value}
    if head.max_per_week is not None:
        kept["max_per_week"] = head.max_per_week
    return kept


def _cell_out(cell: Cell) -> dict[str, Any]:
    return {
        "choice": cell.choice.value,
        "at": cell.at.isoformat(),
        "expires_at": cell.expires_at.isoformat() if cell.expires_at else None,
        "notice": cell.notice,
        "evidence_complete": cell.evidence_complete,
        "covers_below": cell.covers_below,
        "seen_gpc": cell.seen_gpc,
    }


def _cell_in(data: Mapping[str, Any]) -> Cell:
    at = datetime.fromisoformat(data["at"])
    return Cell(
        choice=Choice(data["choice"]),
        at=at,
        expires_at=_time(data.get("expires_at")),
        notice=data.get("notice", ""),
        evidence_complete=bool(data.get("evidence_complete", True)),
        covers_below=bool(data.get("covers_below", False)),
        seen_gpc=bool(data.get("seen_gpc", False)),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def expiry(cell: Cell) -> datetime:
    """Tell a grant's end: what was agreed, and never past the longest lifetime.

    Parameters
    ----------
    cell
        A grant.

    Returns
    -------
    datetime
        Exclusive.
    """
    longest = cell.at + GRANT_LIFETIME
    return min(cell.expires_at, longest) if cell.expires_at else longest
