from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.pages.customers.datatypes import HEADINGS as KNOWN_HEADINGS
from console.pages.customers.datatypes import Group, groups
from console.pages.customers.happenings import SAID, place, timeline
from console.templatetags.fmt import duration, number, plural, when_text
from decisioning.caps.queries import Cap
from decisioning.customers.queries import Customer
from decisioning.engine.portrait import CapUse, Portrait, cap_uses
from decisioning.engine.queries import sentence_of
from governance.catalogue.core import PURPOSES
from governance.catalogue.queries import DataElement
from governance.consent.core import Head, Policy, may
from governance.consent.queries import Proof, head_from
from governance.rights.core import OPEN
from governance.rights.queries import RightsRequest

__all__ = ["KNOWN_HEADINGS", "Viewer", "address", "masked", "page", "when_text"]
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


KINDS_OF_NAME = {
    "user": "Account",
    "anonymous": "Browser or app",
    "device": "Device",
    "email": "E-mail, as a keyed hash",
}
REASONS = {"identify": "Signed in on the device", "alias": "Named by another system"}


@dataclass(frozen=True, slots=True)
class Switch:
    key: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class MergeLine:
    id: int
    what: str
    when: str
    undone: str
    may_undo: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What may be changed for the person on request."""

    is_off: bool
    paused_until: str
    channels: list[Switch]
    sentence: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    pseudonym: str
    is_masked: bool
    identity: list[dict[str, Any]]
    names: list[dict[str, Any]]
    same_address: list[str]
    merges: list[MergeLine]
    consent_headings: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    said: list[dict[str, Any]]
    topics: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    data: list[Group]
    timeline: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    caps: list[dict[str, Any]]
    experiments: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    change: Change


def masked(value: str) -> str:
    """Enough to compare with what the customer says, too little to learn it."""
    name, at, _ = value.partition("@")
    kept = name[:2] if len(name) > 4 else name[:1]
    return f"{kept}•••{at}•••" if at else f"{kept}•••"


def identity(customer: Customer, *, is_masked: bool) -> list[dict[str, Any]]:
    show = masked if is_masked else str
    rows: list[dict[str, Any]] = [
        {"label": "Pseudonym", "value": customer.pseudonym, "mono": True},
        *(
            {"label": key.replace("_", " ").capitalize(), "value": show(str(value))}
            for key, value in sorted(customer.contact.items())
            if value and not key.startswith("_")
        ),
        {"label": "Known since", "value": when_text(customer.created_at)},
        {
            "label": "Last seen",
            "value": when_text(customer.last_seen_at)
            if customer.last_seen_at
            else "Not yet",
        },
        {"label": "Time zone", "value": customer.timezone or "Not known"},
        {"label": "Language", "value": customer.locale or "Not known"},
    ]
    if customer.basis:
        rows.append(
            {"label": "Basis", "value": "Public research data, no identifiable person"}
        )
    return rows


def names(found: Portrait, *, is_masked: bool) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {"text": KINDS_OF_NAME.get(name.kind, name.kind)},
                {"text": _name(name.kind, name.value, is_masked), "mono": True},
                {
                    "text": f"Shared since {when_text(name.shared_at)}"
                    if name.shared_at
                    else f"Since {when_text(name.since)}",
                    "muted": True,
                },
            ]
        }
        for name in found.identities
    ]


def _name(kind: str, value: str, is_masked: bool) -> str:
    if kind == "email":
        return f"{value[:12]}…"
    return masked(value) if is_masked else value


def merges(found: Portrait, *, may_undo: bool) -> list[MergeLine]:
    return [
        MergeLine(
            merge.id,
            f"{REASONS.get(merge.reason, merge.reason)}: "
            f"{plural(merge.n_names, 'name,names')} and "
            f"{plural(merge.n_events, 'event,events')} came over",
            when_text(merge.at),
            f"Undone {when_text(merge.undone_at)}" if merge.undone_at else "",
            may_undo and merge.undone_at is None,
        )
        for merge in found.merges
    ]


def consents(head: Head | None, policy: Policy, now: datetime) -> list[dict[str, Any]]:
    """What may be done, purpose by channel, as the next decision would judge it."""
    rows = []
    for purpose in PURPOSES.values():
        cells: list[dict[str, Any]] = [{"text": purpose.label}]
        for channel in CHANNELS:
            answer = may(head, purpose.key, channel, now=now, policy=policy)
            word = "Yes" if answer else _word(answer.code)
            cells.append(
                {"text": word, "pill": True, "tone": "positive" if answer else ""}
            )
        rows.append({"cells": cells})
    return rows


WORDS = {
    "consent.missing_purpose": "Not asked",
    "consent.unknown": "Not known",
    "consent.personalisation_off": "All off",
    "consent.gpc": "Browser says no",
}


def _word(code: str) -> str:
    plain = code.partition(".")[2].replace("_", " ").capitalize()
    return WORDS.get(code, plain)


NAME_HEADINGS = [{"label": label} for label in ("Kind", "Name", "Known")]
EXPERIMENT_HEADINGS = [
    {"label": label} for label in ("Experiment", "Arm", "Means", "State", "Since")
]
DECISION_HEADINGS = [
    {"label": label} for label in ("When", "Place", "What", "Why, as told")
]
TOPIC_HEADINGS = [{"label": "Topic"}, *({"label": c} for c in CHANNELS.values())]
SAID_HEADINGS = [
    {"label": label} for label in ("When", "What", "For what", "How", "Which words")
]


def said(rows: Sequence[Proof]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {"text": when_text(row.occurred_at)},
                {"text": SAID.get(row.action, row.action)},
                {"text": place(row)},
                {"text": row.how, "muted": True},
                {"text": _words(row), "muted": True},
            ]
        }
        for row in rows
    ]


def _words(row: Proof) -> str:
    if row.notice:
        key, _, version = row.notice.partition(":")
        return f"Notice {key}, version {version}"
    told = row.text or "No text kept"
    return told if row.is_complete else f"{told} (evidence incomplete: denies)"


def topics(head: Head | None, policy: Policy, now: datetime) -> list[dict[str, Any]]:
    """By topic, wherever the person said something about one."""
    if head is None:
        return []
    named = sorted({key.topic for key in head.cells if key.topic} | head.topics_off)
    rows = []
    for topic in named:
        cells: list[dict[str, Any]] = [{"text": topic}]
        for channel in CHANNELS:
            allowed = [
                PURPOSES[p].label
                for p in PURPOSES
                if PURPOSES[p].personalises
                and may(head, p, channel, topic, now=now, policy=policy)
            ]
            cells.append({"text": ", ".join(allowed) or "Nothing", "muted": True})
        rows.append({"cells": cells})
    return rows


def limits(head: Head | None) -> list[dict[str, Any]]:
    """The person's own switches, in words."""
    head = head or Head()
    own = head.max_per_week
    return [
        {
            "label": "Own limit",
            "value": "None set" if own is None else f"{own} messages a week",
        },
        {"label": "Age", "value": head.age.value.replace("_", " ").capitalize()},
        {
            "label": "Browser signal (GPC)",
            "value": f"Since {when_text(head.gpc_at)}" if head.gpc_at else "Not seen",
        },
        {
            "label": "Suppressed",
            "value": ", ".join(sorted(c or "all" for c in head.suppressed)) or "No",
        },
    ]


