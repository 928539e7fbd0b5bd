"""The timeline of one person: what they did, said and were shown, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.templatetags.fmt import money, when_text
from decisioning.engine.portrait import Good, Portrait
from governance.catalogue.core import PURPOSES
from governance.consent.queries import Proof

MOST = 60
SAID = {
    "grant": "Allowed",
    "deny": "Refused",
    "withdraw": "Took back",
    "object": "Objected to",
    "off": "Turned everything off",
    "on": "Turned everything on again",
    "channel_off": "Turned a channel off",
    "channel_on": "Turned a channel on",
    "topic_off": "Struck out a topic",
    "topic_on": "Took a topic back in",
    "signal_off": "Took a signal out of use",
    "signal_on": "Took a signal back in",
    "pause": "Paused",
    "unpause": "Ended the pause",
    "gpc": "Browser asked not to share",
    "suppress": "Put on the suppression list",
    "unsuppress": "Taken off the suppression list",
    "limit": "Set their own limit",
    "expire": "A permission ran out",
}
CALLS = {"identify": "Signed in or told us something", "alias": "Another name for them"}


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    strong: str
    text: str
    tone: str = ""
    shape: str = "circle"


def timeline(found: Portrait, said: Sequence[Proof]) -> list[dict[str, Any]]:
    moments = [*_did(found), *_shown(found), *_said(said), *_asked(found)]
    moments.sort(key=lambda moment: moment.at, reverse=True)
    return [
        {
            "strong": m.strong,
            "text": m.text,
            "when": when_text(m.at),
            "tone": m.tone,
            "shape": m.shape,
        }
        for m in moments[:MOST]
    ]


def _did(found: Portrait) -> Iterator[Moment]:
    for event in found.events:
        worth = ""
        if event.value_minor is not None:
            worth = money(event.value_minor / 100, event.currency or "GBP") + ", "
        name = CALLS.get(event.name, event.name)
        of = f"{bought(event.goods)}, " if event.goods else ""
        yield Moment(event.at, name, f"{worth}{of}from {event.source}")


def bought(goods: Sequence[Good]) -> str:
    """Products by name and kind: “Tea (Beverages), Cake”."""
    named = [
        f"{each.name} ({each.category})"
        if each.name and each.category
        else each.name or each.category
        for each in goods
    ]
    return ", ".join(dict.fromkeys(name for name in named if name))


def _shown(found: Portrait) -> Iterator[Moment]:
    for decision in found.decisions:
        what = decision.offer if decision.mode == "personalised" else "the default"
        yield Moment(
            decision.at,
            "Shown",
            f"{what} at {decision.placement}",
            "info" if decision.mode == "personalised" else "",
            "square",
        )


def _said(said: Sequence[Proof]) -> Iterator[Moment]:
    for row in said:
        yield Moment(
            row.occurred_at,
            SAID.get(row.action, row.action.replace("_", " ").capitalize()),
            place(row),
            "positive" if row.action in ("grant", "on") else "caution",
            "diamond",
        )


def place(row: Proof) -> str:
    """Purpose, channel and topic in words; what is left open stands for all."""
    known = PURPOSES.get(row.purpose)
    parts = [
        known.label.lower() if known else row.purpose,
        f"by {row.channel}" if row.channel else "",
        f"about {row.topic}" if row.topic else "",
    ]
    return ", ".join(part for part in parts if part)


def _asked(found: Portrait) -> Iterator[Moment]:
    for complaint in found.complaints:
        yield Moment(complaint.at, "Complained", complaint.state, "negative", "diamond")
    for request in found.requests:
        wanted = {"access": "Asked for a copy", "erasure": "Asked to be erased"}
        yield Moment(request.at, wanted.get(request.kind, request.kind), request.state)
    for merge in found.merges:
        yield Moment(merge.at, "Found to be one person", f"by {merge.reason}")
