from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from decisioning.engine.queries import Layers
from governance.consent.core import Head

CHANNELS: Mapping[str, str] = {
    "web": "our pages",
    "email": "e-mail",
    "sms": "text messages",
    "app": "the app",
    "push": "app notices",
}
MOST_UNUSED = 5


@dataclass(frozen=True, slots=True)
class Used:
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class Why:
    """The three layers in the customer's words."""

    sentence: str
    testing: str
    used: list[Used]
    not_used: str
    is_known: bool
    is_off: bool
    channel: str
    channel_is_off: bool
    preferences_url: str


def why(
    layers: Layers,
    *,
    head: Head | None,
    is_known: bool,
    channel: str,
    preferences_url: str,
) -> Why:
    return Why(
        sentence=layers.sentence,
        testing=layers.testing,
        used=[Used(s.label, _hint(s.source, s.kept_days)) for s in layers.used],
        not_used=_not_used(layers.not_used),
        is_known=is_known,
        is_off=head is not None and head.personalisation_off,
        channel=CHANNELS.get(channel, ""),
        channel_is_off=head is not None and channel in head.channels_off,
        preferences_url=preferences_url,
    )


def _hint(source: str, kept_days: int | None) -> str:
    parts = [f"From {source[0].lower()}{source[1:].rstrip('.')}."] if source else []
    if kept_days:
        parts.append(f"Kept for {_span(kept_days)}.")
    return " ".join(parts)


def _span(days: int) -> str:
    if days % 365 == 0:
        return "a year" if days == 365 else f"{days // 365} years"
    if days >= 60:
        return f"{round(days / 30.4)} months"
    return f"{days} days"


def _not_used(labels: tuple[str, ...]) -> str:
    named = ", ".join(
        f"{label[0].lower()}{label[1:]}" for label in labels[:MOST_UNUSED] if label
    )
    if not named:
        return "Anything from other firms."
    return f"{named[0].upper()}{named[1:]}, or anything from other firms."


def read_back(saved: str, shown: Why) -> str:
    """What holds now, about the control that was used; empty for anything else."""
    if saved == "everything" and shown.is_off:
        return "all is off"
    if saved == "channel" and shown.channel_is_off:
        return (
            f"{shown.channel} are off"
            if shown.channel.endswith("s")
            else f"{shown.channel} is off"
        )
    return ""
