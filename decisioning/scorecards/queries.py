from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from decisioning.experiments.models import Experiment
from decisioning.experiments.registry import scorecard_key
from decisioning.scorecards import counting, portfolio
from decisioning.scorecards.core import METRICS, Metric, Row, RowState, compare, overall
from decisioning.scorecards.counting import Entered
from decisioning.scorecards.exports import as_json, export_csv
from decisioning.scorecards.models import ScorecardSnapshot
from decisioning.scorecards.portfolio import Case
from decisioning.scorecards.results import Facts, Scorecard, TrendPoint
from decisioning.scorecards.sql import HOLDOUT, TREATED
from decisioning.types import MetricRole, Period
from governance.types import SERVING_STATES, NotFound, State
from governance.usecases.core.content import UseCaseContent
from governance.usecases.models import UseCase

__all__ = [
    "ALL",
    "Facts",
    "Scorecard",
    "TrendPoint",
    "as_json",
    "count",
    "day_after",
    "default_period",
    "export_csv",
    "scopes",
    "scorecard",
    "snapshot",
]

ALL = "all"
USUAL_DAYS = 28
SIDES = (TREATED, HOLDOUT)
SNAPSHOT_LASTS = timedelta(minutes=15)
CACHE_DOWN = (OSError, RedisError)


