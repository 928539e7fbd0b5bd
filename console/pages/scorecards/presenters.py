"""A scorecard as its page shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from console.charts.digits import MINUS
from console.pages.scorecards import figures
from console.pages.scorecards.forms import ALL_TIME, LENGTHS
from console.templatetags.fmt import when_text
from decisioning.scorecards.core import METRICS, Row, RowState
from decisioning.scorecards.queries import ALL, Scorecard
from decisioning.types import MetricRole, Verdict
from governance.types import NotFound, State
from governance.usecases.queries import Card

VERDICT_TONES: Mapping[Verdict, str] = {
    Verdict.SCALE: "positive",
    Verdict.KEEP_RUNNING: "info",
    Verdict.DO_NOT_SCALE: "caution",
    Verdict.STOP: "negative",
    Verdict.CANNOT_TELL: "",
}
MOST_EVENTS = 12
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Stat:
    label: str
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """A step in a use case's life, as the timeline shows it."""

    strong: str
    text: str
    at: datetime
    tone: str
    shape: str

    @property
    def when(self) -> str:
        return when_text(self.at)


def facts(card: Scorecard) -> str:
    ends = card.period.ends_at or card.fresh_at
    last = ends - timedelta(seconds=1)
    span = f"{when_text(card.period.starts_at.date())} to {when_text(last.date())}."
    shown, held_out = people(card)
    counted = "Nobody has been counted yet."
    if shown or held_out:
        counted = f"{shown + held_out:,} customers, {held_out:,} of them held out."
    if card.is_imported:
        return f"Imported evidence, {span} {counted}"
    return f"{span} {counted} Fresh at {when_text(card.fresh_at)}."


def people(card: Scorecard) -> tuple[int, int]:
    """Customers on both sides: the measure that counts most of them."""
    shown = max((row.n_treated for row in card.rows), default=0)
    held_out = max((row.n_holdout for row in card.rows), default=0)
    return shown, held_out


def is_empty(card: Scorecard) -> bool:
    return sum(people(card)) == 0 and card.facts.n_decisions == 0


def pill(decision: Verdict) -> tuple[str, str]:
    label = decision.label
    if decision is Verdict.CANNOT_TELL:
        label = "Cannot tell yet"
    return label, VERDICT_TONES[decision]


HYPHEN = re.compile(r"(?<!\w)-(?=\d)")


def plain(text: str) -> str:
    """Figures of a sentence from elsewhere, with a true minus."""
    return HYPHEN.sub(MINUS, text).replace("95%", "95\u202f%")


def mature_url(card: Scorecard, url: str) -> str:
    """A period of four weeks whose outcomes are all in; empty where this one is."""
    primary = next((r for r in card.rows if r.metric.role is MetricRole.PRIMARY), None)
    if primary is None or primary.state is not RowState.NOT_MATURE:
        return ""
    longest = max(row.metric.maturity_days for row in card.rows)
    last = card.fresh_at.date() - timedelta(days=longest + 1)
    first = last - timedelta(days=27)
    return f"{url}?{urlencode({'from': first, 'to': last})}"


def periods(current: str, url: str) -> list[dict[str, Any]]:
    names = {key: label for key, (label, _) in LENGTHS.items()} | {ALL_TIME: "All"}
    return [
        {"label": label, "url": f"{url}?period={key}", "current": key == current}
        for key, label in names.items()
    ]


def page_url(scope: str) -> str:
    if scope == ALL:
        return reverse("scorecards:overall")
    return reverse("scorecards:use_case", args=[scope])


def overall_stats(
    cards: Iterable[Card], happenings: Iterable[Happening], now: datetime
) -> list[Stat]:
    found = list(cards)
    live = sum(card.is_serving for card in found)
    testing = sum(card.state is State.TESTING for card in found)
    stopped = sum(event.shape == "diamond" for event in happenings)
    ending = sum(
        card.expires_at is not None and now <= card.expires_at <= now + SOON
        for card in found
    )
    return [
        Stat("Use cases live", str(live), f"of {len(found)}"),
        Stat("In a test", str(testing)),
        Stat("Stopped in this period", str(stopped)),
        Stat("Sign-offs ending in 30 days", str(ending)),
    ]


