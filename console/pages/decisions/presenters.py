"""Decisions as the pages show them: the list, and the inspector's cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from console.charts import Factor, stacked
from console.charts.digits import signed_text
from console.templatetags.fmt import when_text
from decisioning.engine.queries import (
    CandidateRow,
    FunnelStep,
    Listed,
    Trace,
    sentence_of,
)

Cells = dict[str, Any]
MODE_PILLS = {
    "personalised": ("Personalised", "positive"),
    "control": ("Control arm", ""),
    "holdout": ("Held out", ""),
    "default": ("Default", ""),
    "safe_default": ("Safe default", "caution"),
    "imported": ("Imported", "info"),
}
STAGES: Mapping[str, str] = {
    "governance": "Approved and in force",
    "consent": "Consent covers it",
    "experiment": "In an arm that may show it",
    "eligibility": "Fits this person and moment",
    "caps": "Under every cap",
    "budget": "Budget left",
    "margin": "Earns the margin floor",
    "explanation": "Can be explained truthfully",
    "outranked": "Chosen",
}
SHORT: Mapping[str, str] = {
    "governance.no_live_use_case": "no live use case",
    "governance.not_signed": "signatures missing",
    "governance.config_changed": "changed since it was signed",
    "governance.test_failed": "strategic tests not passed",
    "governance.expired": "approval has run out",
    "consent.unknown_customer": "customer not known",
    "consent.missing_purpose": "purpose not agreed to",
    "consent.channel_off": "channel switched off",
    "experiment.holdout": "held out",
    "experiment.control": "in the control arm",
    "experiment.not_allocated": "not reached by the experiment yet",
    "eligibility.audience": "not in the audience",
    "eligibility.placement": "not for this placement",
    "eligibility.no_creative": "no version for this placement",
    "caps.limit_reached": "limit reached",
    "budget.exhausted": "budget spent",
}
DEGRADED = {
    "model": "The model gave no score: offers were ranked by value and priority alone.",
    "database": "The database was out of reach: the static default was served.",
    "features": "The features were too old: they were left out.",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of the list, and the way to older ones."""

    headings: Sequence[Cells]
    rows: Sequence[Cells]
    older_url: str


HEADINGS: Sequence[Cells] = (
    {"label": "decided"},
    {"label": "customer"},
    {"label": "placement"},
    {"label": "mode"},
    {"label": "shown"},
    {"label": "why"},
    {"label": "use case"},
    {"label": "arm"},
)


def listing(found: Sequence[Listed], *, limit: int, query: Mapping[str, str]) -> Page:
    older = ""
    if len(found) == limit:
        asked = {**query, "before": found[-1].decided_at.isoformat()}
        older = f"?{urlencode(asked)}"
    return Page(HEADINGS, [_listed(row) for row in found], older)


def _listed(row: Listed) -> Cells:
    mode, tone = MODE_PILLS.get(row.mode, (row.mode, ""))
    url = reverse("decisions:detail", args=[row.id])
    return {
        "cells": [
            {"text": when_text(row.decided_at), "url": url},
            {"text": row.pseudonym or "not known", "mono": bool(row.pseudonym)},
            {"text": row.placement},
            {"text": mode, "tone": tone, "pill": True},
            {"text": row.offer or "the default", "muted": not row.offer},
            {"text": sentence_of(row.reason), "muted": True},
            {"text": row.use_case or "none", "muted": not row.use_case},
            {"text": row.arm or "none", "muted": not row.arm},
        ]
    }


def mode_pill(mode: str) -> tuple[str, str]:
    return MODE_PILLS.get(mode, (mode.replace("_", " ").capitalize(), ""))


def title(trace: Trace, offers: Mapping[str, str], places: Mapping[str, str]) -> str:
    decision = trace.decision
    shown = offers.get(decision.offer_key, decision.offer_key) or "The default"
    place = places.get(decision.placement_key, decision.placement_key)
    return (
        f"{shown}, {place.lower()}, {when_text(decision.decided_at)}"
        f"{decision.decided_at::%S}"
    )


