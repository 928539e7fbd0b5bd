"""Experiments as the pages show them: rows of the list, and the read-out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from django.urls import reverse

from console.charts.digits import signed_text
from console.pages.experiments import trust
from console.pages.experiments.panels import (
    Groups,
    Panel,
    PanelSet,
    groups,
    panel_sets,
    panels,
)
from console.pages.experiments.wording import (
    HARM_PILLS,
    LABELS,
    MISSING_IN_IMPORTS,
    NEXT_STEPS,
    PERCENT,
    VERDICT_TONES,
    arm_names,
    harm_text,
    label_of,
    shares_in_words,
    verdict_sentence,
)
from console.templatetags.fmt import when_text
from decisioning.experiments.analysis import ReadOut
from decisioning.experiments.readouts import HarmState
from decisioning.types import Verdict

STATE_PILLS = {
    "draft": ("Draft", ""),
    "running": ("Running", "info"),
    "stopped": ("Stopped", "caution"),
    "finished": ("Finished", "positive"),
}
LEGEND = "dot: estimate · thin: always-valid"
LEGEND_AT_END = "dot: estimate · thick: 95 % at the planned end · thin: always-valid"
HOUSE_RULE = "Decided by the house rule: the gain and every harm measure must clear."


class ExperimentRow(Protocol):
    """What the pages read of an experiment."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def hypothesis(self) -> str: ...
    @property
    def use_case_key(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def is_imported(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def arms(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def control(self) -> str: ...
    @property
    def not_recorded(self) -> Sequence[str]: ...
    @property
    def planned_n(self) -> int | None: ...
    @property
    def planned_days(self) -> int | None: ...
    @property
    def started_at(self) -> dt.datetime | None: ...
    @property
    def ended_at(self) -> dt.datetime | None: ...


@dataclass(frozen=True, slots=True)
class HarmLine:
    label: str
    pill: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdicted:
    """The verdict as a pill and a sentence, with the next smallest step."""

    pill: str
    tone: str
    sentence: str
    rule: str
    facts: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class ReadOutPage:
    """Everything on an experiment's page; nothing is looked up while rendering."""

    key: str
    name: str
    facts: str
    state: str
    pill: str
    tone: str
    is_running: bool
    verdict: Verdicted
    harms: Sequence[HarmLine]
    harms_cleared: str
    panels: Sequence[Panel]
    panel_sets: Sequence[PanelSet]
    groups: Groups
    checks: Sequence[Mapping[str, Any]]
    recorded: Sequence[Mapping[str, Any]]
    design: Sequence[Mapping[str, Any]]
    share_words: str = ""
    has_uncounted: bool = False
    share_done: int | None = None


@dataclass(frozen=True, slots=True)
class ListRow:
    key: str
    name: str
    state: str
    pill: str
    tone: str
    customers: str
    verdict: str
    verdict_tone: str
    use_case_key: str
    told: str
    search: str = field(default="")


def customers(read_out: ReadOut | None) -> int:
    if read_out is None:
        return 0
    sizes: dict[str, int] = {}
    for metric in read_out.metrics:
        for arm in metric.arms:
            sizes[arm.arm] = max(arm.n, sizes.get(arm.arm, 0))
    return sum(sizes.values())


def list_row(row: ExperimentRow, read_out: ReadOut | None) -> ListRow:
    pill, tone = STATE_PILLS.get(row.state, (row.state.capitalize(), ""))
    n = customers(read_out)
    counted = read_out is not None and n > 0
    decision = read_out.verdict.decision if counted and read_out else None
    return ListRow(
        key=row.key,
        name=row.name,
        state="imported" if row.is_imported else row.state,
        pill="Imported" if row.is_imported else pill,
        tone="" if row.is_imported else tone,
        customers=signed_text(n, 0) if counted else "none yet",
        verdict=decision.label if decision else "Nothing counted",
        verdict_tone=VERDICT_TONES[decision] if decision else "",
        use_case_key=row.use_case_key,
        told=_told(row),
        search=f"{row.key} {row.name} {row.use_case_key} {row.source}".lower(),
    )


def _told(row: ExperimentRow) -> str:
    if row.is_imported:
        return row.source
    if row.ended_at:
        return f"ended {when_text(row.ended_at.date())}"
    if row.started_at:
        return f"since {when_text(row.started_at.date())}"
    return "not started"


def read_out_page(
    row: ExperimentRow, read_out: ReadOut, *, now: dt.datetime
) -> ReadOutPage:
    names = arm_names(row.arms)
    pill, tone = STATE_PILLS.get(row.state, (row.state.capitalize(), ""))
    n = customers(read_out)
    plan = trust.Plan(n, row.planned_n, row.planned_days, row.started_at, row.ended_at)
    is_running = row.state == "running"
    share = plan.share()
    shares = [float(arm["share"]) for arm in row.arms]
    drawn = panels(read_out, names)
    legend = LEGEND_AT_END if read_out.is_finished else LEGEND
    return ReadOutPage(
        key=row.key,
        name=row.name,
        facts=_facts(row, n, shares),
        state=row.state,
        pill="Imported, finished" if row.is_imported else pill,
        tone="" if row.is_imported else tone,
        is_running=is_running,
        verdict=_verdict(read_out, names, is_running, plan.words(now)),
        harms=_harms(row, read_out, names),
        harms_cleared=_cleared(read_out),
        panels=drawn,
        panel_sets=panel_sets(drawn, difference_title(row), legend),
        groups=groups(read_out, names),
        checks=trust.checks(read_out, shares, is_imported=row.is_imported, names=names),
        recorded=_recorded(row, read_out),
        design=_design(row, names),
        share_words=f"{n:,} of {row.planned_n:,} planned customers"
        if row.planned_n
        else "",
        share_done=None if share is None or not is_running else round(100 * share),
        has_uncounted=any(
            harm.state is HarmState.NOT_RECORDED for harm in read_out.verdict.harm
        ),
    )


def _facts(row: ExperimentRow, n: int, shares: Sequence[float]) -> str:
    counted = f"{n:,} customers, split by chance into {len(shares)}"
    parts = [f"{counted}: {shares_in_words(shares)}." if n else "Nobody counted yet."]
    if row.is_imported:
        parts.insert(0, "Run elsewhere and imported as evidence.")
    if row.started_at and row.state != "draft":
        span = f"Started {when_text(row.started_at.date())}"
        if row.ended_at:
            span += f", ended {when_text(row.ended_at.date())}"
        parts.append(f"{span}.")
    return " ".join(parts)


def _verdict(
    read_out: ReadOut, names: Mapping[str, str], is_running: bool, to_go: str
) -> Verdicted:
    verdict = read_out.verdict
    facts = [
        {"label": "Next smallest step", "value": NEXT_STEPS[verdict.reason]},
    ]
    if is_running:
        facts.append({"label": "How long to go", "value": to_go})
    pill = verdict.decision.label
    if verdict.decision is Verdict.CANNOT_TELL:
        pill = "Cannot tell yet"
    return Verdicted(
        pill=pill,
        tone=VERDICT_TONES[verdict.decision],
        sentence=verdict_sentence(read_out, names),
        rule=HOUSE_RULE,
        facts=facts,
    )


def _harms(
    row: ExperimentRow, read_out: ReadOut, names: Mapping[str, str]
) -> list[HarmLine]:
    lines = []
    for harm in read_out.verdict.harm:
        pill, tone = HARM_PILLS[harm.state]
        text = harm_text(harm, is_imported=row.is_imported, names=names)
        lines.append(HarmLine(label_of(harm), pill, tone, text))
    return lines


def _cleared(read_out: ReadOut) -> str:
    harms = read_out.verdict.harm
    clear = sum(harm.state is HarmState.CLEAR for harm in harms)
    return f"{clear} of {len(harms)} cleared"


def _recorded(row: ExperimentRow, read_out: ReadOut) -> list[dict[str, Any]]:
    """What was recorded and what was not, each missing thing with its reason."""
    items: list[dict[str, Any]] = [
        {"state": "ok", "strong": m.definition.label, "text": m.definition.unit}
        for m in read_out.metrics
        if m.is_recorded
    ]
    missing = dict.fromkeys(row.not_recorded)
    missing |= dict.fromkeys(
        m.definition.key for m in read_out.metrics if not m.is_recorded
    )
    labels = {m.definition.key: m.definition.label for m in read_out.metrics}
    for key in missing:
        why = MISSING_IN_IMPORTS.get(key, "") if row.is_imported else ""
        name = LABELS.get(key) or labels.get(key) or key.replace("_", " ").capitalize()
        items.append(
            {
                "state": "skipped",
                "strong": f"{name}: not recorded.",
                "text": why or "Nobody has been counted for it.",
            }
        )
    return items


def _design(row: ExperimentRow, names: Mapping[str, str]) -> list[dict[str, Any]]:
    def share(arm: Mapping[str, Any]) -> str:
        note = ", left alone" if arm["key"] == row.control else ""
        return f"{100 * float(arm['share']):.4g}{PERCENT}{note}"

    rows: list[dict[str, Any]] = [
        {"label": names[str(arm["key"])], "value": share(arm)} for arm in row.arms
    ]
    if row.planned_n:
        rows.append({"label": "Planned for", "value": f"{row.planned_n:,} customers"})
    if row.planned_days:
        rows.append({"label": "Planned length", "value": f"{row.planned_days} days"})
    if row.source:
        rows.append({"label": "Source", "value": row.source})
    return rows


LIST_HEADINGS: Sequence[Mapping[str, Any]] = (
    {"label": "experiment"},
    {"label": "state"},
    {"label": "customers", "num": True},
    {"label": "verdict"},
    {"label": "use case"},
    {"label": "when or where from"},
)


def list_cells(rows: Iterable[ListRow]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                {
                    "text": row.name,
                    "url": reverse("experiments:detail", args=[row.key]),
                },
                {"text": row.pill, "tone": row.tone, "pill": True},
                {"text": row.customers, "num": True},
                {"text": row.verdict, "tone": row.verdict_tone, "pill": True},
                {"text": row.use_case_key or "none", "muted": not row.use_case_key},
                {"text": row.told, "muted": True},
            ]
        }
        for row in rows
    ]


def matching(rows: Iterable[ListRow], *, text: str, state: str) -> list[ListRow]:
    wanted = text.strip().lower()
    return [
        row
        for row in rows
        if wanted in row.search and (not state or row.state == state)
    ]


def list_facts(rows: Sequence[ListRow]) -> str:
    if not rows:
        return "Comparisons with people left alone, run here or imported as evidence."
    counts = {
        word: sum(row.state == word for row in rows)
        for word in ("running", "finished", "stopped", "draft", "imported")
    }
    return ", ".join(f"{n} {word}" for word, n in counts.items() if n) + "."


def query_text(query: Mapping[str, str]) -> str:
    return f"{urlencode(query)}&" if query else ""


def difference_title(row: ExperimentRow) -> str:
    return f"Difference from {arm_names(row.arms)[row.control].lower()}"
