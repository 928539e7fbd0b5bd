"""The queue of requests under the law, and one request with what can be done now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import number, percent, when_text
from governance.rights.core import HOW_TO_COMPLAIN, OPEN, Step
from governance.rights.queries import OnTime, RightsRequest

HEADINGS: Sequence[Mapping[str, Any]] = (
    {"label": "No.", "num": True},
    {"label": "Asked for"},
    {"label": "State"},
    {"label": "Age", "num": True},
    {"label": "Answer by"},
    {"label": "Clock"},
)
CLOSED_HEADINGS: Sequence[Mapping[str, Any]] = (
    {"label": "No.", "num": True},
    {"label": "Asked for"},
    {"label": "Ended"},
    {"label": "On"},
    {"label": "What was done or said"},
)
SOON_DAYS = 7
LABELS: Mapping[Step, str] = {
    Step.DOUBT: "Ask for proof of identity",
    Step.VERIFY: "It is this person",
    Step.APPROVE: "Accept it",
    Step.BEGIN: "Begin",
    Step.ASK: "Ask the person something",
    Step.RESUME: "The person has told us",
    Step.FAIL: "It failed",
    Step.RETRY: "Try again",
    Step.ESCALATE: "Put before privacy",
    Step.COMPLETE: "It is done",
    Step.DENY: "Refuse it",
    Step.DUPLICATE: "Asked twice",
    Step.CANCEL: "The person took it back",
    Step.EXTEND: "Two more months",
}
DANGEROUS = frozenset({Step.DENY})


@dataclass(frozen=True, slots=True)
class StepButton:
    step: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    number: int
    title: str
    state: str
    tone: str
    clock: str
    facts: list[dict[str, Any]]
    outcome: str
    reason: str
    letter: str
    buttons: list[StepButton]


def clock(request: RightsRequest, now: datetime) -> tuple[str, str]:
    """What the law's clock says, with the tone it calls for."""
    if request.closed_at is not None:
        on_time = request.closed_at <= request.due_at
        return ("In time", "positive") if on_time else ("Late", "negative")
    days = (request.due_at - now).days
    if request.due_at <= now:
        return f"Late since {when_text(request.due_at.date())}", "negative"
    left = f"{days} {'day' if days == 1 else 'days'} left"
    if days < 1:
        left = "Less than a day left"
    extended = ", extended" if request.extended_at else ""
    return left + extended, "caution" if days < SOON_DAYS else ""


def state_words(request: RightsRequest) -> str:
    told = RightsRequest.State(request.state).label
    is_waiting = request.escalated_at is not None and request.state in OPEN
    return f"{told}; a person must look" if is_waiting else str(told)


def rows(found: Iterable[RightsRequest], now: datetime) -> list[dict[str, Any]]:
    return [{"cells": _cells(request, now)} for request in found]


def _cells(request: RightsRequest, now: datetime) -> list[dict[str, Any]]:
    told, tone = clock(request, now)
    days = (now - request.received_at).days
    return [
        _number(request),
        {"text": kind_of(request)},
        {"text": state_words(request)},
        {"text": f"{days} {'day' if days == 1 else 'days'}", "num": True},
        {"text": when_text(request.due_at.date()), "muted": True},
        {"text": told, "tone": tone},
    ]


def closed_rows(found: Iterable[RightsRequest]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                _number(request),
                {"text": kind_of(request)},
                {"text": str(RightsRequest.State(request.state).label)},
                {"text": _ended(request), "muted": True},
                {"text": request.outcome or "–"},
            ]
        }
        for request in found
    ]


def _ended(request: RightsRequest) -> str:
    return when_text(request.closed_at) if request.closed_at else "–"


def _number(request: RightsRequest) -> dict[str, Any]:
    url = reverse("rights:detail", args=[request.pk])
    return {"text": str(request.pk), "num": True, "url": url}


def kind_of(request: RightsRequest) -> str:
    return str(RightsRequest.Kind(request.kind).label)


def stats(found: OnTime) -> list[dict[str, str]]:
    share = (
        percent(found.n_answered_on_time / found.n_answered)
        if found.n_answered
        else "–"
    )
    return [
        {"label": "Open", "value": number(found.n_open), "note": "Not answered yet."},
        {
            "label": "Late",
            "value": number(found.n_late),
            "note": "Past the month, or the extension.",
            "tone": "negative" if found.n_late else "",
        },
        {
            "label": "A person must look",
            "value": number(found.n_escalated),
            "note": "Late, or failed too often.",
        },
        {
            "label": "Answered in time",
            "value": share,
            "note": f"Of {number(found.n_answered)} done or refused.",
        },
    ]


def page(
    request: RightsRequest, who: str, possible: Sequence[Step], now: datetime
) -> RequestPage:
    told, tone = clock(request, now)
    return RequestPage(
        number=request.pk,
        title=f"Request {request.pk}: {kind_of(request).lower()}",
        state=state_words(request),
        tone=tone,
        clock=told,
        facts=_facts(request, who),
        outcome=request.outcome,
        reason=request.reason,
        letter=letter(request),
        buttons=[
            StepButton(step.value, LABELS[step], "danger" if step in DANGEROUS else "")
            for step in possible
        ],
    )


def letter(request: RightsRequest) -> str:
    """What the person is told with a refusal; empty for anything else."""
    if request.state != RightsRequest.State.DENIED:
        return ""
    return f"We will not do what you asked. {request.outcome} {HOW_TO_COMPLAIN}"


def _facts(request: RightsRequest, who: str) -> list[dict[str, Any]]:
    dates = (
        ("Came in", request.received_at),
        ("Identity proved", request.verified_at),
        ("Accepted", request.accepted_at),
        ("Extended", request.extended_at),
        ("Put before a person", request.escalated_at),
        ("Answer by", request.due_at),
        ("Ended", request.closed_at),
    )
    facts: list[dict[str, Any]] = [{"label": "Customer", "value": who, "mono": True}]
    facts += [{"label": name, "value": when_text(at)} for name, at in dates if at]
    if request.n_tries:
        facts.append({"label": "Failed", "value": f"{request.n_tries} times"})
    if request.closed_by:
        facts.append({"label": "Ended by", "value": request.closed_by.display_name})
    return facts
