from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min

from decisioning.customers.models import Customer
from decisioning.features.core import ORDER, VISIT
from decisioning.scoring import lifetime, propensity, sql
from decisioning.scoring.core import LinearModel
from decisioning.scoring.models import ModelVersion, Score
from decisioning.scoring.propensity import Example
from decisioning.scoring.sql import ScoreRow
from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.jobs.actions import progress
from governance.types import (
    Actor,
    ActorKind,
    Invalid,
    NotFound,
    Refused,
    SubjectRef,
    digest_of,
)

PARTITION = 10_000
SEED = 20_260_302
OUTCOME_EVENTS: Mapping[str, tuple[str, ...]] = {"conversion": ORDER, "visit": VISIT}
Scorer = Callable[[int, int], Iterable[ScoreRow]]


def train_propensity(
    *,
    by: Actor,
    now: datetime,
    experiment_key: str,
    outcome: str = "conversion",
    key: str = "propensity",
    job_id: str | None = None,
) -> ModelVersion:
    """Fit one calibrated model per arm on the experiment's treated customers.

    An offer is scored by the arm that bears its key, or was served in it; any other
    offer counts as the mean of those. The model serves whom a use case names it for.
    """
    _may(by, Permission.MODELS_WRITE)
    examples, left_out = _examples(experiment_key, outcome, now)
    _tell(job_id, 1, 3, f"Reading the features of {len(examples):,} customers")
    table = propensity.table_of(examples)
    _tell(job_id, 2, 3, "Training, checking, and leaving each signal out in turn")
    result = propensity.trained(table, seed=SEED)
    told = propensity.report(
        result, table, outcome=outcome, experiment=experiment_key
    ) | {"leftOut": _left_out(left_out)}
    return _stored(
        by=by,
        now=now,
        key=key,
        kind="propensity",
        digest=result.digest,
        parameters={**result.model.as_dict(), "fill": dict(table.fill)},
        report=told,
        trained_on=f"experiment {experiment_key}, {outcome}",
        job_id=job_id,
    )


def _examples(key: str, outcome: str, now: datetime) -> tuple[list[Example], int]:
    if outcome not in OUTCOME_EVENTS:
        known = " or ".join(OUTCOME_EVENTS)
        raise Invalid({"outcome": f"“{outcome}” is not {known}."})
    found = sql.rows(sql.EXPERIMENT, {"key": key, "now": now})
    if not found:
        raise NotFound("There is no such experiment.")
    experiment, is_imported, control, until = found[0]
    params = {
        "experiment": experiment,
        "control": control,
        "outcome": outcome,
        "names": list(OUTCOME_EVENTS[outcome]),
        "until": until,
        "key": key,
        "now": now,
    }
    rows = sql.rows(sql.IMPORTED_ROWS if is_imported else sql.LIVE_ROWS, params)
    allowed = [Example(*row[:4]) for row in rows if row[4]]
    if not allowed:
        raise Invalid(
            {
                "experiment": "Nobody in it may be trained on: the data is neither "
                "public research data nor covered by consent to model training."
                if rows
                else "It has no treated customers with a recorded outcome."
            }
        )
    return allowed, len(rows) - len(allowed)


def train_clv(
    *,
    by: Actor,
    now: datetime,
    trait: str = "",
    source: str = "",
    calibration_end: date | None = None,
    key: str = lifetime.VALUE_KEY,
    job_id: str | None = None,
) -> ModelVersion:
    """Fit BG/NBD and Gamma-Gamma on orders: one transaction a day, time in weeks.

    ``trait`` and ``source`` narrow whose orders count, such as one imported data set.
    ``calibration_end`` is the last day that counts; what comes later checks the fit.
    """
    _may(by, Permission.MODELS_WRITE)
    rows = sql.rows(
        sql.PURCHASES,
        {"orders": list(ORDER), "trait": trait, "source": source, "now": now},
    )
    purchases = [row[:3] for row in rows if row[3]]
    if not purchases:
        raise Invalid({"purchases": "There are no orders that may be trained on."})
    left_out = len({row[0] for row in rows} - {row[0] for row in purchases})
    _tell(job_id, 1, 2, f"Fitting {len(purchases):,} orders")
    end = calibration_end or (now - timedelta(days=1)).date()
    history = lifetime.history_of(purchases, end)
    model = lifetime.fitted(history)
    told = lifetime.report(model, history, end=end, left_out=left_out)
    parameters = {
        **model.as_dict(),
        "trait": trait,
        "as_of": calibration_end.isoformat() if calibration_end else None,
    }
    return _stored(
        by=by,
        now=now,
        key=key,
        kind="clv",
        digest=digest_of(parameters),
        parameters=parameters,
        report=told
        | {"holdout": lifetime.holdout_check(model, history, purchases, end)},
        trained_on=f"orders{f' of {trait or source}' if trait or source else ''}"
        f" to {end.isoformat()}",
        job_id=job_id,
    )


def _left_out(n: int) -> dict[str, Any]:
    return {
        "customers": n,
        "because": "No consent to model training, and not public research data.",
    }


@transaction.atomic
def _stored(
    *,
    by: Actor,
    now: datetime,
    key: str,
    kind: str,
    digest: str,
    parameters: Mapping[str, Any],
    report: Mapping[str, Any],
    trained_on: str,
    job_id: str | None,
) -> ModelVersion:
    """The next version of the model; the very first one serves at once."""
    known = ModelVersion.objects.select_for_update().filter(key=key).order_by("-number")
    newest = known.first()
    row = ModelVersion.objects.create(
        key=key,
        number=newest.number + 1 if newest else 1,
        kind=kind,
        digest=digest,
        parameters=dict(parameters),
        report=dict(report),
        trained_on=trained_on[:120],
        trained_at=now,
        trained_by_label=str(by)[:120],
        job_id=job_id,
        is_champion=newest is None,
    )
    _note(by, now, row, "model.trained")
    return row


