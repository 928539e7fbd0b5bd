"""A scorecard as JSON for programs and as CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

from decisioning.scorecards.results import Scorecard

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CSV_HEADINGS = (
    "scope",
    "from",
    "to",
    "metric",
    "unit",
    "treated",
    "left alone",
    "difference",
    "low",
    "high",
    "customers treated",
    "customers left alone",
    "state",
    "reading",
    "definition",
)


def as_json(card: Scorecard, *, base_url: str = "") -> dict[str, Any]:
    """The scorecard endpoint's body."""
    ends = card.period.ends_at or card.fresh_at
    return {
        "scope": card.scope,
        "label": card.label,
        "period": [card.period.starts_at.isoformat(), ends.isoformat()],
        "freshAt": card.fresh_at.isoformat(),
        "isImported": card.is_imported,
        "metrics": [
            row.as_dict()
            | {
                "maturesAt": at.isoformat()
                if (at := card.matures_at.get(row.metric.key))
                else None,
                "rows": base_url + card.rows_link(row.metric.key),
            }
            for row in card.rows
        ],
        "verdict": card.verdict.as_dict(),
        "trend": [
            {
                "week": point.week,
                "metric": point.metric,
                "treated": point.treated,
                "holdout": point.holdout,
                "n": [point.n_treated, point.n_holdout],
            }
            for point in card.trend
        ],
        "governance": card.facts.as_dict(),
    }


def export_csv(card: Scorecard) -> str:
    """The rows as CSV; text that a spreadsheet would run as a formula is defused."""
    ends = card.period.ends_at or card.fresh_at
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_HEADINGS)
    for row in card.rows:
        effect = row.effect
        writer.writerow(
            _defused(value)
            for value in (
                card.label,
                card.period.starts_at.date().isoformat(),
                ends.date().isoformat(),
                row.metric.label,
                row.metric.unit,
                row.treated,
                row.holdout,
                effect.difference if effect else None,
                effect.lo if effect else None,
                effect.hi if effect else None,
                row.n_treated,
                row.n_holdout,
                row.state.value,
                row.verdict.value,
                row.metric.definition,
            )
        )
    writer.writerow(("verdict", _defused(card.verdict.decision.label)))
    writer.writerow(("because", _defused(card.verdict.because)))
    return out.getvalue()


def _defused(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
