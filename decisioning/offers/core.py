"""What an offer, a creative and a placement must look like."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from governance.lints.core import Copy, Finding, blockers, copy_findings


class Channel(StrEnum):
    """Where a placement lives."""

    WEB = "web"
    APP = "app"
    EMAIL = "email"
    PUSH = "push"
    SMS = "sms"

    @property
    def label(self) -> str:
        """The channel in words."""
        return CHANNEL_LABELS[self]


CHANNEL_LABELS: Mapping[Channel, str] = {
    Channel.WEB: "Web",
    Channel.APP: "App",
    Channel.EMAIL: "E-mail",
    Channel.PUSH: "Push",
    Channel.SMS: "Text message",
}
BENEFITS: Mapping[str, str] = {
    "benefit": "Good for the customer",
    "neutral": "Neither",
    "burden": "Asks something of the customer",
}
CONTENT_SLOTS: Mapping[str, int] = {
    "headline": 90,
    "body": 300,
    "image": 300,
    "url": 500,
    "button": 40,
}
SPOKEN_SLOTS = ("headline", "body", "button")
MOST_PRIORITY = 100.0
MOST_MINOR = 10**15
KEY_FORM = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
LONGEST = {"name": 120, "topic": 60, "why_signal": 140}


def offer_problems(
    *,
    name: str,
    value_minor: int,
    margin_minor: int,
    cost_minor: int,
    priority: float,
    currency: str,
    benefit: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    topic: str = "",
    why_signal: str = "",
) -> dict[str, str]:
    """Name what keeps an offer from being saved.

    Parameters
    ----------
    name, topic, why_signal, priority, benefit
        As the form sends them.
    value_minor, margin_minor, cost_minor, currency
        Money in minor units.
    starts_at, ends_at
        Half-open validity.

    Returns
    -------
    dict
        Field to sentence, empty when the offer may be saved.
    """
    found = text_problems(name=name, topic=topic, why_signal=why_signal)
    if not name.strip():
        found["name"] = "Give the offer a name that colleagues will recognise."
    if not 0 <= value_minor <= MOST_MINOR:
        found["value_minor"] = "Write what the offer is worth to us, 0 or more."
    if not 0 <= cost_minor <= MOST_MINOR:
        found["cost_minor"] = "Write what showing it costs, 0 or more."
    if not -MOST_MINOR <= margin_minor <= value_minor:
        found["margin_minor"] = "The margin cannot be more than the value."
    if not 0 <= priority <= MOST_PRIORITY:
        found["priority"] = "Choose a priority from 0 to 100. 1 changes nothing."
    if len(currency) != 3 or not currency.isalpha() or currency != currency.upper():
        found["currency"] = "Write the three letters of the currency, such as GBP."
    if benefit not in BENEFITS:
        found["benefit"] = "Say whether this is good for the customer or asks of them."
    if starts_at is None:
        found["starts_at"] = "Say from when it may be shown."
    elif ends_at is not None and ends_at <= starts_at:
        found["ends_at"] = "The end must be later than the start."
    return found


def text_problems(**texts: str) -> dict[str, str]:
    """Name texts that are too long or cannot be stored.

    Parameters
    ----------
    texts
        Field to text, for the fields of ``LONGEST``.

    Returns
    -------
    dict
        Field to sentence.
    """
    found = {}
    for field, text in texts.items():
        if len(text) > LONGEST[field]:
            found[field] = f"Keep it to {LONGEST[field]} characters."
        elif "\x00" in text:
            found[field] = "Remove the characters that cannot be stored."
    return found


def key_problem(key: str) -> str:
    """What keeps a placement's key from being used in addresses and references.

    Parameters
    ----------
    key
        Such as ``home.hero``.

    Returns
    -------
    str
        Empty when it may be used.
    """
    if KEY_FORM.fullmatch(key):
        return ""
    return "Use small letters, digits, dots and hyphens, such as home.hero."


def content_problems(content: Mapping[str, Any]) -> dict[str, str]:
    """Name what keeps a creative's or a placement's content from being saved.

    Parameters
    ----------
    content
        Slot to text.

    Returns
    -------
    dict
        Slot to sentence, empty when it may be saved.
    """
    found: dict[str, str] = {}
    for slot, value in content.items():
        if slot not in CONTENT_SLOTS:
            found[slot] = f"There is no slot “{slot}”: use {', '.join(CONTENT_SLOTS)}."
        elif not isinstance(value, str):
            found[slot] = "Write text."
        elif "\x00" in value:
            found[slot] = "Remove the characters that cannot be stored."
        elif len(value) > CONTENT_SLOTS[slot]:
            found[slot] = f"Keep it to {CONTENT_SLOTS[slot]} characters."
    if not str(content.get("headline", "")).strip():
        found["headline"] = "Write the headline that customers will read."
    for slot in ("url", "image"):
        address = str(content.get(slot, ""))
        if address and not _is_address(address):
            found[slot] = "Write an address that starts with https:// or with /."
    return found


def copy_problems(
    content: Mapping[str, Any], *, channel: str, topic: str, has_end: bool
) -> dict[str, str]:
    """Name texts that creep people out, push them or mislead them.

    Parameters
    ----------
    content
        Slot to text.
    channel, topic
        Where it is shown, and what people may leave out.
    has_end
        Whether the offer has an end date, to which urgent words may refer.

    Returns
    -------
    dict
        Slot to sentence: what blocks, with the way out.
    """
    found = copy_lints(content, channel=channel, topic=topic, has_end=has_end)
    return {
        slot: f"{stop[0].text} {stop[0].mend}"
        for slot, told in found.items()
        if (stop := blockers(told))
    }


def copy_lints(
    content: Mapping[str, Any], *, channel: str, topic: str, has_end: bool
) -> dict[str, tuple[Finding, ...]]:
    """Everything the lints say about a creative's texts, by slot.

    Parameters
    ----------
    content, channel, topic, has_end
        As for ``copy_problems``.

    Returns
    -------
    dict
        Only slots about which there is something to say.
    """
    found = {}
    for slot in SPOKEN_SLOTS:
        copy = Copy(
            text=str(content.get(slot, "")),
            channel=channel,
            topic=topic,
            has_real_deadline=has_end,
        )
        if told := copy_findings(copy):
            found[slot] = told
    return found


def _is_address(text: str) -> bool:
    return text.startswith("https://") or (
        text.startswith("/") and not text.startswith("//")
    )