def default_period(now: datetime) -> Period:
    """The last four weeks, today included: the same period all day long."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    return Period(tomorrow - timedelta(days=USUAL_DAYS), tomorrow)


def day_after(day: date) -> date:
    """The end of a period whose last day is ``day``."""
    return day + timedelta(days=1)


def scopes() -> list[tuple[str, str]]:
    """Everything that has a scorecard: key and name, the overall one first."""
    cases = UseCase.objects.order_by("name").values_list("key", "name")
    evidence = Experiment.objects.filter(is_imported=True, withdrawn_at=None)
    return [
        (ALL, "All use cases"),
        *((key, name) for key, name in cases),
        *((x.key, f"{x.name} (imported)") for x in evidence.order_by("name")),
    ]


def scorecard(
    scope: str, period: Period, now: datetime, *, may_be_cached: bool = False
) -> Scorecard:
    """From the stored sums where they are fresh, else counted from the rows.

    With ``may_be_cached`` only the first to ask for a period waits for its count.
    """
    evidence = _evidence(scope)
    if evidence is not None:
        return _of_evidence(evidence, period, now)
    cases = _cases(scope)
    if not cases and scope != ALL:
        raise NotFound("There is no such use case or imported experiment.")
    whole = Period(period.starts_at, period.ends_at or now)
    counted = _counted_lately if may_be_cached else count
    sums = snapshot(scope, whole, now) or counted(scope, whole, now)
    strata = counting.restored(sums.groups)
    entered = counting.restored_entered(sums.entered)
    metrics = _pooled_metrics(cases) if scope == ALL else cases[0].metrics
    rows = _rows(strata, metrics, entered, sums.computed_at)
    if scope == ALL:
        verdict = portfolio.verdict(rows, strata, cases, whole)
        rows = portfolio.shown(rows, portfolio.harms(strata, cases))
    else:
        verdict = overall(rows, subject=f"“{cases[0].name}”")
    return Scorecard(
        scope=scope,
        label="All use cases" if scope == ALL else cases[0].name,
        period=whole,
        rows=rows,
        verdict=verdict,
        trend=tuple(_trend(sums.trend)),
        facts=Facts(**sums.facts),
        fresh_at=sums.computed_at,
        is_imported=False,
        matures_at=_matures_at(rows, entered),
    )


def _evidence(scope: str) -> Experiment | None:
    if scope == ALL or UseCase.objects.filter(key=scope).exists():
        return None
    evidence = Experiment.objects.filter(is_imported=True, withdrawn_at=None)
    return evidence.filter(key=scope).first()


def _of_evidence(evidence: Experiment, asked: Period, now: datetime) -> Scorecard:
    """What an imported experiment recorded, over its own time."""
    period = counting.period_of(evidence, asked)
    starts, ends = period.starts_at, period.ends_at or now
    rows = _rows(counting.imported(evidence), tuple(METRICS.values()), {}, now)
    return Scorecard(
        scope=evidence.key,
        label=evidence.name,
        period=Period(starts, ends),
        rows=rows,
        verdict=overall(rows, subject=f"“{evidence.name}”"),
        trend=(),
        facts=counting.facts(evidence.key, starts, ends),
        fresh_at=now,
        is_imported=True,
        matures_at={},
    )


def count(scope: str, period: Period, now: datetime) -> ScorecardSnapshot:
    """The sums of a scope and period from the rows, not yet stored."""
    starts, ends = period.starts_at, period.ends_at or now
    weeks = counting.weeks(scope, starts, ends, now)
    return ScorecardSnapshot(
        scope=scope,
        starts_at=starts,
        ends_at=ends,
        groups=counting.stored(counting.totals(scope, starts, ends, now)),
        trend=[
            {"week": week, "groups": counting.stored(strata)}
            for week, strata in weeks.items()
        ],
        entered=counting.stored_entered(counting.entered(scope, starts, ends)),
        facts=asdict(counting.facts(scope, starts, ends)),
        computed_at=now,
    )


def _counted_lately(scope: str, period: Period, now: datetime) -> ScorecardSnapshot:
    ends = period.ends_at or now
    key = f"scorecard:{scope}:{period.starts_at.isoformat()}:{ends.isoformat()}"
    found = _from_cache(key)
    if found is not None and timedelta() <= now - found.computed_at <= SNAPSHOT_LASTS:
        return found
    made = count(scope, period, now)
    with suppress(*CACHE_DOWN):
        cache.set(key, made, SNAPSHOT_LASTS.total_seconds())
    return made


def _from_cache(key: str) -> ScorecardSnapshot | None:
    with suppress(*CACHE_DOWN):
        found = cache.get(key)
        return found if isinstance(found, ScorecardSnapshot) else None
    return None


def _cases(scope: str) -> list[Case]:
    """Every use case of the scope with the metrics it is judged by."""
    found = UseCase.objects.select_related("serving_version").order_by("key")
    if scope != ALL:
        found = found.filter(key=scope)
    return [_case(row) for row in found]


def _case(row: UseCase) -> Case:
    content = _content(row)
    aim = scorecard_key(content.objective.primary_metric)
    metrics = _metrics(content, aim)
    return Case(row.key, row.name, State(row.state), metrics)


def _pooled_metrics(cases: Sequence[Case]) -> list[Metric]:
    """The registry with the strictest margin of all use cases that are started."""
    started = [case for case in cases if case.state in SERVING_STATES]
    return [
        replace(
            metric,
            margin=min(
                (m.margin for case in started for m in case.metrics if m.key == key),
                default=metric.margin,
            ),
        )
        for key, metric in METRICS.items()
    ]


def _content(case: UseCase) -> UseCaseContent:
    version = case.serving_version or case.versions.order_by("-number").first()
    return UseCaseContent.from_dict(version.content if version else {})


def _metrics(content: UseCaseContent, aim: str) -> list[Metric]:
    """The registry with the signed margins, and the aim on top."""
    margins = {
        scorecard_key(asked.metric): abs(asked.margin)
        for asked in content.guardrails
        if asked.margin is not None
    }
    found = [
        replace(metric, margin=margins.get(metric.key, metric.margin))
        for metric in METRICS.values()
    ]
    if aim not in METRICS:
        return found
    found = [
        replace(metric, role=MetricRole.PRIMARY)
        if metric.key == aim
        else replace(metric, role=MetricRole.SECONDARY)
        if metric.role is MetricRole.PRIMARY
        else metric
        for metric in found
    ]
    return sorted(found, key=lambda metric: metric.key != aim)


def snapshot(scope: str, period: Period, now: datetime) -> ScorecardSnapshot | None:
    """The stored sums, unless they are too old for a period that still changes."""
    found = ScorecardSnapshot.objects.filter(
        scope=scope, starts_at=period.starts_at, ends_at=period.ends_at or now
    ).first()
    if found is None or found.computed_at > now:
        return None
    is_open = found.computed_at < _last_change(found.ends_at)
    return None if is_open and now - found.computed_at > SNAPSHOT_LASTS else found


def _last_change(ends: datetime) -> datetime:
    longest = max(metric.maturity_days for metric in METRICS.values())
    return ends + timedelta(days=longest)


def _matures_at(
    rows: Sequence[Row], entered: Mapping[str, Entered]
) -> dict[str, datetime]:
    """When each metric that waits will have enough customers, where that is known."""
    found: dict[str, datetime] = {}
    for row in rows:
        days = row.metric.maturity_days
        ready = [side.matures_at(days) for side in entered.values()]
        known = [at for at in ready if at is not None]
        is_waiting = row.state is RowState.NOT_MATURE
        if is_waiting and len(known) == len(SIDES):
            found[row.metric.key] = max(known)
    return found


def _rows(
    strata: counting.Strata,
    metrics: Sequence[Metric],
    entered: Mapping[str, Entered],
    at: datetime,
) -> tuple[Row, ...]:
    sides = counting.pooled(strata)
    return tuple(
        compare(
            metric,
            sides[TREATED].get(metric.key),
            sides[HOLDOUT].get(metric.key),
            is_mature=all(
                side.is_mature(metric.maturity_days, at) for side in entered.values()
            ),
        )
        for metric in metrics
    )


def _trend(weeks: Sequence[Mapping[str, Any]]) -> list[TrendPoint]:
    points = []
    for each in weeks:
        sides = counting.pooled(counting.restored(each["groups"]))
        for key, ours in sides[TREATED].items():
            theirs = sides[HOLDOUT][key]
            metric = METRICS[key]
            points.append(
                TrendPoint(
                    each["week"],
                    key,
                    _figure(metric, ours),
                    _figure(metric, theirs),
                    ours.n,
                    theirs.n,
                )
            )
    return points


def _figure(metric: Metric, stats: Any) -> float | None:
    value = stats.ratio if hasattr(stats, "ratio") else stats.mean
    return None if value is None else float(value) * metric.scale
