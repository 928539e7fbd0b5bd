"""The limits card: harms counted over all use cases, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import NoReverseMatch, reverse

from console.pages.home.presenters import Definition, Stat
from console.templatetags.fmt import when_text
from decisioning.scorecards.core import Row, RowState
from decisioning.scorecards.queries import Scorecard

OPT_OUTS = "opt_out_rate"
COMPLAINTS = "complaints_per_10000_contacts"
WEEKS = 4
WAITING = {
    RowState.NOT_RECORDED: "Not recorded",
    RowState.NOT_MATURE: "Not yet",
    RowState.TOO_FEW: "Too few yet",
}


def stats(card: Scorecard) -> list[Stat]:
    by_key = {row.metric.key: row for row in card.rows}
    return [
        _harm(by_key[OPT_OUTS], card, "Opt-outs"),
        _harm(by_key[COMPLAINTS], card, "Complaints"),
        _unexplained(card),
    ]


def _harm(row: Row, card: Scorecard, label: str) -> Stat:
    meaning = Definition(
        row.metric.label,
        row.metric.definition,
        counted_when=f"over the last {WEEKS} weeks",
        rows_url=card.rows_link(row.metric.key),
    )
    limit = f"limit {_figure(row, row.metric.margin * row.metric.scale)} worse"
    if not card.facts.n_decisions:
        return Stat(label, meaning, waiting="Not yet counted", note="no decision yet")
    if row.treated is None or row.state is not RowState.MEASURED:
        at = card.matures_at.get(row.metric.key)
        note = (
            f"from {when_text(at.date())}" if at else row.message or "not counted yet"
        )
        return Stat(
            label, meaning, waiting=WAITING.get(row.state, "Not yet"), note=note
        )
    effect = row.effect
    interval = (
        f"{_figure(row, effect.lo)} to {_figure(row, effect.hi)} against left alone"
        if effect
        else ""
    )
    return Stat(
        label,
        meaning,
        value=_figure(row, row.treated),
        unit=_unit(row),
        interval=interval,
        note=limit,
        tone="positive" if row.is_harm_cleared else "caution",
    )


def _figure(row: Row, value: float) -> str:
    if row.metric.key == OPT_OUTS:
        return f"{100 * value:.2f} %".replace("-", "−")
    return f"{value:.1f}".replace("-", "−")


def _unit(row: Row) -> str:
    return "of customers" if row.metric.key == OPT_OUTS else "per 10,000"


def _unexplained(card: Scorecard) -> Stat:
    facts = card.facts
    meaning = Definition(
        "Shown without a reason",
        "Personalised decisions that carried no sentence for the customer. The limit "
        "is none.",
        counted_when="from the log of decisions",
    )
    if not facts.n_decisions:
        return Stat("Shown without a reason", meaning, waiting="No decision yet")
    count = facts.n_without_explanation
    return Stat(
        "Shown without a reason",
        meaning,
        value=f"{count:,}",
        unit="decision" if count == 1 else "decisions",
        note=f"of {facts.n_decisions:,}, limit 0",
        tone="negative" if count else "positive",
    )


def customers_a_week(rows: Sequence[Row]) -> int:
    """Customers met by use cases in a usual week of the period."""
    met = max((row.n_treated + row.n_holdout for row in rows), default=0)
    return met // WEEKS


def address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
