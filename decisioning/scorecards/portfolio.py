"""Several use cases together: gains are pooled, harm is not averaged out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from decisioning.scorecards import counting, wording
from decisioning.scorecards.core import (
    Row,
    ScorecardVerdict,
    compare,
    is_certain_harm,
    overall,
)
from decisioning.scorecards.metrics import Metric
from decisioning.scorecards.sql import HOLDOUT, TREATED
from decisioning.types import MetricRole, Period, Verdict
from governance.types import State
from governance.usecases.models import StateChange

ENDED: Mapping[State, str] = {
    State.PAUSED: "was paused",
    State.ROLLED_BACK: "was stopped",
    State.RETIRED: "was retired",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A use case with the metrics it was signed for."""

    key: str
    name: str
    state: State
    metrics: Sequence[Metric]


@dataclass(frozen=True, slots=True)
class Harm:
    """The row of the use case that does most certain harm on one guardrail."""

    case: Case
    row: Row


def harms(strata: counting.Strata, cases: Sequence[Case]) -> dict[str, Harm]:
    """By guardrail, the use case with the most certain harm; none where there is none.

    Averaged over all customers, a small use case that annoys its own would vanish.
    """
    parts = counting.by_case(strata)
    worst: dict[str, Harm] = {}
    for case in cases:
        for row in _guardrails(parts.get(case.key, {}), case):
            before = worst.get(row.metric.key)
            if is_certain_harm(row) and (
                before is None or _size(row) > _size(before.row)
            ):
                worst[row.metric.key] = Harm(case, row)
    return worst


def _guardrails(strata: counting.Strata, case: Case) -> list[Row]:
    sides = counting.pooled(strata)
    return [
        compare(metric, sides[TREATED].get(metric.key), sides[HOLDOUT].get(metric.key))
        for metric in case.metrics
        if metric.role is MetricRole.GUARDRAIL
    ]


def _size(row: Row) -> float:
    return abs(row.effect.difference) if row.effect else 0.0


def shown(rows: Sequence[Row], found: Mapping[str, Harm]) -> tuple[Row, ...]:
    """The rows, with the harmed use case's own in place of an average."""
    return tuple(
        _named(found[row.metric.key]) if row.metric.key in found else row
        for row in rows
    )


def _named(harm: Harm) -> Row:
    metric = harm.row.metric
    named = replace(
        metric,
        label=f"{metric.label} in “{harm.case.name}”",
        definition=f"{metric.definition} Shown for the use case that did most harm: "
        "harm is not averaged over the others.",
    )
    return replace(harm.row, metric=named)


def verdict(
    rows: Sequence[Row],
    strata: counting.Strata,
    cases: Sequence[Case],
    period: Period,
) -> ScorecardVerdict:
    """Whether what runs now is worth it, and what was stopped in the period.

    ``rows`` are the pooled ones.
    """
    running = [case for case in cases if case.state not in ENDED]
    found = harms(strata, running)
    alive = _alive(strata, running)
    pooled = counting.pooled(alive)
    judged = [
        compare(
            row.metric,
            pooled[TREATED].get(row.metric.key),
            pooled[HOLDOUT].get(row.metric.key),
            is_mature=row.is_mature,
        )
        if row.metric.role is MetricRole.GUARDRAIL
        else row
        for row in rows
    ]
    named = {key: f"“{harm.case.name}”" for key, harm in found.items()}
    harmed = [
        found[row.metric.key].row if row.metric.key in found else row for row in judged
    ]
    said = overall(harmed, harmful=named)
    if strata and not alive:
        said = ScorecardVerdict(Verdict.CANNOT_TELL, "Nothing is tested or served now.")
    ends = [_ending(case, strata, period) for case in cases if case.state in ENDED]
    return replace(said, because=" ".join([said.because, *filter(None, ends)]))


def _alive(strata: counting.Strata, running: Sequence[Case]) -> counting.Strata:
    keys = {case.key for case in running}
    return {
        name: sides
        for key, parts in counting.by_case(strata).items()
        if key in keys
        for name, sides in parts.items()
    }


def _ending(case: Case, strata: counting.Strata, period: Period) -> str:
    """How it ended, where that was in the period: by measured harm, else the reason."""
    change = (
        StateChange.objects.filter(use_case__key=case.key, to_state=case.state.value)
        .order_by("-pk")
        .first()
    )
    if change is None or change.changed_at not in period:
        return ""
    rows = _guardrails(counting.by_case(strata).get(case.key, {}), case)
    told = [
        wording.change(row.metric.key, row.effect)
        for row in rows
        if row.effect is not None and is_certain_harm(row)
    ]
    *first, last = told or [change.reason.rstrip(". ")]
    why = " and ".join([", ".join(first), last]) if first else last
    return f"“{case.name}” {ENDED[case.state]}: {why}." if why else ""
