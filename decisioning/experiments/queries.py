from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count

from decisioning.experiments.analysis import ReadOut
from decisioning.experiments.analysis import read_out as analyse
from decisioning.experiments.core import HOLDOUT, Arm, ArmRole, Design
from decisioning.experiments.models import ArmStatistics, Assignment, Experiment
from decisioning.experiments.readouts import (
    ArmEffect,
    HarmState,
    MetricDefinition,
    MetricReadOut,
)
from decisioning.experiments.registry import PER_CONTACTS, counted_key, from_stored
from decisioning.experiments.sql import Units, count, count_contacts, per_contacts
from decisioning.experiments.verdict import harm
from decisioning.stats.srm import RatioVerdict
from decisioning.stats.sufficient import Effect, SufficientStats
from decisioning.types import MetricKind, MetricRole, Verdict
from governance.types import Gone, NotFound
from governance.usecases.core import Guarded, SampleRatio
from governance.usecases.core.situation import GuardrailState
from governance.usecases.queries import MeasuredFacts

__all__ = [
    "Experiment",
    "ReadOut",
    "arm_counts",
    "as_json",
    "catalogue",
    "counted_at",
    "design_of",
    "experiment",
    "live_statistics",
    "measured_facts",
    "metrics_of",
    "newest",
    "planned_end_reached",
    "read_out",
    "running",
]

COMPLAINTS = "complaint_rate"
ArmStats = dict[tuple[str, str], SufficientStats]
UNITS = """SELECT customer_id, arm AS grp, assigned_at AS since,
  %(until)s::timestamptz AS until
FROM decisioning_assignment WHERE experiment_id = %(experiment)s"""
GUARDED: Mapping[HarmState, GuardrailState] = {
    HarmState.CLEAR: GuardrailState.CLEAR,
    HarmState.BREACH: GuardrailState.BREACH,
    HarmState.CANNOT_TELL: GuardrailState.NOT_ENOUGH_DATA,
    HarmState.NOT_RECORDED: GuardrailState.NOT_COUNTED,
}


def experiment(key: str) -> Experiment:
    found = Experiment.objects.select_related("created_by").filter(key=key).first()
    if found is None:
        raise NotFound("There is no such experiment.")
    if found.withdrawn_at is not None:
        day = f"{found.withdrawn_at:%-d %B %Y}"
        raise Gone(f"This read-out was withdrawn on {day}: {found.withdrawn_why}")
    return found


def catalogue(*, use_case_key: str = "", state: str = "") -> list[Experiment]:
    """Newest first, each with ``n_customers``, how many were assigned.

    What was withdrawn is left out.
    """
    found = Experiment.objects.filter(withdrawn_at=None).annotate(
        n_customers=Count("assignments")
    )
    if use_case_key:
        found = found.filter(use_case_key=use_case_key)
    if state:
        found = found.filter(state=state)
    return list(found.select_related("created_by").order_by("-created_at", "key"))


def running(use_case_key: str) -> Experiment | None:
    return Experiment.objects.filter(
        use_case_key=use_case_key, state=Experiment.State.RUNNING, is_imported=False
    ).first()


def newest(use_case_key: str) -> Experiment | None:
    """The use case's running experiment, else the one that ran last."""
    return running(use_case_key) or (
        Experiment.objects.filter(use_case_key=use_case_key, is_imported=False)
        .order_by("-created_at")
        .first()
    )


def design_of(row: Experiment) -> Design:
    arms = tuple(
        Arm(
            str(arm["key"]),
            float(arm["share"]),
            ArmRole.CONTROL if arm["key"] == row.control else ArmRole.TREATED,
        )
        for arm in row.arms
        if HOLDOUT not in (arm["key"], arm.get("role"))
    )
    return Design(arms, row.salt, planned_n=row.planned_n)


def metrics_of(row: Experiment) -> list[MetricDefinition]:
    return [from_stored(metric) for metric in row.metrics]


def arm_counts(row: Experiment) -> dict[str, int]:
    """Customers assigned to each arm, empty arms included."""
    counted = dict(
        Assignment.objects.filter(experiment=row)
        .values_list("arm")
        .annotate(n=Count("id"))
        .order_by()
    )
    return {key: counted.get(key, 0) for key in design_of(row).shares}


