from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from decisioning.experiments import imports, planning
from decisioning.experiments.core import Design, InvalidDesign, start_problems
from decisioning.experiments.models import ArmStatistics, Experiment
from decisioning.experiments.queries import (
    design_of,
    live_statistics,
    planned_end_reached,
)
from decisioning.experiments.registry import as_stored
from decisioning.revisions.actions import must_write, owner_of
from governance.access.core import Permission
from governance.audit import actions as audit
from governance.types import Actor, Conflict, Invalid, NotFound, Refused, SubjectRef
from governance.usecases.core.content import UseCaseContent
from governance.usecases.queries import use_case

KEY_LENGTH = 60


@transaction.atomic
def create(
    *,
    by: Actor,
    now: datetime,
    use_case_key: str,
    content: UseCaseContent | None = None,
    key: str = "",
    name: str = "",
    planned_n: int | None = None,
    planned_days: int | None = None,
    owner_id: int | None = None,
) -> Experiment:
    """Design the use case's experiment as its content says; it does not start yet."""
    case = use_case(use_case_key)
    owner = case.created_by_id
    must_write(by, Permission.EXPERIMENTS_WRITE, owner)
    wanted = content or _content(case)
    wanted_key = key or wanted.experiment.key or use_case_key
    arms = planning.arms_of(wanted)
    salt = secrets.token_hex(16)
    try:
        design = Design(arms, salt)
    except InvalidDesign as error:
        raise Invalid({"experiment.allocation": str(error)}) from error
    row = Experiment.objects.create(
        key=_free_key(wanted_key),
        name=name or f"{case.name}: test",
        hypothesis=_hypothesis(wanted),
        use_case_key=use_case_key,
        arms=[
            {"key": arm.key, "share": arm.share, "role": arm.role.value} for arm in arms
        ],
        control=design.control.key,
        metrics=[as_stored(metric) for metric in planning.metrics_of(wanted)],
        salt=salt,
        planned_n=planned_n or planning.planned_customers(wanted, design, now),
        planned_days=planned_days,
        created_by_id=owner_of(by, owner_id or owner),
        created_at=now,
    )
    _note(by, now, row, "experiment.created", planned_n=row.planned_n)
    return row


def _content(case: object) -> UseCaseContent:
    serving = getattr(case, "serving_version", None)
    version = serving or case.versions.order_by("-number").first()  # type: ignore[attr-defined]
    if version is None:
        raise Invalid({"use_case": "It has no version yet. Fill in the intake first."})
    return UseCaseContent.from_dict(version.content)


def _free_key(wanted: str) -> str:
    """The key itself, or with the next number: a use case may be tested again."""
    if not Experiment.objects.filter(key=wanted).exists():
        return wanted
    number = 2
    while Experiment.objects.filter(
        key=f"{wanted[: KEY_LENGTH - 4]}-{number}"
    ).exists():
        number += 1
    return f"{wanted[: KEY_LENGTH - 4]}-{number}"


def _hypothesis(content: UseCaseContent) -> str:
    objective = content.objective
    change = objective.smallest_change
    told = f" by at least {change:g}" if change else ""
    metric = objective.primary_metric.replace("_", " ") or "conversion quality"
    return f"It raises {metric}{told} and does no harm."[:400]


@transaction.atomic
def start(*, by: Actor, now: datetime, key: str) -> Experiment:
    row = _locked(key)
    must_write(by, Permission.EXPERIMENTS_WRITE, row.created_by_id)
    if row.state != Experiment.State.DRAFT:
        raise Conflict(f"The experiment is {row.state}; only a draft can be started.")
    problems = start_problems(design_of(row))
    if problems:
        raise Refused(" ".join(problems), code="experiment.not_ready")
    other = Experiment.objects.filter(
        use_case_key=row.use_case_key, state=Experiment.State.RUNNING
    ).first()
    if row.use_case_key and other is not None:
        raise Conflict(
            f"“{other.name}” is still running for this use case. Stop or finish it."
        )
    row.state, row.started_at = Experiment.State.RUNNING, now
    row.save()
    _note(by, now, row, "experiment.started")
    return row


@transaction.atomic
def stop(*, by: Actor, now: datetime, key: str, reason: str) -> Experiment:
    """End it before its time; it keeps its always-valid intervals and no others."""
    if not reason.strip():
        raise Invalid({"reason": "Say why it is stopped before its planned end."})
    row = _locked(key)
    must_write(by, Permission.EXPERIMENTS_WRITE, row.created_by_id)
    _must_run(row)
    return _end(by, now, row, Experiment.State.STOPPED, reason=reason)


@transaction.atomic
def finish(
    *, by: Actor, now: datetime, key: str, is_judged: bool = False
) -> Experiment:
    """End it at its planned end; only then is there a fixed interval.

    ``is_judged`` where the life cycle's guard has judged that the end is reached.
    """
    row = _locked(key)
    must_write(by, Permission.EXPERIMENTS_WRITE, row.created_by_id)
    _must_run(row)
    if not (is_judged or planned_end_reached(row, now)):
        raise Refused(
            "The planned number of customers or days is not reached. "
            "Let it run, or stop it with a reason.",
            code="experiment.not_at_end",
        )
    return _end(by, now, row, Experiment.State.FINISHED)


def _must_run(row: Experiment) -> None:
    if row.state != Experiment.State.RUNNING:
        raise Conflict(f"The experiment is {row.state}; only a running one can end.")


def _end(
    by: Actor, now: datetime, row: Experiment, state: str, reason: str = ""
) -> Experiment:
    row.state, row.ended_at = state, now
    row.save()
    _refresh(row, now)
    _note(by, now, row, f"experiment.{state}", reason=reason)
    return row


@transaction.atomic
def refresh_statistics(key: str, *, now: datetime) -> int:
    """Count every arm and metric from the rows and store the sums; how many rows."""
    return _refresh(_locked(key), now)


def _refresh(row: Experiment, now: datetime) -> int:
    if row.is_imported:
        imports.count_arms(row, now=now)
        return row.statistics.count()
    if row.started_at is None:
        return 0
    counted = live_statistics(row, now)
    ArmStatistics.objects.bulk_create(
        [
            ArmStatistics(
                experiment=row,
                arm=arm,
                metric=metric,
                n=stats.n,
                sum_x=stats.sum_values,
                sum_xx=stats.sum_squares,
                counted_at=now,
            )
            for (arm, metric), stats in sorted(counted.items())
        ],
        update_conflicts=True,
        unique_fields=["experiment", "arm", "metric"],
        update_fields=["n", "sum_x", "sum_xx", "counted_at"],
    )
    return len(counted)


def _locked(key: str) -> Experiment:
    row = Experiment.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound("There is no such experiment.")
    return row


def _note(
    by: Actor, now: datetime, row: Experiment, event: str, **told: object
) -> None:
    audit.record(
        by=by,
        now=now,
        type=event,
        subject=SubjectRef("experiment", row.key),
        details={"use_case": row.use_case_key, **told},
    )
