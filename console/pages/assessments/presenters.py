from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from console.pages.reviews.presenters import told
from console.templatetags.fmt import when_text
from governance.assessments.core import (
    Judged,
    Kind,
    Need,
    Step,
)
from governance.assessments.queries import Standing, Written
from governance.usecases.core import Change, UseCaseContent

STATE_WORDS = {
    "missing": ("missing", "negative"),
    "outdated": ("outdated", "negative"),
    "blocked": ("does not let it through", "negative"),
    "complete": ("complete", "positive"),
    "not_needed": ("not needed", ""),
}


@dataclass(frozen=True, slots=True)
class NeedLine:
    label: str
    word: str
    tone: str
    because: str
    mend: str
    url: str
    verb: str


def need_lines(key: str, found: Judged, *, may_write: bool) -> list[NeedLine]:
    return [_need_line(key, need, found, may_write=may_write) for need in found.needs]


def _need_line(key: str, need: Need, found: Judged, *, may_write: bool) -> NeedLine:
    word, tone = STATE_WORDS[need.state]
    is_open_ruling = need.kind is Kind.ADM and found.classification.adm == (
        "undetermined"
    )
    is_shown = need.state != "not_needed" or is_open_ruling
    verb = "Write it" if may_write and need.state != "complete" else "Read it"
    return NeedLine(
        need.kind.label,
        "no ruling yet" if is_open_ruling and need.state == "not_needed" else word,
        tone,
        need.because,
        need.mend,
        reverse("assessments:form", args=[key, need.kind.value]) if is_shown else "",
        verb,
    )


def class_rows(found: Judged) -> list[dict[str, Any]]:
    classes = found.classification
    profiling = "yes" if classes.is_profiling else "no"
    computed = f"Computed: {classes.adm.value.replace('_', ' ')}."
    return [
        {
            "label": "Profiling (GDPR Article 4(4))",
            "value": profiling,
            "muted": " ".join(classes.profiling_reasons)
            or "Nobody is evaluated automatically.",
        },
        {
            "label": "Automated decision",
            "value": found.adm.value.replace("_", " "),
            "muted": f"{computed} {found.adm_because}",
        },
        {
            "label": "Risk tier",
            "value": f"{classes.tier} {classes.tier.label}",
            "muted": " ".join(classes.tier_reasons),
        },
        {
            "label": "Impact assessment",
            "value": found.screening.level.label,
            "muted": found.screening.because,
        },
    ]


def criteria(found: Judged) -> list[dict[str, str]]:
    signs = [*found.screening.mandatory, *found.screening.indicators]
    return [{"state": "warn", "strong": sign.code, "text": sign.text} for sign in signs]


@dataclass(frozen=True, slots=True)
class StepLink:
    key: str
    title: str
    url: str
    state: str
    is_current: bool
    word: str


def step_links(
    key: str,
    kind: Kind,
    steps: Iterable[Step],
    current: str,
    problems: Mapping[str, str],
) -> list[StepLink]:
    base = reverse("assessments:form", args=[key, kind.value])
    links = []
    for step in steps:
        lacking = _lacking(step, problems)
        links.append(
            StepLink(
                step.key,
                step.title,
                f"{base}?step={step.key}",
                "not_yet" if lacking else "ok",
                step.key == current,
                f"{lacking} open" if lacking else "answered",
            )
        )
    return links


def _lacking(step: Step, problems: Mapping[str, str]) -> int:
    names = {question.key for question in step.questions}
    if step.key == Kind.SAFEGUARDS:
        names.add("reviewers")
    return sum(
        1
        for field in problems
        if field in names or field.partition(".")[0] == step.key == "risks"
    )


def chosen_step(steps: tuple[Step, ...], wanted: str) -> Step:
    return next((step for step in steps if step.key == wanted), steps[0])


def next_step(steps: tuple[Step, ...], current: Step) -> Step:
    place = steps.index(current)
    return steps[min(place + 1, len(steps) - 1)]


def state_of(written: Written, need: Need) -> str:
    """Where the text stands, in one sentence."""
    if written.saved is None:
        return "Nothing is written yet."
    who, at = written.saved.written_by, when_text(written.saved.written_at)
    if written.saved.is_complete and need.state == "complete":
        return f"Complete: {who}, {at}."
    if need.state == "outdated":
        return f"Outdated: it was completed by {_completed(written)}."
    return f"Saved by {who}, {at}; it counts once it is complete."


def _completed(written: Written) -> str:
    row = written.complete
    return f"{row.written_by}, {when_text(row.written_at)}" if row else "nobody"


def change_rows(changes: Iterable[Change]) -> list[dict[str, str]]:
    return [
        {
            "setting": change.label,
            "old": told(change.field, change.old, ""),
            "new": told(change.field, change.new, ""),
            "effect": change.effect.value,
            "tone": "caution" if change.effect in {"wider", "new"} else "",
        }
        for change in changes
    ]


def error_lines(
    key: str, kind: Kind, steps: Iterable[Step], errors: Mapping[str, str]
) -> list[dict[str, str]]:
    """What is lacking, each with the step where it is answered."""
    base = reverse("assessments:form", args=[key, kind.value])
    places = {q.key: (step, q.label) for step in steps for q in step.questions}
    lines = []
    for field, text in errors.items():
        step, label = places.get(field, (None, _row_label(field)))
        where = step.key if step else field.partition(".")[0]
        lines.append({"text": f"{label}: {text}", "url": f"{base}?step={where}"})
    return lines


def _row_label(field: str) -> str:
    parts = field.split(".")
    if len(parts) == 3:
        return f"Risk {int(parts[1]) + 1}, {parts[2]}"
    return field.capitalize()


def sheet_links(content: UseCaseContent) -> list[dict[str, str]]:
    parts = [("element", use.element) for use in content.data_uses if use.element]
    parts += [("model", key) for key in content.logic.scores]
    return [
        {
            "label": "Model card" if part == "model" else "Data sheet",
            "value": key,
            "url": reverse("assessments:sheet", args=[part, key]),
        }
        for part, key in dict.fromkeys(parts)
    ]


def case_rows(standings: Iterable[Standing]) -> list[dict[str, Any]]:
    rows = []
    for one in standings:
        url = reverse("assessments:overview", args=[one.key])
        cells: list[dict[str, Any]] = [{"text": one.name, "url": url, "strong": True}]
        for need in one.judged.needs:
            word, tone = STATE_WORDS[need.state]
            cells.append({"text": word, "tone": tone, "muted": not tone})
        rows.append({"cells": cells})
    return rows