def decisions(found: Portrait, *, may_open: bool) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {
                    "text": when_text(decision.at),
                    "url": f"/decisions/{decision.id}/" if may_open else "",
                },
                {"text": decision.placement},
                {"text": MODES.get(decision.mode, decision.mode)},
                {
                    "text": decision.why or sentence_of(decision.reason),
                    "muted": not decision.why,
                },
            ]
        }
        for decision in found.decisions[:20]
    ]


CAP_HEADINGS = [
    {"label": "Cap"},
    {"label": "Used", "num": True},
    {"label": "Limit", "num": True},
    {"label": "In the last"},
    {"label": "Free again"},
]


def caps(uses: Sequence[CapUse]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {"text": use.name},
                {
                    "text": number(use.used),
                    "num": True,
                    "tone": "caution" if use.used >= use.limit else "",
                },
                {"text": number(use.limit), "num": True},
                {"text": duration(use.window)},
                {"text": when_text(use.free_at) if use.free_at else "Now"},
            ]
        }
        for use in uses
    ]


def experiments(found: Portrait) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {"text": each.name},
                {"text": each.arm},
                {
                    "text": "Control: gets the default"
                    if each.arm == each.control
                    else "Gets what the arm gives"
                },
                {"text": each.state},
                {"text": when_text(each.at), "muted": True},
            ]
        }
        for each in found.experiments
    ]


REQUESTS = dict(RightsRequest.Kind.choices)


def requests(found: Portrait) -> list[dict[str, Any]]:
    return [
        {
            "label": REQUESTS.get(each.kind, each.kind),
            "value": f"Due {when_text(each.due_at.date())}"
            if each.state in OPEN
            else each.outcome or each.state,
            "muted": f"asked {when_text(each.at)}",
        }
        for each in found.requests
    ]


def change(standing: Head, now: datetime) -> Change:
    until = standing.paused_until.get("")
    paused = when_text(until) if until and now < until else ""
    sentence = "Personalisation holds where it is allowed."
    if standing.personalisation_off:
        sentence = "Everything is off."
    elif paused:
        sentence = f"Paused until {paused}."
    return Change(
        is_off=standing.personalisation_off,
        paused_until=paused,
        channels=[
            Switch(key, label, key not in standing.channels_off)
            for key, label in CHANNELS.items()
        ],
        sentence=sentence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """What the reader may see and do here."""

    is_masked: bool
    may_open: bool
    may_undo: bool


def page(
    customer: Customer,
    found: Portrait,
    *,
    said_rows: Sequence[Proof],
    elements: Sequence[DataElement],
    caps_set: list[Cap],
    policy: Policy,
    viewer: Viewer,
    now: datetime,
) -> CustomerPage:
    head = head_from(found.head.version, found.head.cells) if found.head else None
    own = head.max_per_week if head else None
    return CustomerPage(
        pseudonym=customer.pseudonym,
        is_masked=viewer.is_masked,
        identity=identity(customer, is_masked=viewer.is_masked),
        names=names(found, is_masked=viewer.is_masked),
        same_address=found.same_address,
        merges=merges(found, may_undo=viewer.may_undo),
        consent_headings=[
            {"label": "Purpose"},
            *({"label": c} for c in CHANNELS.values()),
        ],
        consents=consents(head, policy, now),
        said=said(said_rows),
        topics=topics(head, policy, now),
        limits=limits(head),
        data=groups(customer, found, elements, is_masked=viewer.is_masked, now=now),
        timeline=timeline(found, said_rows),
        decisions=decisions(found, may_open=viewer.may_open),
        caps=caps(cap_uses(caps_set, found.contacts, own_limit=own, now=now)),
        experiments=experiments(found),
        segments=[
            {"label": each.name, "value": f"since {when_text(each.at)}"}
            for each in found.segments
        ],
        requests=requests(found),
        change=change(head or Head(), now),
    )


def address(pseudonym: str) -> str:
    return reverse("customers:detail", args=[pseudonym])
