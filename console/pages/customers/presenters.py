from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import number, when_text
from decisioning.customers.queries import Person
from decisioning.engine.queries import Decision, sentence_of
from governance.catalogue.core import PURPOSES
from governance.consent.core import Head, may

CHANNELS: Mapping[str, str] = {
    "web": "Web",
    "email": "E-mail",
    "app": "App",
    "push": "Push",
    "sms": "Text message",
}
MODES = {
    "personalised": "Chosen for them",
    "control": "Control: the default",
    "holdout": "Held out: the default",
    "default": "The default",
    "safe_default": "The default, service was down",
    "imported": "Imported, not decided here",
}


@dataclass(frozen=True, slots=True)
class Switch:
    key: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    pseudonym: str
    is_masked: bool
    identity: list[dict[str, Any]]
    traits: list[dict[str, Any]]
    consent_headings: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    is_off: bool
    paused_until: str
    channels: list[Switch]
    counts: list[dict[str, Any]]


def masked(value: str) -> str:
    """Enough to compare with what the customer says, too little to learn it."""
    name, at, _ = value.partition("@")
    kept = name[:2] if len(name) > 4 else name[:1]
    return f"{kept}•••{at}•••" if at else f"{kept}•••"


def identity(person: Person, *, is_masked: bool) -> list[dict[str, Any]]:
    show = masked if is_masked else str
    customer = person.customer
    rows: list[dict[str, Any]] = [
        {"label": "Pseudonym", "value": customer.pseudonym, "mono": True},
        {"label": "Customer id", "value": _listed(person.user_ids, show)},
        {"label": "Devices", "value": number(len(person.anonymous_ids))},
        *(
            {"label": key.replace("_", " ").capitalize(), "value": show(str(value))}
            for key, value in sorted(customer.contact.items())
            if value
        ),
        {"label": "Known since", "value": when_text(customer.created_at)},
        {
            "label": "Last seen",
            "value": when_text(customer.last_seen_at)
            if customer.last_seen_at
            else "Not yet",
        },
    ]
    if customer.basis:
        rows.append(
            {"label": "Basis", "value": "Public research data, no identifiable person"}
        )
    return rows


def _listed(values: tuple[str, ...], show: Any) -> str:
    return ", ".join(show(value) for value in values) or "None: a device only"


def consents(head: Head | None, now: datetime) -> list[dict[str, Any]]:
    """What may be done, purpose by channel, as the next decision would judge it."""
    rows = []
    for purpose in PURPOSES.values():
        cells: list[dict[str, Any]] = [{"text": purpose.label}]
        for channel in CHANNELS:
            answer = may(head, purpose.key, channel, now=now)
            word = "Yes" if answer else answer.code.partition(".")[2].replace("_", " ")
            cells.append(
                {"text": word, "pill": True, "tone": "positive" if answer else ""}
            )
        rows.append({"cells": cells})
    return rows


def decisions(found: list[Decision], *, may_open: bool) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {
                    "text": when_text(decision.decided_at),
                    "url": f"/decisions/{decision.pk}/" if may_open else "",
                },
                {"text": decision.placement_key},
                {"text": MODES.get(decision.mode, decision.mode)},
                {
                    "text": decision.why or sentence_of(decision.reason),
                    "muted": not decision.why,
                },
            ]
        }
        for decision in found
    ]


def page(
    person: Person,
    *,
    head: Head | None,
    found: list[Decision],
    counts: Mapping[str, int],
    is_masked: bool,
    may_open: bool,
    now: datetime,
) -> CustomerPage:
    standing = head or Head()
    until = standing.paused_until.get("")
    return CustomerPage(
        pseudonym=person.customer.pseudonym,
        is_masked=is_masked,
        identity=identity(person, is_masked=is_masked),
        traits=[]
        if is_masked
        else [
            {"label": key.replace("_", " ").capitalize(), "value": _plain(value)}
            for key, value in sorted(person.customer.traits.items())
        ],
        consent_headings=[
            {"label": "Purpose"},
            *({"label": c} for c in CHANNELS.values()),
        ],
        consents=consents(head, now),
        decisions=decisions(found, may_open=may_open),
        is_off=standing.personalisation_off,
        paused_until=when_text(until) if until and now < until else "",
        channels=[
            Switch(key, label, key not in standing.channels_off)
            for key, label in CHANNELS.items()
        ],
        counts=[{"label": name, "value": number(n)} for name, n in counts.items()],
    )


def _plain(value: Any) -> str:
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if value is None or value == "":
        return "Not recorded"
    return (
        number(value)
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )


def address(pseudonym: str) -> str:
    return reverse("customers:detail", args=[pseudonym])
