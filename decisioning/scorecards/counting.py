"""Sums per use case, side and metric, and their pooling over use cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from decisioning.experiments.models import ArmStatistics, Experiment
from decisioning.experiments.sql import (
    COMPLAINTS,
    Stats,
    Units,
    count,
    count_contacts,
)
from decisioning.scorecards.core import LEAST_CUSTOMERS
from decisioning.scorecards.metrics import METRICS, Metric
from decisioning.scorecards.results import Facts
from decisioning.scorecards.sql import (
    ENTERED,
    FACTS,
    HOLDOUT,
    REVIEW_DAYS,
    TOTALS,
    TREATED,
    WEEKS,
    all_rows,
    followed,
    one_row,
    units,
)
from decisioning.stats.ratios import RatioStats
from decisioning.stats.sufficient import SufficientStats
from decisioning.types import Period

Sides = dict[str, Stats]
Strata = dict[str, dict[str, Sides]]
# Which family of the counting statements gives a metric; contacts have their own.
FAMILY_OF: Mapping[str, str] = {
    "conversion_quality": "quality",
    "orders_per_customer": "activity",
    "spend": "activity",
    "visit": "activity",
    "conversion": "activity",
    "repeat_purchase_rate": "activity",
    "customer_lifetime_value": "lifetime",
    "opt_out_rate": "opt_outs",
    "trust_score": "surveys",
}
Stored = Mapping[str, Mapping[str, Mapping[str, list[float]]]]


@dataclass(frozen=True, slots=True)
class Entered:
    """Customers who entered one side: how many, and when the last and the 100th did."""

    n: int
    last_at: datetime
    enough_at: datetime | None

    def matures_at(self, days: int) -> datetime | None:
        """When enough have been followed for ``days``; None while they are too few."""
        return self.enough_at + timedelta(days=days) if self.enough_at else None

    def is_mature(self, days: int, at: datetime) -> bool:
        ready = self.matures_at(days)
        everybody = self.last_at + timedelta(days=days)
        return everybody <= at or (ready is not None and ready <= at)


def totals(scope: str, starts: datetime, ends: datetime, at: datetime) -> Strata:
    """``{use case: {side: {metric: sums}}}`` over the period, as known at ``at``."""
    return _counted(units(TOTALS, scope, starts, ends), at)


def weeks(
    scope: str, starts: datetime, ends: datetime, at: datetime
) -> dict[str, Strata]:
    """The same for each week of the period, by the day it begins."""
    found: dict[str, Strata] = defaultdict(dict)
    for name, sides in _counted(units(WEEKS, scope, starts, ends), at).items():
        week, _, stratum = name.partition("|")
        found[week][stratum] = sides
    return dict(sorted(found.items()))


def facts(scope: str, starts: datetime, ends: datetime) -> Facts:
    """How the decisions of the period were made."""
    params = {"scope": scope, "starts": starts, "ends": ends}
    decisions, personal, unsigned, after_off, without_why, degraded = map(
        int, one_row(FACTS, params)
    )
    n_reviews, _, median = one_row(REVIEW_DAYS, params)
    return Facts(
        n_decisions=decisions,
        n_personalised=personal,
        n_without_approval=unsigned,
        n_after_opt_out=after_off,
        n_without_explanation=without_why,
        n_degraded=degraded,
        n_privacy_reviews=int(n_reviews),
        privacy_review_days=None if median is None else float(median),
    )


def imported(experiment: Experiment) -> Strata:
    """An imported experiment's own sums: every treated arm against the control."""
    sides: dict[str, Sides] = {TREATED: {}, HOLDOUT: {}}
    for row in ArmStatistics.objects.filter(experiment=experiment):
        if row.metric not in METRICS:
            continue
        side = sides[HOLDOUT if row.arm == experiment.control else TREATED]
        stats = SufficientStats(row.n, row.sum_x, row.sum_xx)
        known = side.get(row.metric)
        both = known + stats if isinstance(known, SufficientStats) else stats
        side[row.metric] = both
    return {experiment.key: sides}


def entered(scope: str, starts: datetime, ends: datetime) -> dict[str, Entered]:
    """Who entered each side in the period; a side that nobody entered is absent."""
    params = dict(units(TOTALS, scope, starts, ends).params)
    found = all_rows(ENTERED, {**params, "least": LEAST_CUSTOMERS})
    return {side: Entered(*figures) for side, *figures in found}


def stored_entered(sides: Mapping[str, Entered]) -> dict[str, Any]:
    """Who entered, as JSON."""
    return {
        name: [side.n, side.last_at.isoformat(), _text(side.enough_at)]
        for name, side in sides.items()
    }


