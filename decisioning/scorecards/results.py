"""A scorecard as it is handed on: rows, verdict, trend and facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from decisioning.scorecards.core import Row, ScorecardVerdict
from decisioning.types import Period


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One metric in one week on both sides, as displayed."""

    week: str
    metric: str
    treated: float | None
    holdout: float | None
    n_treated: int
    n_holdout: int


@dataclass(frozen=True, slots=True)
class Facts:
    """How the decisions of the period were made, counted from the log."""

    n_decisions: int
    n_personalised: int
    n_without_approval: int
    n_after_opt_out: int
    n_without_explanation: int
    n_degraded: int
    n_privacy_reviews: int
    privacy_review_days: float | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "decisions": self.n_decisions,
            "personalised": self.n_personalised,
            "withoutApproval": self.n_without_approval,
            "afterOptOut": self.n_after_opt_out,
            "withoutExplanation": self.n_without_explanation,
            "degraded": self.n_degraded,
            "privacyReviews": self.n_privacy_reviews,
            "privacyReviewDays": self.privacy_review_days,
        }


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A scope over a period: rows, verdict, trend, facts, and how fresh it all is."""

    scope: str
    label: str
    period: Period
    rows: tuple[Row, ...]
    verdict: ScorecardVerdict
    trend: tuple[TrendPoint, ...]
    facts: Facts
    fresh_at: datetime
    is_imported: bool
    matures_at: dict[str, datetime]

    @property
    def definitions(self) -> dict[str, str]:
        return {row.metric.key: row.metric.definition for row in self.rows}

    def rows_link(self, metric: str) -> str:
        """The page with the counts behind a row, over the same days."""
        ends = self.period.ends_at or self.fresh_at
        last = (ends - timedelta(microseconds=1)).date()
        url = reverse("scorecards:rows", args=[self.scope, metric])
        days = urlencode({"from": self.period.starts_at.date(), "to": last})
        return f"{url}?{days}"
