from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from governance.catalogue.core import PURPOSES, Purpose
from governance.consent.core import Head, may
from governance.types import Answer

CHANNELS: Mapping[str, str] = {
    "web": "On our pages",
    "email": "E-mail",
    "sms": "Text message",
    "app": "In the app",
    "push": "App notice",
}
SENT: frozenset[str] = frozenset({"email", "sms", "push"})
QUESTIONS: Mapping[str, tuple[str, str]] = {
    "personalise_onsite": (
        "Pick what I see",
        "We choose what our pages show you first.",
    ),
    "recommendations": ("Suggest things to me", "We suggest goods you may like."),
    "direct_marketing": ("Send me offers", "We write to you in the ways you left on."),
    "ads_sharing": ("Share with ad firms", "We tell others, so they can show you ads."),
    "analytics": ("Count my visits", "We count how our pages are used."),
    "model_training": (
        "Learn from what I did",
        "We learn from the past to choose well.",
    ),
}
PAUSES = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class ChannelRow:
    key: str
    label: str
    is_on: bool
    hint: str


@dataclass(frozen=True, slots=True)
class PurposeRow:
    key: str
    label: str
    hint: str
    state: str
    said_yes: bool
    said_no: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """A person's standing as the page reads it, from the same head that decides."""

    is_off: bool
    paused_until: str
    channels: list[ChannelRow]
    purposes: list[PurposeRow]
    says_gpc: bool
    pauses: tuple[int, ...] = PAUSES


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def choices(head: Head | None, now: datetime) -> Choices:
    standing = head or Head()
    return Choices(
        is_off=standing.personalisation_off,
        paused_until=_paused(standing, now),
        channels=[_channel(standing, key, now) for key in CHANNELS],
        purposes=[_purpose(standing, PURPOSES[key], now) for key in QUESTIONS],
        says_gpc=standing.gpc_at is not None,
    )


def _paused(head: Head, now: datetime) -> str:
    until = head.paused_until.get("")
    return day(until) if until and now < until else ""


def _channel(head: Head, key: str, now: datetime) -> ChannelRow:
    is_on = key not in head.channels_off
    need = "direct_marketing" if key in SENT else "personalise_onsite"
    answer: Answer = may(head, need, key, now=now)
    unsaid = ("consent.missing_purpose", "consent.unknown", "consent.withdrawn")
    hint = ""
    if is_on and answer.code in unsaid:
        hint = f"Waits for your yes to “{QUESTIONS[need][0]}”."
    return ChannelRow(key, CHANNELS[key], is_on, hint)


def _purpose(head: Head, purpose: Purpose, now: datetime) -> PurposeRow:
    label, hint = QUESTIONS[purpose.key]
    cells = [cell for key, cell in head.cells.items() if key.purpose == purpose.key]
    said_no = any(cell.choice != "grant" for cell in cells)
    said_yes = bool(cells) and not said_no
    places = ("", *CHANNELS)
    holds = any(may(head, purpose.key, place, now=now) for place in places)
    if said_no:
        state = "You said no."
    elif said_yes and holds:
        state = f"You said yes on {day(max(cell.at for cell in cells))}."
    elif said_yes:
        state = "You said yes, but it is not in use now."
    else:
        state = "You have not said. That means no."
    return PurposeRow(purpose.key, label, hint, state, said_yes, said_no)


def read_back(saved: str, now_holds: Choices) -> str:
    """What was asked to be saved, told from what is stored now; empty if unknown."""
    kind, _, key = saved.partition(".")
    if kind == "everything":
        return (
            "all is off" if now_holds.is_off else "you are back to your choices below"
        )
    if kind == "pause":
        until = now_holds.paused_until
        return f"you have a break until {until}" if until else "there is no break now"
    for channel in now_holds.channels:
        if kind == "channel" and channel.key == key:
            return f"{channel.label} is {'on' if channel.is_on else 'off'}"
    for purpose in now_holds.purposes:
        if kind == "purpose" and purpose.key == key:
            return f"“{purpose.label}” is {'a yes' if purpose.said_yes else 'a no'}"
    return ""
