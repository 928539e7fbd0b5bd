"""Who governs, what is due, on which sources we stand, and what counts as profiling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import number, when_text
from governance.catalogue.core import Catalogue
from governance.operating.core import Band, Due, age_days, band, check_due
from governance.operating.queries import Holders, RegulatoryReference
from governance.types import SERVING_STATES, Role, SignOffRole
from governance.usecases.core.classify import classify
from governance.usecases.queries import Card

Rows = list[dict[str, Any]]
TONES = {Band.LATE: "negative", Band.THREE: "negative", Band.FORTNIGHT: "caution"}
DUTIES: Mapping[Role, str] = {
    Role.MARKETER: "Writes use cases",
    Role.MARKETING_OWNER: "Answers for use cases and their value; signs for marketing",
    Role.ANALYST: "Answers for data and models; signs for data",
    Role.CHANNEL_OWNER: "Answers for a channel; signs for it",
    Role.PRIVACY_REVIEWER: "Owns personalisation governance; signs for privacy",
    Role.EXECUTIVE: "Signs what is of high risk; reads the scorecard",
    Role.SUPPORT: "Hears customers: complaints and requests",
    Role.AUDITOR: "Checks the record",
    Role.ADMIN: "Looks after people and keys",
}
SIGNING: Mapping[Role, SignOffRole] = {
    Role.MARKETING_OWNER: SignOffRole.MARKETING,
    Role.ANALYST: SignOffRole.DATA,
    Role.CHANNEL_OWNER: SignOffRole.CHANNEL,
    Role.PRIVACY_REVIEWER: SignOffRole.PRIVACY,
    Role.EXECUTIVE: SignOffRole.EXECUTIVE,
}
ROLE_HEADINGS = [
    {"label": "Role"},
    {"label": "Does"},
    {"label": "Held by"},
    {"label": "Standing"},
]
DUE_HEADINGS = [
    {"label": "What"},
    {"label": "Why"},
    {"label": "By"},
    {"label": "How near"},
]
SOURCE_HEADINGS = [
    {"label": "Source"},
    {"label": "Version"},
    {"label": "Standing"},
    {"label": "Last read"},
    {"label": "Age", "num": True},
]
PROFILING_HEADINGS = [
    {"label": "Use case"},
    {"label": "Profiling"},
    {"label": "Because"},
    {"label": "Automated decisions"},
    {"label": "Tier"},
]
PAGES = {
    "use_case": "usecases:detail",
    "rights_request": "rights:detail",
    "complaint": "complaints:detail",
    "ref": "operating:reference",
}


@dataclass(frozen=True, slots=True)
class Governance:
    """Who owns it, and which role nobody holds."""

    owners: str
    is_clear: bool
    vacant: tuple[str, ...]
    sentence: str


def role_name(role: Role) -> str:
    return role.value.replace("_", " ").capitalize()


def governance(found: Sequence[Holders]) -> Governance:
    held = {each.role: each.names for each in found}
    owners = held.get(Role.PRIVACY_REVIEWER, ())
    vacant = tuple(role_name(role) for role in SIGNING if not held.get(role))
    if not owners:
        sentence = (
            "Nobody owns personalisation governance: there is no privacy reviewer."
        )
    elif vacant:
        sentence = f"{_names(owners)}; but nobody signs as {_names(vacant).lower()}."
    else:
        sentence = f"{_names(owners)}; every role that signs is held."
    return Governance(_names(owners), bool(owners) and not vacant, vacant, sentence)


def _names(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def role_rows(found: Sequence[Holders]) -> Rows:
    return [{"cells": _role(each)} for each in found]


def _role(each: Holders) -> Rows:
    is_missing = not each.names and each.role in SIGNING
    standing = "vacant: its signature cannot be given" if is_missing else "held"
    if not each.names and not is_missing:
        standing = "nobody"
    return [
        {"text": role_name(each.role)},
        {"text": DUTIES[each.role], "muted": True},
        {"text": _names(each.names) or "–"},
        {"text": standing, "tone": "negative" if is_missing else ""},
    ]


def due_rows(dues: Iterable[Due], now: datetime) -> Rows:
    """What is late or comes within thirty days; the rest is not on the list."""
    near = [(due, band(due.at, now)) for due in dues]
    return [{"cells": _due(due, how)} for due, how in near if how is not Band.LATER]


def _due(due: Due, how: Band) -> Rows:
    return [
        {"text": due.what, "url": address(due.subject)},
        {"text": due.kind, "muted": True},
        {"text": when_text(due.at.date())},
        {"text": how.value, "tone": TONES.get(how, "")},
    ]


def address(subject: str) -> str:
    kind, _, key = subject.partition(":")
    return reverse(PAGES[kind], args=[key]) if kind in PAGES else ""


def source_rows(found: Iterable[RegulatoryReference], now: datetime) -> Rows:
    return [{"cells": _source(row, now)} for row in found]


def _source(row: RegulatoryReference, now: datetime) -> Rows:
    days = age_days(row.checked_on, now)
    is_old = check_due(row.checked_on, now) <= now
    by = row.checked_by.display_name if row.checked_by else "as delivered"
    return [
        {"text": row.source, "url": reverse("operating:reference", args=[row.key])},
        {"text": row.version, "muted": True},
        {
            "text": RegulatoryReference.Status(row.status).label,
            "tone": "caution" if row.status == "draft" else "",
        },
        {"text": f"{when_text(row.checked_on)}, {by}", "muted": True},
        {
            "text": f"{number(days)} days",
            "num": True,
            "tone": "caution" if is_old else "",
        },
    ]


def live(cards: Iterable[Card]) -> list[Card]:
    return [card for card in cards if card.state in SERVING_STATES]


def profiling_rows(cards: Iterable[Card], catalogue: Catalogue) -> Rows:
    """Live use cases, each with its computed class and the reasons for it."""
    return [{"cells": _profiling(card, catalogue)} for card in live(cards)]


def _profiling(card: Card, catalogue: Catalogue) -> Rows:
    found = classify(card.content, catalogue)
    reasons = found.profiling_reasons or ("Nothing personal is evaluated.",)
    return [
        {"text": card.name, "url": reverse("usecases:detail", args=[card.key])},
        {"text": "Yes" if found.is_profiling else "No"},
        {"text": " ".join(reasons), "muted": True},
        {"text": found.adm.value.replace("_", " ").capitalize()},
        {"text": found.tier.value},
    ]


def reference_facts(row: RegulatoryReference, now: datetime) -> Rows:
    days = age_days(row.checked_on, now)
    by = row.checked_by.display_name if row.checked_by else "as delivered"
    return [
        {"label": "Version", "value": row.version},
        {"label": "Standing", "value": RegulatoryReference.Status(row.status).label},
        {"label": "Last read", "value": f"{when_text(row.checked_on)}, {by}"},
        {"label": "Age", "value": f"{number(days)} days"},
        {
            "label": "Read again by",
            "value": when_text(check_due(row.checked_on, now).date()),
        },
    ]
