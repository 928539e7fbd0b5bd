from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import number, when_text
from governance.audit.queries import AuditEntry

HEADINGS = [
    {"label": "No.", "num": True},
    {"label": "When"},
    {"label": "Who"},
    {"label": "What"},
    {"label": "On what"},
]
KINDS = {
    "use_case": "Use cases",
    "signoff": "Sign-offs",
    "consent": "Consent",
    "person": "Customers",
    "offer": "Offers",
    "segment": "Segments",
    "experiment": "Experiments",
    "user": "People",
    "api_key": "API keys",
    "job": "Jobs",
    "complaint": "Complaints",
    "audit": "The audit itself",
}


@dataclass(frozen=True, slots=True)
class ChainState:
    text: str
    pill: str
    tone: str


def words(event: str) -> str:
    return event.replace(".", " ").replace("_", " ")


def rows(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {
                    "text": str(entry.seq),
                    "num": True,
                    "url": reverse("audit:detail", args=[entry.seq]),
                },
                {"text": when_text(entry.occurred_at)},
                {"text": entry.actor_label},
                {"text": words(entry.type)},
                {
                    "text": f"{entry.subject_kind} {entry.subject_id}".replace(
                        "_", " "
                    ),
                    "muted": True,
                },
            ]
        }
        for entry in entries
    ]


def facts(entry: AuditEntry) -> list[dict[str, Any]]:
    return [
        {"label": "When", "value": f"{when_text(entry.occurred_at)} UTC"},
        {
            "label": "Who",
            "value": entry.actor_label,
            "muted": entry.actor_kind.replace("_", " "),
        },
        {"label": "What", "value": entry.type, "mono": True},
        {"label": "On what", "value": f"{entry.subject_kind} {entry.subject_id}"},
        {
            "label": "Content signed",
            "value": entry.digest or "Does not apply",
            "mono": bool(entry.digest),
        },
        {"label": "Entry before", "value": entry.prev_hash, "mono": True},
        {"label": "Seal", "value": entry.hash, "mono": True},
    ]


def details(entry: AuditEntry) -> list[dict[str, str]]:
    return [
        {"label": key.replace("_", " ").capitalize(), "value": _plain(value)}
        for key, value in entry.details.items()
    ]


def _plain(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if value is None or value == "":
        return "not given"
    return (
        {True: "yes", False: "no"}.get(value, str(value))
        if isinstance(value, bool)
        else str(value)
    )


def chain_state(last: AuditEntry | None, n_since: int) -> ChainState:
    if last is None:
        return ChainState("Nobody has walked the chain yet.", "Not checked", "caution")
    told = last.details
    since = f" {number(n_since)} added since." if n_since > 0 else ""
    found = f"{last.actor_label}, {when_text(last.occurred_at)}"
    if told.get("intact"):
        n_checked = number(told.get("n_checked", 0))
        text = (
            f"{n_checked} entries checked by {found}: each seals the one before.{since}"
        )
        return ChainState(text, "Holds", "positive")
    fault = told.get("fault", "A fault was found.")
    text = f"{fault} Found by {found}."
    return ChainState(text, "Broken", "negative")