@transaction.atomic
def promote(*, by: Actor, now: datetime, key: str, number: int) -> ModelVersion:
    """Let a version serve; use cases signed for another one then show the default."""
    _may(by, Permission.MODELS_PROMOTE)
    rows = {
        row.number: row
        for row in ModelVersion.objects.select_for_update().filter(key=key)
    }
    chosen = rows.get(number)
    if chosen is None:
        raise NotFound("There is no such version of this model.")
    ModelVersion.objects.filter(key=key, is_champion=True).exclude(pk=chosen.pk).update(
        is_champion=False
    )
    chosen.is_champion = True
    chosen.save(update_fields=["is_champion"])
    _note(by, now, chosen, "model.promoted")
    return chosen


def score_all(
    *,
    by: Actor,
    now: datetime,
    key: str,
    job_id: str | None = None,
    fresh_since: datetime | None = None,
) -> dict[str, int]:
    """Score everybody with the serving version, a partition of 10,000 ids at a time.

    Each partition commits by itself. One that already has this version's scores, no
    older than ``fresh_since``, is left as it is: an interrupted run goes on from there.
    """
    _may(by, Permission.MODELS_WRITE)
    version = ModelVersion.objects.filter(key=key, is_champion=True).first()
    if version is None:
        raise NotFound("No version of this model serves yet. Train and promote one.")
    scorer = _scorer(version, now)
    partitions = _partitions()
    counts = {"written": 0, "partitions": 0, "skipped": 0}
    for done, (first, last) in enumerate(partitions, start=1):
        if _is_done(version, first, last, fresh_since):
            counts["skipped"] += 1
        else:
            written = _score_partition(version, scorer, first, last, by=by, now=now)
            counts["written"] += written
            counts["partitions"] += 1
        _tell(job_id, done, len(partitions), f"Scoring with {version}", counts)
    return counts


@transaction.atomic
def _score_partition(
    version: ModelVersion,
    scorer: Scorer,
    first: int,
    last: int,
    *,
    by: Actor,
    now: datetime,
) -> int:
    sql.forget_refused(first, last, keys=_score_keys(version))
    written = sql.write_scores(scorer(first, last), version=version.pk, now=now)
    audit.record(
        by=by,
        now=now,
        type="scores.written",
        subject=SubjectRef("model", version.key, version.digest),
        details={"version": version.number, "written": written},
    )
    return written


def _score_keys(version: ModelVersion) -> list[str]:
    if version.kind == "clv":
        return [lifetime.VALUE_KEY, lifetime.ALIVE_KEY]
    return [f"propensity:{offer}" for offer in version.parameters["offers"]]


def _scorer(version: ModelVersion, now: datetime) -> Scorer:
    if version.kind == "clv":
        return _clv_scorer(version, now)
    model = LinearModel.of_dict(version.parameters)
    fill = version.parameters.get("fill", {})

    def score(first: int, last: int) -> Iterable[ScoreRow]:
        people = sql.rows(sql.SCORABLE, {"first": first, "last": last})
        return propensity.scores(model, fill, [who for (who,) in people])

    return score


def _clv_scorer(version: ModelVersion, now: datetime) -> Scorer:
    model = lifetime.model_from(version.parameters)
    as_of = version.parameters.get("as_of")
    until = now
    if as_of:
        day = date.fromisoformat(as_of) + timedelta(days=1)
        until = datetime.combine(day, time(), tzinfo=UTC)

    def score(first: int, last: int) -> Iterable[ScoreRow]:
        params = {
            "first": first,
            "last": last,
            "orders": list(ORDER),
            "trait": version.parameters.get("trait", ""),
            "until": until,
        }
        return lifetime.scores(model, sql.rows(sql.HISTORY_OF, params), until=until)

    return score


def _partitions() -> list[tuple[int, int]]:
    edges = Customer.objects.aggregate(first=Min("id"), last=Max("id"))
    if edges["first"] is None:
        return []
    begin = edges["first"] // PARTITION
    end = edges["last"] // PARTITION
    return [(i * PARTITION, (i + 1) * PARTITION - 1) for i in range(begin, end + 1)]


def _is_done(
    version: ModelVersion, first: int, last: int, fresh_since: datetime | None
) -> bool:
    there = Score.objects.filter(
        model_version=version, customer_id__range=(first, last)
    )
    if fresh_since is not None:
        there = there.filter(computed_at__gte=fresh_since)
    return there.exists()


def _may(by: Actor, permission: Permission) -> None:
    if by.kind is not ActorKind.SYSTEM and not holds(by, permission):
        raise Refused("Training and promoting scores is for analysts. Ask one of them.")


def _tell(
    job_id: str | None,
    done: int,
    total: int,
    message: str,
    counts: Mapping[str, int] | None = None,
) -> None:
    if job_id is not None:
        progress(job_id, n_done=done, n_total=total, message=message, counts=counts)


def _note(by: Actor, now: datetime, row: ModelVersion, event: str) -> None:
    audit.record(
        by=by,
        now=now,
        type=event,
        subject=SubjectRef("model", row.key, row.digest),
        details={"version": row.number, "trained_on": row.trained_on},
    )