def case_stats(case: Card) -> list[Stat]:
    ends = when_text(case.expires_at.date()) if case.expires_at else "not signed yet"
    return [
        Stat("Stage", case.state.label),
        Stat("Version", str(case.version_number)),
        Stat("Reaches at most", f"{100 * case.exposure_share:.4g}", "%"),
        Stat("Sign-offs end", ends),
    ]


LAUNCHES = {State.TESTING, State.SCALED}
INCIDENTS = {State.PAUSED, State.ROLLED_BACK, State.RETIRED}


def happening(change: Any, name: str) -> Happening:
    to = State(change.to_state)
    shape, tone = "square", ""
    if to in LAUNCHES:
        shape, tone = "circle", "info"
    elif to in INCIDENTS:
        shape, tone = "diamond", "negative"
    reason = f" {change.reason}" if change.reason else ""
    text = f"moved to “{to.label}” by {change.changed_by_label}.{reason}"
    return Happening(name, text, change.changed_at, tone, shape)


def within(events: Iterable[Happening], card: Scorecard) -> list[Happening]:
    """What happened in the period, left to right on the same weeks."""
    found = sorted((e for e in events if e.at in card.period), key=lambda e: e.at)
    return found[-MOST_EVENTS:]


@dataclass(frozen=True, slots=True)
class RowsPage:
    """The counts behind one number: both sides, each week, how it is counted."""

    label: str
    unit: str
    definition: Mapping[str, str]
    state: str
    sides: Sequence[Mapping[str, Any]]
    weeks: Sequence[Mapping[str, Any]]
    method: str


SIDE_HEADINGS = (
    {"label": "group"},
    {"label": "customers counted", "num": True},
    {"label": "figure", "num": True},
)
WEEK_HEADINGS = (
    {"label": "week from"},
    {"label": "shown", "num": True},
    {"label": "customers shown", "num": True},
    {"label": "held out", "num": True},
    {"label": "customers held out", "num": True},
)


def row_of(card: Scorecard, key: str) -> Row:
    found = next((row for row in card.rows if row.metric.key == key), None)
    if found is None or key not in METRICS:
        raise NotFound("There is no such measure on this scorecard.")
    return found


def rows_page(card: Scorecard, row: Row) -> RowsPage:
    metric = row.metric
    state = figures.missing(
        row,
        matures_at=card.matures_at.get(metric.key),
        is_imported=card.is_imported,
    )
    effect = row.effect
    return RowsPage(
        label=metric.label,
        unit=figures.unit(metric),
        definition=figures.definition(metric, ""),
        state=state or figures.told(row),
        sides=[
            _side("Shown", 1, row.n_treated, figures.level(metric, row.treated)),
            _side("Held out", 0, row.n_holdout, figures.level(metric, row.holdout)),
        ],
        weeks=_weeks(card, row),
        method=effect.method.replace("_", " ") if effect else "",
    )


def _side(label: str, series: int, n: int, figure: str) -> dict[str, Any]:
    cells = [
        {"text": label, "series": series},
        {"text": _counted(n), "num": True},
        {"text": figure or "not recorded", "num": True},
    ]
    return {"cells": cells}


def _counted(n: int) -> str:
    return "<10" if 0 < n < 10 else f"{n:,}"


def _weeks(card: Scorecard, row: Row) -> list[dict[str, Any]]:
    def cells(point: Any) -> list[dict[str, Any]]:
        ours = figures.level(row.metric, point.treated) or "not recorded"
        theirs = figures.level(row.metric, point.holdout) or "not recorded"
        return [
            {"text": point.week},
            {"text": ours, "num": True},
            {"text": _counted(point.n_treated), "num": True},
            {"text": theirs, "num": True},
            {"text": _counted(point.n_holdout), "num": True},
        ]

    points = [p for p in card.trend if p.metric == row.metric.key]
    return [{"cells": cells(point)} for point in points]
