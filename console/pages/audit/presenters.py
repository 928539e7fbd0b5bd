from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from console.templatetags.fmt import number, when_text
from governance.audit.publishing import PublishedRoot
from governance.audit.queries import AuditEntry

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CSV_HEADINGS = (
    "number",
    "when",
    "kind of actor",
    "who",
    "what",
    "on what",
    "id",
    "details",
    "content signed",
    "seal",
)

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
        return ChainState(
            "Nobody has walked along the record yet.", "Not checked", "caution"
        )
    told = last.details
    since = f" {number(n_since)} entries since." if n_since > 0 else ""
    found = f"{last.actor_label}, {when_text(last.occurred_at)}"
    if told.get("intact"):
        text = (
            f"{number(told.get('n_checked', 0))} entries, each sealing the one before, "
            f"and {number(told.get('n_rows', 0))} signatures, consents, decisions and "
            f"other rows under {number(told.get('n_seals', 0))} seals, checked by "
            f"{found}.{since}"
        )
        return ChainState(text, "Holds", "positive")
    fault = told.get("fault", "A fault was found.")
    text = f"{fault} Found by {found}."
    return ChainState(text, "Broken", "negative")


def roots(published: Sequence[PublishedRoot]) -> str:
    """The last root that left the database, or that none has."""
    if not published:
        return "No root has been published yet; the first one follows at 00:05 UTC."
    last = published[-1]
    at = when_text(datetime.fromisoformat(last.at))
    return (
        f"Roots published outside the database: {number(len(published))}. The last: "
        f"seal {last.seal}, {at}. What came later is proved by the next one."
    )


def query(asked: Mapping[str, str]) -> str:
    return f"{urlencode(asked)}&" if asked else ""


def csv_row(entry: AuditEntry) -> list[str]:
    told = (
        str(entry.seq),
        entry.occurred_at.isoformat(),
        entry.actor_kind,
        entry.actor_label,
        entry.type,
        entry.subject_kind,
        entry.subject_id,
        json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
        entry.digest,
        entry.hash,
    )
    return [_safe(text) for text in told]


def _safe(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in FORMULA_STARTS else text
