"""What the spec of consent says of every cell, written by hand from its words.

Nothing here comes from the product. A cell is a purpose, a channel, a topic, what the
person did, the browser's signal, the person's age and the suppression list; `verdict`
says whether the data may be used, and if not, the first reason in the spec's order:
block, child, suppression, objection, signal, pause, own switches, purpose by channel by
topic. A cell's `history` is told as rows that any ledger could take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

PURPOSES = (
    "service",
    "personalise_onsite",
    "recommendations",
    "direct_marketing",
    "ads_sharing",
    "analytics",
    "model_training",
    "fairness_audit",
)
CHANNELS = ("web", "email", "sms")
TOPICS = ("", "food", "food.baking")
GPC = ("none", "before an unseeing yes", "before a seeing yes", "after the yes")
AGES = ("adult", "unknown", "unknown where children are likely", "child")
SUPPRESSION = ("none", "this channel", "another channel", "all")
WITHOUT_CONSENT = ("service", "fairness_audit")
PROFILING = ("personalise_onsite", "recommendations", "direct_marketing", "ads_sharing")

# What somebody did, and what that alone comes to; "yes" is a grant in force.
STATES = {
    "nothing known": "unknown",
    "yes to exactly this": "yes",
    "yes above, and the notice named this": "yes",
    "yes above, and the notice did not name this": "missing_purpose",
    "yes on another channel": "missing_purpose",
    "yes to another purpose": "missing_purpose",
    "yes to another topic": "missing_purpose",
    "yes that ran out": "expired",
    "yes of 25 months ago": "expired",
    "yes to words that changed": "expired",
    "yes whose evidence is incomplete": "evidence_incomplete",
    "no": "withdrawn",
    "yes, then withdrawn": "withdrawn",
    "withdrawn, then yes again": "yes",
    "withdrawn, then an older yes arrives": "withdrawn",
    "yes, and no at the same moment": "withdrawn",
    "yes, but no to the purpose as a whole": "withdrawn",
    "yes, but no to the topic above": "withdrawn",
    "yes, and no to a topic beneath": "yes",
    "objected": "objected",
    "yes, but objected to the purpose as a whole": "objected",
    "yes, and paused": "paused",
    "yes, and this channel paused": "paused",
    "yes, and another channel paused": "yes",
    "yes, and a pause that is over": "yes",
    "yes, and this channel off": "channel_off",
    "yes, and another channel off": "yes",
    "yes, and this topic off": "topic_off",
    "yes, and the topic above off": "topic_off",
    "yes, and another topic off": "yes",
    "yes, and all off": "personalisation_off",
    "yes, all off and on again": "yes",
    "yes, then erased": "erased",
    "yes, then died": "deceased",
}
ABOVE_A_TOPIC = ("yes, but no to the topic above", "yes, and the topic above off")
OF_A_TOPIC = (*ABOVE_A_TOPIC, "yes, and this topic off")
OWN_SWITCHES = ("paused", "channel_off", "topic_off", "personalisation_off")


@dataclass(frozen=True, slots=True)
class Cell:
    """One question, and the person to whom it is put."""

    purpose: str
    channel: str
    topic: str
    state: str
    gpc: str
    age: str
    suppression: str


def cells() -> Iterator[Cell]:
    """Every combination that can be told apart."""
    for parts in product(PURPOSES, CHANNELS, TOPICS, STATES, GPC, AGES, SUPPRESSION):
        cell = Cell(*parts)
        if cell.state in OF_A_TOPIC and not cell.topic:
            continue
        if cell.state in ABOVE_A_TOPIC and "." not in cell.topic:
            continue
        yield cell


def verdict(cell: Cell) -> str:
    """The first reason against it; empty where nothing is."""
    said = STATES[cell.state]
    needs_consent = cell.purpose not in WITHOUT_CONSENT
    young = cell.age in ("child", "unknown where children are likely")
    listed = cell.suppression in ("this channel", "all")
    in_order = (
        said if said in ("erased", "deceased") else "",
        "child" if needs_consent and young else "",
        "suppressed" if needs_consent and listed else "",
        "objected" if said == "objected" else "",
        "gpc" if cell.purpose == "ads_sharing" and _signal_stands(cell) else "",
        _what_is_left(cell, said) if needs_consent else _a_no(said),
    )
    return next(filter(None, in_order), "")


def _a_no(said: str) -> str:
    """Nobody has to agree to what needs no consent, but a no is a no."""
    return "withdrawn" if said == "withdrawn" else ""


def _what_is_left(cell: Cell, said: str) -> str:
    """All off stops what is personal, not the counting of visits."""
    if said == "personalisation_off" and cell.purpose not in PROFILING:
        return ""
    return "" if said == "yes" else said


def _signal_stands(cell: Cell) -> bool:
    """Only a later yes on our page, made while seeing the conflict, outranks it."""
    if cell.gpc == "none":
        return False
    return cell.gpc != "before a seeing yes" or cell.state not in SEEING


# States in which a yes in force, made on our page, reaches this very place; a no above
# it comes later in the order. A yes that ended, or was imported, outranks no signal.
SEEING = frozenset(
    state
    for state, said in STATES.items()
    if said in ("yes", *OWN_SWITCHES)
    or state in ("yes, but no to the purpose as a whole", *ABOVE_A_TOPIC)
)


def history(cell: Cell) -> list[dict[str, Any]]:
    """What the person did, oldest first, as rows of a ledger; ``days`` ago."""
    rows = _said(cell)
    if cell.gpc != "none":
        rows.append({"action": "gpc", "days": 5 if "after" in cell.gpc else 300})
    if cell.age in ("adult", "child"):
        status = "child" if cell.age == "child" else "adult_declared"
        rows.append({"action": "age", "days": 40, "evidence": {"status": status}})
    if cell.suppression != "none":
        place = {"this channel": cell.channel, "all": ""}.get(
            cell.suppression, _another(cell.channel)
        )
        rows.append({"action": "suppress", "channel": place, "days": 40})
    return rows


def _another(channel: str) -> str:
    return CHANNELS[(CHANNELS.index(channel) + 1) % len(CHANNELS)]


def _yes(cell: Cell, **more: Any) -> dict[str, Any]:
    evidence = {"seen_gpc": True} if cell.gpc == "before a seeing yes" else {}
    row = {
        "action": "grant",
        "purpose": cell.purpose,
        "channel": cell.channel,
        "topic": cell.topic,
        "days": 10,
    }
    return {**row, **more, "evidence": {**evidence, **more.get("evidence", {})}}


def _no(cell: Cell, action: str = "withdraw", **more: Any) -> dict[str, Any]:
    return {**_yes(cell), "action": action, "days": 5, "evidence": {}, **more}


def _said(cell: Cell) -> list[dict[str, Any]]:
    yes, no = _yes(cell), _no(cell)
    other = _another(cell.channel)
    whole = {"channel": "", "topic": ""}
    parent = cell.topic.rpartition(".")[0]
    elsewhere = "analytics" if cell.purpose != "analytics" else "model_training"
    told: dict[str, list[dict[str, Any]]] = {
        "nothing known": [],
        "yes to exactly this": [yes],
        "yes above, and the notice named this": [
            _yes(cell, **whole, evidence={"covers_below": True})
        ],
        "yes above, and the notice did not name this": [_yes(cell, **whole)],
        "yes on another channel": [_yes(cell, channel=other)],
        "yes to another purpose": [
            _yes(cell, purpose=elsewhere, **whole, evidence={"covers_below": True})
        ],
        "yes to another topic": [_yes(cell, topic="garden")],
        "yes that ran out": [_yes(cell, days=30, until=-1)],
        "yes of 25 months ago": [
            _yes(cell, days=760, until=30),
        ],
        "yes to words that changed": [_yes(cell, notice="changed")],
        "yes whose evidence is incomplete": [_yes(cell, imported=True)],
        "no": [_no(cell, "deny")],
        "yes, then withdrawn": [yes, no],
        "withdrawn, then yes again": [_no(cell, days=20), yes],
        "withdrawn, then an older yes arrives": [no, yes],
        "yes, and no at the same moment": [yes, _no(cell, "deny", days=10)],
        "yes, but no to the purpose as a whole": [yes, _no(cell, **whole)],
        "yes, but no to the topic above": [yes, _no(cell, topic=parent)],
        "yes, and no to a topic beneath": [
            yes,
            _no(cell, topic=f"{cell.topic}.rye" if cell.topic else "garden"),
        ],
        "objected": [_no(cell, "object")],
        "yes, but objected to the purpose as a whole": [
            yes,
            _no(cell, "object", **whole),
        ],
        "yes, and paused": [yes, {"action": "pause", "days": 1, "until": 6}],
        "yes, and this channel paused": [
            yes,
            {"action": "pause", "channel": cell.channel, "days": 1, "until": 6},
        ],
        "yes, and another channel paused": [
            yes,
            {"action": "pause", "channel": other, "days": 1, "until": 6},
        ],
        "yes, and a pause that is over": [
            yes,
            {"action": "pause", "days": 8, "until": -1},
        ],
        "yes, and this channel off": [
            yes,
            {"action": "channel_off", "channel": cell.channel, "days": 1},
        ],
        "yes, and another channel off": [
            yes,
            {"action": "channel_off", "channel": other, "days": 1},
        ],
        "yes, and this topic off": [
            yes,
            {"action": "topic_off", "topic": cell.topic, "days": 1},
        ],
        "yes, and the topic above off": [
            yes,
            {"action": "topic_off", "topic": parent, "days": 1},
        ],
        "yes, and another topic off": [
            yes,
            {"action": "topic_off", "topic": "garden", "days": 1},
        ],
        "yes, and all off": [yes, {"action": "off", "days": 1}],
        "yes, all off and on again": [
            yes,
            {"action": "off", "days": 2},
            {"action": "on", "days": 1},
        ],
        "yes, then erased": [
            yes,
            {"action": "block", "days": 1, "evidence": {"why": "erased"}},
        ],
        "yes, then died": [
            yes,
            {"action": "block", "days": 1, "evidence": {"why": "deceased"}},
        ],
    }
    return told[cell.state]
