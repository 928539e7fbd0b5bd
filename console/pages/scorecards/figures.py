"""How a scorecard's figures and missing figures are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from console.charts.digits import range_text, signed_text
from console.templatetags.fmt import when_text
from decisioning.scorecards.core import Metric, Row, RowState, RowVerdict
from decisioning.types import BetterWhen, MetricKind, MetricRole

MISSING: Mapping[str, str] = {
    "conversion_quality": "this data has no margin and no refund column",
    "orders_per_customer": "this data says whether there was an order, not how many",
    "spend": "this data has no spend column",
    "visit": "this data has no visit column",
    "conversion": "this data has no order column",
    "repeat_purchase_rate": "this data does not tell one order from the next",
    "customer_lifetime_value": "no purchase history came with this data",
    "opt_out_rate": "this data has no unsubscribe column",
    "complaints_per_10000_contacts": "no complaint was kept with this data",
    "trust_score": "no survey ran in either group",
}
MARKS: Mapping[RowVerdict, tuple[str, str]] = {
    RowVerdict.BETTER: ("ok", "Better: the whole interval is on the good side"),
    RowVerdict.WORSE: ("fail", "Worse: the whole interval is on the bad side"),
    RowVerdict.NO_DIFFERENCE: ("not_yet", "The interval includes no difference"),
    RowVerdict.CANNOT_TELL: ("skipped", "Cannot tell yet"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of a question, as its table shows it."""

    key: str
    label: str
    unit: str
    definition: Mapping[str, str]
    shown: str
    held_out: str
    difference: str
    interval: str
    missing: str
    mark: str
    mark_text: str


def times(metric: Metric) -> float:
    """Rates and orders are written for 100 customers; the rest as it is stored."""
    return 100.0 if metric.kind is MetricKind.PROPORTION or _is_orders(metric) else 1.0


def _is_orders(metric: Metric) -> bool:
    return metric.unit == "orders per customer"


def unit(metric: Metric) -> str:
    if _is_orders(metric):
        return "orders per 100 customers"
    return "%" if metric.kind is MetricKind.PROPORTION else metric.unit


def change_unit(metric: Metric) -> str:
    is_rate = metric.kind is MetricKind.PROPORTION
    return "percentage points" if is_rate else unit(metric)


def digits(metric: Metric) -> int:
    return 1 if _is_orders(metric) else 2


def level(metric: Metric, value: float | None) -> str:
    if value is None:
        return ""
    return signed_text(value * times(metric), digits(metric))


def definition(metric: Metric, rows_url: str) -> dict[str, str]:
    lasting = f"{metric.maturity_days} days after we first chose for a customer"
    is_higher = metric.better_when is BetterWhen.HIGHER
    return {
        "name": metric.label,
        "formula": f"{metric.definition} In words: {metric.formula}.",
        "better_when": "higher" if is_higher else "lower",
        "counted_when": lasting if metric.maturity_days else "as soon as it happens",
        "rows_url": rows_url,
    }


def line(
    row: Row, rows_url: str, *, matures_at: datetime | None, is_imported: bool
) -> Line:
    metric, effect = row.metric, row.effect
    mark, mark_text = _mark(row)
    factor, places = times(metric), digits(metric)
    return Line(
        key=metric.key,
        label=metric.label,
        unit="" if unit(metric) in metric.label.lower() else unit(metric),
        definition=definition(metric, rows_url),
        shown=level(metric, row.treated),
        held_out=level(metric, row.holdout),
        difference=signed_text(effect.difference * factor, places, plus=True)
        if effect
        else "",
        interval=range_text(effect.lo * factor, effect.hi * factor, places)
        if effect
        else "",
        missing=missing(row, matures_at=matures_at, is_imported=is_imported),
        mark=mark,
        mark_text=mark_text,
    )


def _mark(row: Row) -> tuple[str, str]:
    is_guardrail = row.metric.role is MetricRole.GUARDRAIL
    if is_guardrail and row.verdict is not RowVerdict.WORSE and row.is_harm_cleared:
        return "ok", "No harm: inside its margin"
    return MARKS[row.verdict]


def missing(row: Row, *, matures_at: datetime | None, is_imported: bool) -> str:
    """The word in the place of a difference that may not be shown."""
    match row.state:
        case RowState.MEASURED:
            return ""
        case RowState.NOT_RECORDED if is_imported:
            return f"Not recorded: {MISSING.get(row.metric.key, 'not in this data')}"
        case RowState.NOT_RECORDED:
            return "Not recorded: nobody was counted for it in this period"
        case RowState.NOT_MATURE:
            ready = f", ready {when_text(matures_at.date())}" if matures_at else ""
            return f"Not yet{ready}"
        case RowState.TOO_FEW:
            return f"Too few: {row.n_treated:,} shown, {row.n_holdout:,} held out"


def told(row: Row) -> str:
    """One measured row as a sentence with what it is compared with."""
    metric, effect = row.metric, row.effect
    if effect is None:
        return ""
    factor, places = times(metric), digits(metric)
    change = signed_text(effect.difference * factor, places, plus=True)
    span = range_text(effect.lo * factor, effect.hi * factor, places)
    told_change = f"{change} {change_unit(metric)} ({span})"
    if row.verdict in (RowVerdict.BETTER, RowVerdict.WORSE):
        side = "above" if effect.difference > 0 else "below"
        return f"{metric.label} is {side} the held-out group: {told_change}."
    return (
        f"{metric.label} against the held-out group: {told_change}. "
        "The interval includes no difference."
    )