def facts(trace: Trace) -> str:
    decision = trace.decision
    who = f"Customer {trace.pseudonym}" if trace.pseudonym else "A customer not known"
    group = "Not in an experiment."
    if decision.experiment_key:
        group = f"Arm {decision.arm} of {decision.experiment_key}."
    degraded = "" if decision.degraded else " Nothing was degraded."
    return f"{who} on {decision.channel}. {group}{degraded}"


def sentence(trace: Trace) -> str:
    if trace.decision.why:
        return str(trace.decision.why)
    if trace.decision.is_imported:
        return "This was decided elsewhere and imported; no sentence came with it."
    return "Nothing personal was shown, so there was nothing to explain."


def stages(trace: Trace) -> list[Cells]:
    """The funnel from all candidates to one; the lost counts sum to the start."""
    n = trace.n_candidates
    if not n:
        return []
    first = {
        "stage": "All offers and versions",
        "left": signed_text(n, 0),
        "share": 100,
        "lost": "",
        "why": "",
    }
    return [first, *(_stage(step, n) for step in trace.funnel)]


def _stage(step: FunnelStep, n: int) -> Cells:
    why = ", ".join(f"{_short(code)} {count:,}" for code, count in step.reasons)
    return {
        "stage": STAGES.get(step.stage, step.stage.capitalize()),
        "left": signed_text(step.left, 0),
        "share": round(100 * step.left / n, 2),
        "lost": signed_text(-step.lost, 0) if step.lost else "0",
        "why": why,
        "tone": "positive" if step.stage == "outranked" else "",
    }


def _short(code: str) -> str:
    return SHORT.get(code) or code.rpartition(".")[2].replace("_", " ")


def funnel_title(trace: Trace) -> str:
    end = "one" if trace.chosen else "none"
    return f"From {trace.n_candidates:,} candidates to {end}"


@dataclass(frozen=True, slots=True)
class Candidate:
    offer: str
    creative: str
    use_case: str
    code: str
    sentence: str
    free_again: str
    is_chosen: bool
    figures: Sequence[str] = ()
    score: str = ""
    parts: Sequence[Mapping[str, object]] = ()


FACTORS = ("probability", "value", "weight", "priority")


def candidates(trace: Trace) -> list[Candidate]:
    """The chosen one first, then the outranked by score, then the lost by stage."""
    ordered = sorted(trace.candidates, key=_order)
    most = max((c.factors.get("score", 0.0) for c in ordered), default=0.0)
    return [_candidate(c, most, trace.next_at) for c in ordered]


def _order(row: CandidateRow) -> tuple[int, float, str, str]:
    rank = {"chosen": 0, "outranked": 1}.get(row.reason, 2)
    return rank, -row.factors.get("score", 0.0), row.reason, row.offer


def _candidate(
    row: CandidateRow, most: float, next_at: Mapping[str, datetime | None]
) -> Candidate:
    return Candidate(
        offer=row.offer,
        creative=row.creative,
        use_case=row.use_case,
        code=row.reason,
        sentence=sentence_of(row.reason),
        free_again=_free_again(row.reason, next_at),
        is_chosen=row.reason == "chosen",
        figures=[f"{row.factors[name]:,.4g}" for name in FACTORS if row.factors],
        score=f"{row.factors['score']:,.4g}" if row.factors else "",
        parts=_parts(row.factors, most),
    )


def _free_again(code: str, next_at: Mapping[str, datetime | None]) -> str:
    if not code.startswith("caps."):
        return ""
    times = [at for at in next_at.values() if at is not None]
    return f"Free again {when_text(min(times))}" if times else ""


def _parts(factors: Mapping[str, float], most: float) -> Sequence[Mapping[str, object]]:
    """What chance and value alone make of the score, and what the weights add."""
    if not factors or most <= 0:
        return ()
    score = factors["score"]
    plain = min(score, factors["probability"] * factors["value"])
    parts = [Factor("chance times value", plain, series=1)]
    if score > plain:
        parts.append(Factor("weight and priority", score - plain, series=2))
    return stacked(parts, scale=most)


