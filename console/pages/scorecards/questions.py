"""The four questions of a scorecard, each with a verdict that has its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from console.charts import Chart, TrendLine, TrendPoint, trend
from console.charts.digits import signed_text
from console.pages.scorecards.figures import (
    Line,
    change_unit,
    digits,
    line,
    times,
    told,
    unit,
)
from decisioning.scorecards.core import METRICS, Row, RowState, RowVerdict
from decisioning.scorecards.queries import Facts, Scorecard
from decisioning.types import MetricKind

CUSTOMERS = ("visit", "conversion", "repeat_purchase_rate")
OURSELVES = (
    "conversion_quality",
    "orders_per_customer",
    "spend",
    "customer_lifetime_value",
)
HARM = ("opt_out_rate", "complaints_per_10000_contacts", "trust_score")
RowsUrl = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Question:
    title: str
    pill: str
    tone: str
    reason: str
    chart: Chart | None
    lines: Sequence[Line]
    rows_url: str


@dataclass(frozen=True, slots=True)
class Check:
    label: str
    found: str
    out_of: str
    mark: str
    definition: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Control:
    """Whether it is under control: counts, not comparisons."""

    title: str
    pill: str
    tone: str
    reason: str
    checks: Sequence[Check]


def questions(card: Scorecard, rows_url: RowsUrl) -> list[Question]:
    rows = {row.metric.key: row for row in card.rows}
    asked = (
        ("Are we helping customers?", CUSTOMERS, _gain),
        ("Are we helping ourselves, lastingly?", OURSELVES, _gain),
        ("Are we hurting anyone?", HARM, _harm),
    )
    return [
        _question(title, [rows[k] for k in keys if k in rows], judge, card, rows_url)
        for title, keys, judge in asked
    ]


def _question(
    title: str,
    rows: Sequence[Row],
    judge: Callable[[Sequence[Row]], tuple[str, str, str]],
    card: Scorecard,
    rows_url: RowsUrl,
) -> Question:
    pill, tone, reason = judge(rows)
    lead = _lead(rows, card)
    return Question(
        title=title,
        pill=pill,
        tone=tone,
        reason=reason,
        chart=_chart(lead, card) if lead is not None else None,
        lines=[
            line(
                row,
                rows_url(row.metric.key),
                matures_at=card.matures_at.get(row.metric.key),
                is_imported=card.is_imported,
            )
            for row in rows
        ],
        rows_url=rows_url((lead or rows[0]).metric.key) if rows else "",
    )


def _gain(rows: Sequence[Row]) -> tuple[str, str, str]:
    worse = [row for row in rows if row.verdict is RowVerdict.WORSE]
    better = [row for row in rows if row.verdict is RowVerdict.BETTER]
    measured = [row for row in rows if row.state is RowState.MEASURED]
    if worse:
        word = "Partly" if better else "No"
        return word, "negative", told(worse[0])
    if better:
        return "Yes", "positive", told(better[0])
    if measured:
        return "Cannot tell yet", "", told(measured[0])
    return _unmeasured(rows)


def _harm(rows: Sequence[Row]) -> tuple[str, str, str]:
    worse = [row for row in rows if row.verdict is RowVerdict.WORSE]
    certain = [row for row in worse if not row.is_harm_cleared]
    if certain:
        return "Yes", "negative", told(certain[0])
    if worse:
        text = f"{told(worse[0])} It stays inside the margin that was agreed."
        return "A little", "caution", text
    uncounted = [row for row in rows if row.state is RowState.NOT_RECORDED]
    if uncounted:
        names = ", ".join(row.metric.label.lower() for row in uncounted)
        text = f"Nobody counted {names}. What was not counted does not clear."
        return "Not counted", "caution", text
    open_ones = [row for row in rows if not row.is_harm_cleared]
    if open_ones:
        measured = [row for row in open_ones if row.effect is not None]
        if measured:
            return "Cannot tell yet", "", told(measured[0])
        return _unmeasured(open_ones)
    return (
        "No harm shown",
        "positive",
        "Every harm was counted, each inside its margin.",
    )


def _unmeasured(rows: Sequence[Row]) -> tuple[str, str, str]:
    """Nothing may be compared: the first row that was counted says why."""
    counted = [row for row in rows if row.state is not RowState.NOT_RECORDED]
    if not counted:
        return "Not recorded", "caution", "None of these measures was recorded."
    row = counted[0]
    return "Cannot tell yet", "", f"{row.metric.label}: {row.message}"


def _lead(rows: Sequence[Row], card: Scorecard) -> Row | None:
    """The first measure with at least two weeks on both sides."""
    for row in rows:
        weeks = [p for p in card.trend if p.metric == row.metric.key]
        if sum(p.treated is not None and p.holdout is not None for p in weeks) > 1:
            return row
    return rows[0] if rows and not card.is_imported else None


def _chart(row: Row, card: Scorecard) -> Chart:
    metric, factor = row.metric, times(row.metric)
    points = [p for p in card.trend if p.metric == metric.key]

    def line_of(label: str, side: str, series: int) -> TrendLine:
        found = [(p.week, getattr(p, side)) for p in points]
        drawn = [
            TrendPoint(date.fromisoformat(week), value * factor)
            for week, value in found
            if value is not None
        ]
        return TrendLine(label, drawn, series)

    return trend(
        [line_of("Shown", "treated", 1), line_of("Held out", "holdout", 0)],
        title=_trend_title(row),
        unit=f"{unit(metric)}, each week"
        if metric.kind is MetricKind.PROPORTION
        else f"{change_unit(metric)}, each week",
        digits=digits(metric),
    )


def _trend_title(row: Row) -> str:
    """Weeks are counted over all use cases, even where one of them decides the row."""
    usual = METRICS[row.metric.key].label
    return usual if row.metric.label == usual else f"{usual}, all use cases"


def control(facts: Facts) -> Control:
    broken = (
        facts.n_without_approval + facts.n_after_opt_out + facts.n_without_explanation
    )
    checks = _checks(facts)
    title = "Is it under control?"
    if not facts.n_decisions:
        text = "No decision was made in this period, so there is nothing to check."
        return Control(title, "Nothing decided", "", text, checks)
    if broken:
        first = next(check for check in checks if check.mark == "fail")
        text = f"{first.label}: {first.found} out of {first.out_of}. It must be none."
        return Control(title, "No", "negative", text, checks)
    text = "Every personal decision was approved, allowed and explained."
    return Control(title, "Yes", "positive", text, checks)


def _checks(facts: Facts) -> list[Check]:
    personal = f"{facts.n_personalised:,} personal decisions"
    days = facts.privacy_review_days
    return [
        _check(
            "Shown without approval",
            facts.n_without_approval,
            personal,
            "Personal decisions under a configuration that nobody had signed.",
        ),
        _check(
            "Shown after an opt-out",
            facts.n_after_opt_out,
            personal,
            "Personal decisions for somebody who had switched them off before.",
        ),
        _check(
            "Shown without a reason",
            facts.n_without_explanation,
            personal,
            "Personal decisions without the sentence that says why.",
        ),
        _check(
            "Answered while degraded",
            facts.n_degraded,
            f"{facts.n_decisions:,} decisions",
            "Decisions made without a part that should have been there, such as a "
            "score. Customers got the default or a plainer choice.",
            is_breach=False,
        ),
        Check(
            "Days to a privacy decision, median",
            "not yet" if days is None else signed_text(days, 1),
            f"{facts.n_privacy_reviews:,} reviews",
            "info",
            {
                "name": "Days to a privacy decision",
                "formula": "From the day review was asked for to the day privacy "
                "signed or asked for changes, the middle one.",
                "better_when": "lower",
            },
        ),
    ]


def _check(
    label: str, found: int, out_of: str, formula: str, *, is_breach: bool = True
) -> Check:
    mark = "ok" if not found else "fail" if is_breach else "warn"
    definition = {"name": label, "formula": formula, "better_when": "it is none"}
    return Check(label, f"{found:,}", out_of, mark, definition)
