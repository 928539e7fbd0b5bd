from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import when_text
from governance.assessments.core.hearing import Outcome, Wish
from governance.assessments.hearings import Hearing

HEADINGS = [
    {"label": "No.", "num": True},
    {"label": "What they ask for"},
    {"label": "About"},
    {"label": "Came in"},
    {"label": "State"},
    {"label": "Due"},
]


def due(row: Hearing, now: datetime) -> tuple[str, str]:
    """The term of five working days, with the tone it calls for."""
    if row.decided_at is not None:
        return f"Decided {when_text(row.decided_at)}", ""
    if row.due_at <= now:
        return f"Late since {when_text(row.due_at)}", "negative"
    tone = "caution" if (row.due_at - now).days < 1 else ""
    return f"By {when_text(row.due_at)}", tone


def rows(
    found: Iterable[Hearing], names: Mapping[str, str], now: datetime
) -> list[dict[str, Any]]:
    return [{"cells": _cells(row, names, now)} for row in found]


def _cells(
    row: Hearing, names: Mapping[str, str], now: datetime
) -> list[dict[str, Any]]:
    told, tone = due(row, now)
    url = reverse("hearings:detail", args=[row.pk])
    return [
        {"text": str(row.pk), "num": True, "url": url},
        {"text": Wish(row.wish).label},
        {"text": names.get(row.use_case_key, row.use_case_key)},
        {"text": when_text(row.received_at), "muted": True},
        {"text": row.state.capitalize()},
        {"text": told, "tone": tone},
    ]


def facts(row: Hearing, who: str, about: str, now: datetime) -> list[dict[str, Any]]:
    told, _ = due(row, now)
    found: list[dict[str, Any]] = [
        {"label": "Customer", "value": who, "mono": True},
        {"label": "Asks", "value": Wish(row.wish).label},
        {"label": "About", "value": about},
        {"label": "Came in", "value": when_text(row.received_at)},
        {"label": "A person looks", "value": told},
        *_decisions(row),
    ]
    if row.outcome:
        who_decided = str(row.decided_by)
        found.append({"label": "Outcome", "value": Outcome(row.outcome).label})
        found.append({"label": "Decided by", "value": who_decided})
    return found


def _decisions(row: Hearing) -> list[dict[str, Any]]:
    named = (
        ("The decision", row.decision_id),
        ("Decided again", row.new_decision_id),
    )
    return [
        {"label": label, "value": str(pk)[:8], "url": f"/decisions/{pk}/"}
        for label, pk in named
        if pk
    ]
