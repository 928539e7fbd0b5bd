from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import when_text
from decisioning.scorecards.incidents import Effect
from decisioning.segments.core import small_cell
from governance.incidents.core import ACTS, CODES
from governance.incidents.queries import Incident, closing_of, timeline

HEADINGS = [
    {"label": "No.", "num": True},
    {"label": "Use case"},
    {"label": "What happened"},
    {"label": "Why"},
    {"label": "Noticed"},
    {"label": "State"},
]


def rows(found: Iterable[Incident]) -> list[dict[str, Any]]:
    return [{"cells": _cells(row)} for row in found]


def _cells(row: Incident) -> list[dict[str, Any]]:
    is_open = closing_of(row) is None
    url = reverse("incidents:detail", args=[row.pk])
    return [
        {"text": str(row.pk), "num": True, "url": url},
        {"text": row.use_case.name},
        {"text": ACTS[row.act]},
        {"text": CODES[row.code]},
        {"text": when_text(row.noticed_at), "muted": True},
        {"text": "Open", "tone": "caution"} if is_open else {"text": "Closed"},
    ]


def facts(row: Incident, effect: Effect) -> list[dict[str, Any]]:
    return [
        _use_case(row),
        _fact("Version", str(row.version_number), row.config_hash[:8]),
        _fact("What happened", ACTS[row.act]),
        _fact("Reason code", row.code, mono=True),
        _fact("First harm on record", _when(row.first_harm_at, "none in the log")),
        _fact("Noticed", when_text(row.noticed_at), row.noticed_by_label),
        _fact("First default", _when(effect.first_default_at, "no decision since")),
        _fact("Minutes to effect", _minutes(effect), "first harm to first default"),
        _fact("Decisions reached", small_cell(effect.n_decisions)),
        _fact("Customers reached", small_cell(effect.n_customers)),
    ]


def _use_case(row: Incident) -> dict[str, Any]:
    url = reverse("usecases:detail", args=[row.use_case.key])
    return {"label": "Use case", "value": row.use_case.name, "url": url}


def _fact(
    label: str, value: str, muted: str = "", *, mono: bool = False
) -> dict[str, Any]:
    return {"label": label, "value": value, "muted": muted, "mono": mono}


def _when(at: Any, otherwise: str) -> str:
    return when_text(at) if at else otherwise


def _minutes(effect: Effect) -> str:
    return "not yet known" if effect.minutes is None else f"{effect.minutes:,.1f}"


def story(row: Incident) -> list[dict[str, str]]:
    return [
        {
            "strong": entry.actor_label,
            "text": entry.type.partition(".")[2].replace("_", " "),
            "when": when_text(entry.occurred_at),
        }
        for entry in timeline(row)
    ]
