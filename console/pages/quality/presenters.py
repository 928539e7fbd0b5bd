from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from console import charts
from console.charts import Chart
from console.templatetags.fmt import number, percent
from decisioning.quality.core import (
    BAD_EVENTS,
    MEASURES,
    WHOLE_SOURCE,
    Check,
    Day,
    Finding,
    State,
)
from decisioning.quality.queries import QualityAlert, Signal

TONES = {State.FINE: "positive", State.BREACH: "negative", State.TOO_FEW: ""}
WORDS = {State.FINE: "fine", State.BREACH: "alarm", State.TOO_FEW: "too few events"}
ALL_EVENTS = "All its events"


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One signal in the list: what is wrong first, or that nothing is."""

    source: str
    name: str
    url: str
    n_week: str
    state: str
    tone: str
    worst: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    label: str
    meaning: str
    value: str
    threshold: str
    state: str
    tone: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class AlertLine:
    pk: int
    label: str
    where: str
    url: str
    value: str
    detail: str
    since: datetime
    remedy: str
    looked_after: str


@dataclass(frozen=True, slots=True)
class Weakest:
    """The sentence on top: what is weakest, how weak, and what to do."""

    sentence: str
    figure: str
    remedy: str
    url: str
    tone: str
    pill: str


def where(source: str, name: str) -> str:
    return f"{name} from {source}" if name else source


def signal_url(source: str, name: str) -> str:
    query = urlencode({"source": source, "name": name})
    return f"{reverse('quality:signal')}?{query}"


def value_words(check: Check, value: float) -> str:
    match MEASURES[check].unit:
        case "share":
            return percent(value, 1)
        case "hours":
            return f"{value:,.1f} hours"
        case _:
            return "1 field" if value == 1 else f"{value:,.0f} fields"


def weakest_of(finding: Finding | None) -> Weakest | None:
    if finding is None:
        return None
    measure, is_breach = finding.measure, finding.state is State.BREACH
    value = value_words(finding.check, finding.value)
    limit = value_words(finding.check, finding.threshold)
    figure = f"{value}; the alarm is at {limit}."
    if is_breach and finding.n_touched:
        figure += f" It touches about {number(finding.n_touched)} events of the week."
    place = where(finding.source, finding.name)
    return Weakest(
        sentence=f"{measure.label}: {place}",
        figure=figure,
        remedy=measure.remedy if is_breach else "Nothing has to be done now.",
        url=signal_url(finding.source, finding.name),
        tone="negative" if is_breach else "positive",
        pill="Weakest part" if is_breach else "No alarm; closest to one",
    )


def signal_lines(findings: Sequence[Finding]) -> list[SignalLine]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.source, finding.name), []).append(finding)
    lines = [(_rank(mine), _signal_line(key, mine)) for key, mine in groups.items()]
    return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


def _rank(mine: Sequence[Finding]) -> tuple[int, int]:
    n_breaches = sum(f.state is State.BREACH for f in mine)
    return -n_breaches, -max(f.n_seen for f in mine)


def _signal_line(key: tuple[str, str], mine: Sequence[Finding]) -> SignalLine:
    source, name = key
    breaches = [f for f in mine if f.state is State.BREACH]
    told = all(f.state is State.TOO_FEW for f in mine)
    state = State.BREACH if breaches else State.TOO_FEW if told else State.FINE
    worst = sorted(breaches, key=lambda f: -f.strain)
    words = [f"{f.measure.label} {value_words(f.check, f.value)}" for f in worst]
    return SignalLine(
        source=source,
        name=name or ALL_EVENTS,
        url=signal_url(source, name),
        n_week=number(max(f.n_seen for f in mine)),
        state=WORDS[state],
        tone=TONES[state],
        worst=", ".join(words),
    )


def check_lines(findings: Sequence[Finding]) -> list[CheckLine]:
    return [
        CheckLine(
            label=f.measure.label,
            meaning=f.measure.meaning,
            value=value_words(f.check, f.value),
            threshold=value_words(f.check, f.threshold),
            state=WORDS[f.state],
            tone=TONES[f.state],
            detail=f.detail,
            remedy=f.measure.remedy if f.state is State.BREACH else "",
        )
        for f in findings
    ]


def alert_lines(alerts: Sequence[QualityAlert]) -> list[AlertLine]:
    return [
        AlertLine(
            pk=alert.pk,
            label=MEASURES[Check(alert.check_key)].label,
            where=where(alert.source, alert.name),
            url=signal_url(alert.source, alert.name),
            value=value_words(Check(alert.check_key), alert.value),
            detail=alert.detail,
            since=alert.opened_at,
            remedy=MEASURES[Check(alert.check_key)].remedy,
            looked_after=alert.acknowledged_by.display_name
            if alert.acknowledged_by
            else "",
        )
        for alert in alerts
    ]


Share = Callable[[Day], int]


def history(signal: Signal) -> list[Chart]:
    """Events a day, then each rate that was ever above nothing."""
    days = [d for d in signal.days if d.n]
    drawn = [_volume(days)]
    limits = {f.check: f.threshold for f in signal.findings}
    for check, part in BAD_EVENTS.items():
        if any(part(d) for d in days):
            drawn.append(_rate(check, part, days, limits.get(check)))
    if signal.name == WHOLE_SOURCE:
        days = signal.days
        return [
            _counts("Refused", days, lambda d: d.n_rejected),
            _counts("Came again", days, lambda d: d.n_duplicates),
        ]
    return drawn


def _volume(days: Sequence[Day]) -> Chart:
    return _counts("Events", days, lambda d: d.n)


def _counts(title: str, days: Sequence[Day], part: Share) -> Chart:
    points = [charts.TrendPoint(d.day, part(d)) for d in days]
    line = charts.TrendLine(title, points)
    return charts.trend([line], title=title, unit="events a day", digits=0)


def _rate(check: Check, part: Share, days: Sequence[Day], limit: float | None) -> Chart:
    label = MEASURES[check].label
    points = [charts.TrendPoint(d.day, 100 * part(d) / d.n) for d in days]
    return charts.trend(
        [charts.TrendLine(label, points)],
        title=label,
        unit="% of the day’s events",
        limit=None if limit is None else charts.Limit(100 * limit, "alarm"),
    )
