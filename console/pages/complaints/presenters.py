from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import number, small_count, when_text
from governance.rights.queries import Complaint, ComplaintCounts

WORDS = {"received": "Received", "acknowledged": "Answered", "closed": "Closed"}
HEADINGS = [
    {"label": "No.", "num": True},
    {"label": "In the customer’s words"},
    {"label": "About"},
    {"label": "Came in"},
    {"label": "State"},
    {"label": "Clock"},
]
SHOWN_TEXT = 90


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    number: int
    text: str
    state: str
    tone: str
    clock: str
    facts: list[dict[str, Any]]
    outcome: str
    is_received: bool
    is_closed: bool


def clock(complaint: Complaint, now: datetime) -> tuple[str, str]:
    """What the law's clock says, with the tone it calls for."""
    if complaint.state != "received":
        return "Stopped", ""
    days = (complaint.acknowledge_by - now).days
    if complaint.acknowledge_by <= now:
        return f"Late since {when_text(complaint.acknowledge_by)}", "negative"
    left = (
        "Less than a day left"
        if days < 1
        else f"{days} {'day' if days == 1 else 'days'} left"
    )
    return left, "caution" if days < 7 else ""


def rows(
    found: Iterable[Complaint], names: dict[str, str], now: datetime
) -> list[dict[str, Any]]:
    return [{"cells": _cells(complaint, names, now)} for complaint in found]


def _cells(
    complaint: Complaint, names: dict[str, str], now: datetime
) -> list[dict[str, Any]]:
    told, tone = clock(complaint, now)
    text = complaint.text[:SHOWN_TEXT] + (
        "…" if len(complaint.text) > SHOWN_TEXT else ""
    )
    key = complaint.use_case_key
    return [
        {
            "text": str(complaint.pk),
            "num": True,
            "url": reverse("complaints:detail", args=[complaint.pk]),
        },
        {"text": text},
        {"text": names.get(key, key) or "Not said", "muted": not key},
        {"text": when_text(complaint.received_at), "muted": True},
        {"text": WORDS.get(complaint.state, complaint.state)},
        {"text": told, "tone": tone},
    ]


def count_stats(counts: ComplaintCounts) -> list[dict[str, str]]:
    return [
        {"label": "Open", "value": number(counts.n_open), "note": "Not closed yet."},
        {
            "label": "Late",
            "value": number(counts.n_overdue),
            "note": "No answer within 30 days.",
            "tone": "negative" if counts.n_overdue else "",
        },
        {
            "label": "Closed",
            "value": number(counts.n_closed),
            "note": "With what was done.",
        },
    ]


def by_use_case(counts: ComplaintCounts, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {"text": names.get(key, key) or "Not said"},
                {"text": small_count(n), "num": True},
            ]
        }
        for key, n in counts.by_use_case.items()
    ]


def page(complaint: Complaint, who: str, about: str, now: datetime) -> ComplaintPage:
    told, tone = clock(complaint, now)
    facts: list[dict[str, Any]] = [
        {"label": "Customer", "value": who, "mono": True},
        {"label": "About", "value": about or "Not said"},
        {"label": "Came in", "value": when_text(complaint.received_at)},
        {"label": "Answer by", "value": when_text(complaint.acknowledge_by)},
    ]
    if complaint.decision_id:
        facts.append(
            {
                "label": "About the decision",
                "value": str(complaint.decision_id)[:8],
                "url": f"/decisions/{complaint.decision_id}/",
            }
        )
    if complaint.closed_at:
        by = complaint.closed_by.display_name if complaint.closed_by else "the system"
        facts.append(
            {"label": "Closed", "value": f"{when_text(complaint.closed_at)} by {by}"}
        )
    return ComplaintPage(
        number=complaint.pk,
        text=complaint.text,
        state=WORDS.get(complaint.state, complaint.state),
        tone=tone,
        clock=told,
        facts=facts,
        outcome=complaint.outcome,
        is_received=complaint.state == "received",
        is_closed=complaint.state == "closed",
    )
