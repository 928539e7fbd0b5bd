"""Finished experiments from elsewhere: design, arms, outcomes as recorded."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, transaction

from decisioning.events.storing import escaped
from decisioning.experiments.models import ArmStatistics, Experiment
from governance.audit import actions as audit
from governance.types import Actor, Invalid, SubjectRef

NOT_RECORDED = ("opt_out_rate", "complaint_rate", "refund_rate", "trust_score")


@dataclass(frozen=True, slots=True)
class ImportedMetric:
    """A metric of an imported experiment: yes or no, or an amount."""

    key: str
    label: str
    kind: str
    unit: str
    role: str = "secondary"
    better_when: str = "higher"

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label,
            "kind": self.kind,
            "unit": self.unit,
            "role": self.role,
            "better_when": self.better_when,
            "margin": 0.0,
        }


@dataclass(frozen=True, slots=True)
class ImportedDesign:
    """What is known of a finished experiment beside its rows."""

    key: str
    name: str
    source: str
    arms: Mapping[str, float]
    control: str
    metrics: Sequence[ImportedMetric]
    labels: Mapping[str, str] = field(default_factory=dict)
    hypothesis: str = ""
    not_recorded: Sequence[str] = NOT_RECORDED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    unit: str = "customer"


@dataclass(frozen=True, slots=True)
class UnitResult:
    """One unit: its arm, and its value of each metric that was measured on it."""

    customer_id: int
    arm: str
    outcomes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm on one metric, where only its figures are known; variance by n - 1."""

    arm: str
    metric: str
    n: int
    mean: float
    variance: float


def experiment_of(
    design: ImportedDesign, *, created_by: int, now: datetime
) -> Experiment:
    """The experiment's row, the same one at every later import of the same key.

    One that was withdrawn is what the new import says it is.
    """
    found, is_new = Experiment.objects.get_or_create(
        key=design.key, defaults=_fields(design, created_by, now)
    )
    if not is_new and found.withdrawn_at is not None:
        found, _ = Experiment.objects.update_or_create(
            key=design.key, defaults=_fields(design, created_by, now)
        )
    return found


def _fields(design: ImportedDesign, created_by: int, now: datetime) -> dict[str, Any]:
    return {
        "name": design.name,
        "hypothesis": design.hypothesis,
        "state": Experiment.State.FINISHED,
        "is_imported": True,
        "source": design.source,
        "unit": design.unit,
        "arms": [
            {
                "key": arm,
                "label": design.labels.get(arm, arm),
                "share": share,
                "role": "control" if arm == design.control else "treated",
            }
            for arm, share in design.arms.items()
        ],
        "control": design.control,
        "metrics": [metric.as_dict() for metric in design.metrics],
        "not_recorded": list(design.not_recorded),
        "salt": secrets.token_hex(16),
        "started_at": design.started_at,
        "ended_at": design.ended_at,
        "created_by_id": created_by,
        "created_at": now,
        "withdrawn_at": None,
        "withdrawn_why": "",
    }


@transaction.atomic
def record(
    experiment: Experiment,
    results: Iterable[UnitResult],
    *,
    shares: Mapping[str, float],
    at: datetime,
) -> int:
    """Add arms and outcomes by COPY; what is there already stays as it is."""
    rows = list(results)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS imported_result (customer_id bigint,"
            " arm text, propensity float8, metric text, value float8)"
            " ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM imported_result")
        with cursor.copy(
            "COPY imported_result (customer_id, arm, propensity, metric, value)"
            " FROM STDIN"
        ) as copy:
            copy.write(b"".join(_lines(rows, shares)))
        cursor.execute(
            "INSERT INTO decisioning_assignment"
            " (experiment_id, customer_id, arm, propensity, assigned_at)"
            " SELECT %s, customer_id, arm, propensity, %s FROM imported_result"
            " WHERE arm IS NOT NULL"
            " ON CONFLICT (experiment_id, customer_id) DO NOTHING",
            [experiment.pk, at],
        )
        n_added = int(cursor.rowcount)
        cursor.execute(
            "INSERT INTO decisioning_outcome"
            " (experiment_id, customer_id, metric, value)"
            " SELECT %s, customer_id, metric, value FROM imported_result"
            " WHERE metric IS NOT NULL"
            " ON CONFLICT (experiment_id, metric, customer_id) DO NOTHING",
            [experiment.pk],
        )
    return n_added


def _lines(rows: Iterable[UnitResult], shares: Mapping[str, float]) -> Iterator[bytes]:
    """One line for the arm and one for each outcome."""
    key = cache(escaped)
    for row in rows:
        who, share = row.customer_id, shares[row.arm]
        yield b"%d\t%b\t%r\t\\N\t\\N\n" % (who, key(row.arm), share)
        for metric, value in row.outcomes.items():
            yield b"%d\t\\N\t\\N\t%b\t%r\n" % (who, key(metric), value)


def count_arms(experiment: Experiment, *, now: datetime) -> None:
    """Sufficient statistics of every arm and metric, counted from the outcomes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO decisioning_armstatistics"
            " (experiment_id, arm, metric, n, sum_x, sum_xx, counted_at)"
            " SELECT a.experiment_id, a.arm, o.metric, count(*), sum(o.value),"
            "   sum(o.value * o.value), %s"
            " FROM decisioning_assignment a JOIN decisioning_outcome o"
            "   USING (experiment_id, customer_id)"
            " WHERE a.experiment_id = %s GROUP BY 1, 2, 3"
            " ON CONFLICT (experiment_id, arm, metric) DO UPDATE SET n = EXCLUDED.n,"
            "   sum_x = EXCLUDED.sum_x, sum_xx = EXCLUDED.sum_xx,"
            "   counted_at = EXCLUDED.counted_at",
            [now, experiment.pk],
        )


def record_summaries(
    experiment: Experiment, summaries: Sequence[ArmSummary], *, now: datetime
) -> None:
    """Sufficient statistics from means and variances; a later look replaces them."""
    for each in summaries:
        sum_x = each.n * each.mean
        sum_xx = (each.n - 1) * each.variance + each.n * each.mean**2
        ArmStatistics.objects.update_or_create(
            experiment=experiment,
            arm=each.arm,
            metric=each.metric,
            defaults={
                "n": each.n,
                "sum_x": sum_x,
                "sum_xx": sum_xx,
                "counted_at": now,
            },
        )


@transaction.atomic
def withdraw(*, by: Actor, now: datetime, key: str, why: str) -> int:
    """Take an imported read-out out of the catalogue; how many outcomes went with it.

    What it was called, and why it was withdrawn, stays on record.

    Raises
    ------
    Invalid
        Where it was run here.
    """
    row = Experiment.objects.select_for_update().filter(key=key).first()
    if row is None or row.withdrawn_at is not None:
        return 0
    if not row.is_imported:
        raise Invalid({"key": f"{key} was run here: it is stopped, never withdrawn."})
    n_outcomes, _ = row.outcomes.all().delete()
    row.assignments.all().delete()
    row.statistics.all().delete()
    row.withdrawn_at, row.withdrawn_why = now, why
    row.save(update_fields=["withdrawn_at", "withdrawn_why"])
    audit.record(
        by=by,
        now=now,
        type="experiment.withdrawn",
        subject=SubjectRef("experiment", key),
        details={"why": why, "outcomes": n_outcomes, "source": row.source},
    )
    return int(n_outcomes)
