"""Creepy lints on where, when, how near and how labelled a use case reaches people."""

import re
from collections.abc import Iterable

from governance.lints.core.facts import OUTBOUND, Facts
from governance.lints.core.finding import Finding, Severity

A_DAY = 1.0
MOST_REMINDERS = 2
DAY_BEGINS, DAY_ENDS = 8, 21
PRECISE = re.compile(
    r"\b(?:post ?codes?|zip(?: codes?)?|street\w*|address\w*|latitude|longitude|lat|"
    r"lng|lon|geo\w*|gps|coordinates?|ip|user agent|device (?:model|id|serial)|"
    r"imei|os version|screen (?:size|width|height)|house number)\b",
    re.IGNORECASE,
)


def precise(facts: Facts) -> Iterable[Finding]:
    """L-10: a rule that rests on a precise place or on the value of a device."""
    spoken = {name: re.sub(r"[._-]+", " ", name) for name in facts.rule_fields}
    named = [name for name, text in spoken.items() if PRECISE.search(text)]
    named += [use.label for use in facts.uses if use.is_precise]
    for name in named:
        yield Finding(
            "L-10",
            Severity.WARN,
            f"“{name}” is a precise place or tells the value of a device.",
            "A region, or phone and computer, is usually enough.",
        )


def labels(facts: Facts) -> Iterable[Finding]:
    """L-09 and L-11: what has to be said beside the content."""
    if facts.price_varies and not facts.has_price_label:
        yield price_unlabelled()
    if facts.ai_generated and not facts.has_ai_label:
        yield ai_unlabelled()


def price_unlabelled() -> Finding:
    """L-09."""
    return Finding(
        "L-09",
        Severity.BLOCK,
        "A price or discount differs by person and nothing tells them so.",
        "Label the price as personalised, or give everybody the same.",
    )


def ai_unlabelled() -> Finding:
    """L-11."""
    return Finding(
        "L-11",
        Severity.BLOCK,
        "A machine wrote this and nothing tells people so.",
        "Let a person write it, or say beside it that a machine did.",
    )


def contacts(facts: Facts) -> Iterable[Finding]:
    """L-04, L-12 and L-13: too soon, too often, at the wrong hour."""
    is_sent = bool(OUTBOUND.intersection(facts.channels))
    if is_sent and facts.freshest_days is not None and facts.freshest_days < A_DAY:
        yield Finding(
            "L-04",
            Severity.WARN,
            "It writes within a day of what people did: “you just looked at …”.",
            "Let at least a day pass.",
        )
    if facts.reminders > MOST_REMINDERS:
        yield Finding(
            "L-12",
            Severity.WARN,
            f"It may remind people {facts.reminders} times of one thing left behind.",
            "Twice is enough: lower the cap.",
        )
    if is_sent and facts.hours is not None and not _by_day(*facts.hours):
        yield Finding(
            "L-13",
            Severity.BLOCK,
            "It may reach people between 9 in the evening and 8 in the morning.",
            "Keep to the hours from 8 to 21 in the customer's own time.",
        )


def _by_day(start: int, end: int) -> bool:
    return DAY_BEGINS <= start < end <= DAY_ENDS