LEGEND = (
    {"label": "chance times value", "series": 1},
    {"label": "weight and priority add", "series": 2},
)


class Reservation(Protocol):
    @property
    def decision_id(self) -> UUID: ...
    @property
    def reserved_at(self) -> datetime: ...
    @property
    def release_at(self) -> datetime: ...
    @property
    def shown_at(self) -> datetime | None: ...
    @property
    def released_at(self) -> datetime | None: ...
    @property
    def cost_minor(self) -> int: ...


def ledger(
    trace: Trace, reserved: Reservation | None, caps: Mapping[str, str]
) -> list[Cells]:
    rows: list[Cells] = []
    if reserved is None:
        rows.append({"label": "Reserved", "value": "nothing, so no cap was used up"})
    else:
        rows.append({"label": "Reserved", "value": when_text(reserved.reserved_at)})
        rows.append({"label": "Since then", "value": _since(reserved)})
        if reserved.cost_minor:
            cost = f"{reserved.cost_minor:,} minor units"
            rows.append({"label": "Drawn from the budget", "value": cost})
    for cap, at in trace.next_at.items():
        value = f"free again {when_text(at)}" if at else "no contact is allowed at all"
        rows.append({"label": caps.get(cap, cap), "value": value})
    return rows


def _since(reserved: Reservation) -> str:
    if reserved.shown_at:
        return f"shown {when_text(reserved.shown_at)}"
    if reserved.released_at:
        return f"not shown, given back {when_text(reserved.released_at)}"
    return f"not shown yet, given back {when_text(reserved.release_at)}"


def ran_on(
    trace: Trace, *, version: tuple[str, str] | None, experiment_url: str
) -> list[Cells]:
    """The use case's version, the digests in short, the group."""
    decision = trace.decision
    group = f"{decision.experiment_key}, arm {decision.arm}"
    return [
        {
            "label": "Use case",
            "value": version[0] if version else decision.use_case_key or "none",
            "url": version[1] if version else "",
        },
        _digest("Signed configuration", decision.config_hash, "none was needed"),
        _digest("Live snapshot", decision.snapshot_digest, "not logged"),
        _digest("Model", decision.model_digest, "none: no score was used"),
        {
            "label": "Experiment",
            "value": group if decision.experiment_key else "none on this placement",
            "url": experiment_url,
        },
        {"label": "Chance of being picked", "value": _chance(decision.propensity)},
        {"label": "Holds until", "value": when_text(decision.expires_at)},
        {"label": "Timings", "value": "told to the caller, not kept in the log"},
    ]


def _digest(label: str, digest: str, nothing: str) -> Cells:
    if not digest:
        return {"label": label, "value": nothing}
    return {"label": label, "value": digest[:12], "mono": True}


def digests(trace: Trace) -> list[tuple[str, str]]:
    decision = trace.decision
    named = (
        ("Signed configuration", decision.config_hash),
        ("Live snapshot", decision.snapshot_digest),
        ("Model", decision.model_digest),
    )
    return [(label, digest) for label, digest in named if digest]


def _chance(propensity: float | None) -> str:
    return "not logged" if propensity is None else f"{propensity:.4g}"


def consent(trace: Trace, bases: Mapping[str, str]) -> list[Cells]:
    relied = trace.decision.consent_version
    rows: list[Cells] = [
        {
            "label": "Version relied on",
            "value": "none: nothing is known" if relied is None else str(relied),
        }
    ]
    for purpose, basis in bases.items():
        label = purpose.replace("_", " ").capitalize()
        rows.append({"label": label, "value": basis.replace("_", " ")})
    return rows


def degraded(trace: Trace) -> list[str]:
    return [
        DEGRADED.get(flag, f"Degraded: {flag}.") for flag in trace.decision.degraded
    ]