def restored_entered(sides: Mapping[str, Sequence[Any]]) -> dict[str, Entered]:
    """Who entered behind ``stored_entered``."""
    return {
        name: Entered(
            n,
            datetime.fromisoformat(last_at),
            datetime.fromisoformat(enough_at) if enough_at else None,
        )
        for name, (n, last_at, enough_at) in sides.items()
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _counted(who: Units, at: datetime) -> Strata:
    """Each metric over the customers that have been followed for long enough."""
    found: Strata = defaultdict(lambda: {TREATED: {}, HOLDOUT: {}})
    for (days, is_settled), metrics in _by_wait().items():
        ready = followed(who, days=days, at=at, is_settled=is_settled)
        keys = {metric.key for metric in metrics if metric.key in FAMILY_OF}
        families = sorted({FAMILY_OF[key] for key in keys})
        for (group, metric), stats in count(ready, families).items():
            if metric in keys:
                stratum, _, side = group.rpartition("|")
                found[stratum][side][metric] = stats
        if any(metric.key == COMPLAINTS for metric in metrics):
            for group, ratio in count_contacts(ready).items():
                stratum, _, side = group.rpartition("|")
                found[stratum][side][COMPLAINTS] = ratio
    return dict(found)


def _by_wait() -> dict[tuple[int, bool], list[Metric]]:
    found: dict[tuple[int, bool], list[Metric]] = defaultdict(list)
    for metric in METRICS.values():
        found[metric.maturity_days, metric.is_settled].append(metric)
    return found


def by_case(strata: Strata) -> dict[str, Strata]:
    """The strata of each use case: its experiments and what came afterwards."""
    found: dict[str, Strata] = defaultdict(dict)
    for name, sides in strata.items():
        found[name.partition("/")[0]][name] = sides
    return dict(found)


def pooled(strata: Strata) -> dict[str, Sides]:
    """Both sides over all use cases, like compared with like.

    Use cases leave different shares alone. Those left alone are therefore weighted so
    that each use case counts on their side as much as on the treated side; with one use
    case nothing changes. Their number becomes the effective one (Kish 1965).
    """
    sides: dict[str, Sides] = {TREATED: {}, HOLDOUT: {}}
    for metric in METRICS:
        pairs = [
            (found[TREATED][metric], found[HOLDOUT][metric])
            for found in strata.values()
            if metric in found[TREATED] and metric in found[HOLDOUT]
        ]
        pairs = [(ours, theirs) for ours, theirs in pairs if ours.n and theirs.n]
        if not pairs:
            continue
        n_treated = sum(ours.n for ours, _ in pairs)
        weights = [ours.n / n_treated for ours, _ in pairs]
        spread = sum(
            w * w / theirs.n for w, (_, theirs) in zip(weights, pairs, strict=True)
        )
        n_effective = 1 / spread
        sides[TREATED][metric] = _sum([(ours, 1.0) for ours, _ in pairs])
        sides[HOLDOUT][metric] = _sum(
            [
                (theirs, w * n_effective / theirs.n)
                for w, (_, theirs) in zip(weights, pairs, strict=True)
            ]
        )
    return sides


def _sum(parts: list[tuple[Stats, float]]) -> Stats:
    """Weighted sums; the number of units is rounded last."""
    if len(parts) == 1:
        return parts[0][0]
    tuples = [astuple(stats) for stats, _ in parts]
    weighted = [
        sum(
            values[i] * weight
            for values, (_, weight) in zip(tuples, parts, strict=True)
        )
        for i in range(len(tuples[0]))
    ]
    return _of([round(weighted[0]), *weighted[1:]])


def _of(values: list[Any]) -> Stats:
    n, *sums = values
    if len(sums) == 2:
        total, squares = float(sums[0]), float(sums[1])
        return SufficientStats(int(n), total, squares)
    return RatioStats(int(n), *(float(each) for each in sums))


def stored(strata: Strata) -> dict[str, Any]:
    """The sums as JSON."""
    return {
        stratum: {
            side: {metric: list(astuple(stats)) for metric, stats in found.items()}
            for side, found in sides.items()
        }
        for stratum, sides in strata.items()
    }


def restored(groups: Stored) -> Strata:
    """The sums behind ``stored``."""
    return {
        stratum: {
            side: {metric: _of(list(values)) for metric, values in found.items()}
            for side, found in sides.items()
        }
        for stratum, sides in groups.items()
    }


def period_of(experiment: Experiment, asked: Period) -> Period:
    """An imported experiment's own time, where it is known."""
    begin, end = experiment.started_at, experiment.ended_at
    if begin is None or end is None or end <= begin:
        return asked
    return Period(begin, end)
