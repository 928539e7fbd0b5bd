"""The report of a lifetime-value score, beside the published fit where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.charts.digits import signed_text
from console.pages.scores.presenters import Cells
from decisioning.scoring.queries import ModelVersion

SOURCE = (
    "Fader, Hardie and Lee (2005), “Counting your customers” the easy way: an "
    "alternative to the Pareto/NBD model, Marketing Science 24, 275–284"
)
PUBLISHED: Mapping[str, float] = {
    "r": 0.243,
    "alpha": 4.414,
    "a": 0.793,
    "b": 2.426,
    "log_likelihood": -9582.4,
}
CALIBRATION_END, CUSTOMERS = "1997-09-30", 2_357
NAMES = {
    "r": ("r", "shape of how often customers buy"),
    "alpha": ("α", "scale of how often customers buy, weeks"),
    "a": ("a", "first shape of dropping out"),
    "b": ("b", "second shape of dropping out"),
    "log_likelihood": ("log-likelihood", "fit of the purchase counts"),
}
SPEND = {
    "p": "shape of spend around a customer's mean",
    "q": "shape of the means over customers",
    "v": "scale of the means over customers",
}


@dataclass(frozen=True, slots=True)
class ValueReport:
    headings: Sequence[Cells]
    rows: Sequence[Cells]
    source: str
    note: str
    spend: Sequence[Cells]
    sample: Sequence[Cells]
    check: str


def value_report(version: ModelVersion) -> ValueReport:
    report = version.report
    is_cdnow = "cdnow" in version.trained_on.lower()
    headings: list[Cells] = [
        {"label": "parameter"},
        {"label": "what it is"},
        {"label": "fitted", "num": True},
    ]
    if is_cdnow:
        headings += [
            {"label": "published", "num": True},
            {"label": "apart", "num": True},
        ]
    buying = report.get("bgnbd", {})
    return ValueReport(
        headings=headings,
        rows=[_parameter(key, buying[key], is_cdnow) for key in NAMES if key in buying],
        source=SOURCE if is_cdnow else "",
        note=_note(report) if is_cdnow else "",
        spend=_spend(report.get("gamma_gamma", {})),
        sample=_sample(report),
        check=_check(report.get("holdout")),
    )


def _parameter(key: str, value: float, is_cdnow: bool) -> Cells:
    symbol, meaning = NAMES[key]
    is_likelihood = key == "log_likelihood"
    digits = 3 if is_likelihood else 4
    cells: list[Cells] = [
        {"text": symbol, "strong": True},
        {"text": meaning, "muted": True},
        {"text": signed_text(value, digits), "num": True},
    ]
    if is_cdnow:
        published = PUBLISHED[key]
        apart = value - published
        said = (
            signed_text(apart, 3, plus=True)
            if is_likelihood
            else f"{signed_text(100 * apart / published, 2, plus=True)}\u202f%"
        )
        cells += [
            {"text": signed_text(published, 1 if is_likelihood else 3), "num": True},
            {"text": said, "num": True},
        ]
    return {"cells": cells}


def _note(report: Mapping[str, object]) -> str:
    """The published fit speaks of one sample and one end; others may differ."""
    same = (
        report.get("customers") == CUSTOMERS
        and report.get("calibrationEnd") == CALIBRATION_END
    )
    if same:
        return "The same customers and the same weeks as in the publication."
    return (
        f"The publication fitted {CUSTOMERS:,} customers up to {CALIBRATION_END}; this "
        "fit saw others, so the figures need not agree."
    )


def _spend(told: Mapping[str, float]) -> list[Cells]:
    rows: list[Cells] = [
        {
            "label": key,
            "value": signed_text(told[key], 4),
            "muted": meaning,
        }
        for key, meaning in SPEND.items()
        if key in told
    ]
    correlation = told.get("correlation")
    if correlation is not None:
        rows.append(
            {
                "label": "Spend with frequency",
                "value": signed_text(correlation, 3),
                "muted": "correlation; the model takes it as 0",
            }
        )
    return rows


def _sample(report: Mapping[str, object]) -> list[Cells]:
    named = (
        ("Customers", "customers"),
        ("Bought again", "repeaters"),
        ("Repeat purchases", "repeatTransactions"),
    )
    rows: list[Cells] = [
        {"label": label, "value": f"{int(str(report[key])):,}"}
        for label, key in named
        if key in report
    ]
    end = report.get("calibrationEnd", "not set")
    rows.append({"label": "Learned up to", "value": str(end)})
    rows.append({"label": "Time unit", "value": str(report.get("timeUnit", "week"))})
    return rows


def _check(told: object) -> str:
    """What was expected after the last day, against what happened."""
    if not isinstance(told, Mapping):
        return (
            "No orders came after the last day it learned from, so nothing checks it."
        )
    correlation = told.get("correlation")
    ranked = "" if correlation is None else f" Correlation {correlation:.3f}."
    return (
        f"In the {told['weeks']:.0f} weeks after, {told['transactions']:,} purchases "
        f"came; {told['expected']:,.1f} were expected.{ranked}"
    )