def live_statistics(row: Experiment, now: datetime) -> ArmStats:
    """Sums counted from the rows as they are now, under the experiment's own keys."""
    until = min(row.ended_at or now, now)
    units = Units(UNITS, {"experiment": row.pk, "until": until})
    counted = count(units)
    metrics = metrics_of(row)
    if any(m.key == COMPLAINTS and m.kind is MetricKind.MEAN for m in metrics):
        counted |= _complaints(units)
    designed = set(design_of(row).shares)
    return {
        (arm, metric.key): counted[arm, counted_key(metric.key)]
        for metric in metrics
        for arm in designed
        if (arm, counted_key(metric.key)) in counted
    }


def _complaints(units: Units) -> ArmStats:
    found: ArmStats = {}
    for arm, ratio in count_contacts(units).items():
        stats = per_contacts(ratio, PER_CONTACTS)
        if stats is not None:
            found[arm, COMPLAINTS] = stats
    return found


def counted_at(row: Experiment) -> datetime | None:
    newest_row = row.statistics.order_by("-counted_at").first()
    return newest_row.counted_at if newest_row else None


def read_out(key: str, now: datetime) -> ReadOut:
    """What each arm did, from the stored sums, else counted from the rows."""
    return _read_out(experiment(key), now)


def _read_out(row: Experiment, now: datetime) -> ReadOut:
    stats = _stored(row)
    if not stats and not row.is_imported and row.started_at is not None:
        stats = live_statistics(row, now)
    return analyse(
        design_of(row),
        stats,
        metrics_of(row),
        finished=row.state == Experiment.State.FINISHED,
    )


def _stored(row: Experiment) -> ArmStats:
    designed = set(design_of(row).shares)
    return {
        (each.arm, each.metric): SufficientStats(each.n, each.sum_x, each.sum_xx)
        for each in ArmStatistics.objects.filter(experiment=row)
        if each.arm in designed
    }


def planned_end_reached(row: Experiment, now: datetime) -> bool:
    """Whether the planned number of customers, and of days, has been reached."""
    if row.started_at is None or row.planned_n is None:
        return False
    days = (now - row.started_at).total_seconds() / 86_400
    if row.planned_days is not None and days < row.planned_days:
        return False
    return sum(arm_counts(row).values()) >= row.planned_n


def measured_facts(use_case_key: str, now: datetime) -> MeasuredFacts:
    """What the life cycle's guards ask of the numbers; nothing before an experiment."""
    row = newest(use_case_key)
    if row is None or row.started_at is None:
        return MeasuredFacts()
    result = _read_out(row, now)
    is_finished = row.state == Experiment.State.FINISHED
    return MeasuredFacts(
        sample_reached=is_finished or planned_end_reached(row, now),
        sample_ratio=_ratio(result.sample_ratio.verdict),
        guarded=tuple(_guarded(result)),
        verdict=result.verdict.decision.value,
        has_interval=any(
            isinstance(effect.judged, Effect) for effect in _deciding(result)
        ),
        uplift_decided=result.verdict.decision
        in {Verdict.SCALE, Verdict.DO_NOT_SCALE, Verdict.STOP},
    )


def _ratio(verdict: RatioVerdict) -> SampleRatio | None:
    if verdict is RatioVerdict.NOT_ENOUGH_DATA:
        return None
    return SampleRatio(verdict.value)


def _deciding(result: ReadOut) -> tuple[ArmEffect, ...]:
    primary = [m for m in result.metrics if m.definition.role is MetricRole.PRIMARY]
    return primary[0].effects if primary else ()


def _guarded(result: ReadOut) -> list[Guarded]:
    guardrails = [
        metric
        for metric in result.metrics
        if metric.definition.role is MetricRole.GUARDRAIL
    ]
    return [Guarded(label=m.definition.label, state=_worst(m)) for m in guardrails]


def _worst(metric: MetricReadOut) -> GuardrailState:
    order = list(HarmState)
    states = [harm(metric, effect.arm).state for effect in metric.effects]
    worst = max(states, key=order.index, default=HarmState.NOT_RECORDED)
    return GUARDED[worst]


def as_json(key: str, now: datetime) -> dict[str, Any]:
    """The read-out endpoint's body."""
    row = experiment(key)
    result = _read_out(row, now)
    counted = counted_at(row)
    return {
        "key": row.key,
        "name": row.name,
        **result.as_dict(),
        "state": row.state,
        "useCase": row.use_case_key or None,
        "isImported": row.is_imported,
        "source": row.source,
        "plannedCustomers": row.planned_n,
        "customers": arm_counts(row),
        "notRecorded": list(row.not_recorded),
        "freshAt": counted.isoformat() if counted else None,
    }
