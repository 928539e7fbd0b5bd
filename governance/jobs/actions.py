"""The life of a job: started by a person, told by the worker, stopped by either."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.installation.queries import now as database_now
from governance.jobs.models import Job
from governance.types import Actor, ActorKind, NotFound, Refused, SubjectRef

ENDED = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


class Cancelled(Exception):
    """Raised inside a job's work once somebody asked it to stop."""


@transaction.atomic
def start(
    *,
    by: Actor,
    now: datetime,
    kind: str,
    label: str,
    send: Callable[[str], Any],
    params: Mapping[str, Any] | None = None,
    result_url: str = "",
) -> Job:
    """Record the job, then wake a worker: ``send`` gets the job's id after commit."""
    job = Job.objects.create(
        kind=kind,
        label=label,
        params=dict(params or {}),
        started_by_id=by.id if by.kind is ActorKind.PERSON else None,
        result_url=result_url,
        created_at=now,
    )
    audit.record(
        by=by,
        now=now,
        type="job.started",
        subject=SubjectRef("job", str(job.pk)),
        details={"kind": kind, "label": label},
    )
    transaction.on_commit(lambda: send(str(job.pk)), robust=True)
    return job


@transaction.atomic
def cancel(*, by: Actor, now: datetime, job_id: UUID | str) -> Job:
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound("There is no such job.")
    if not allows(by, Permission.JOBS_STOP, {job.started_by_id}):
        raise Refused("Only who started this job, or its stewards, may stop it.")
    if job.state in ENDED:
        raise Refused("This job has already ended.", code="job.ended")
    job.cancel_requested_at = now
    if job.state == Job.State.QUEUED:
        job.state, job.finished_at = Job.State.CANCELLED, now
        job.message = "Stopped before it began. Nothing was changed."
    job.save()
    audit.record(
        by=by,
        now=now,
        type="job.cancel_requested",
        subject=SubjectRef("job", str(job.pk)),
    )
    return job


def begin(job_id: str) -> Job | None:
    """Take a job up; None where it was stopped before or has already ended."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state in ENDED:
            return None
        job.state = Job.State.RUNNING
        job.begun_at = job.begun_at or database_now()
        job.heartbeat_at = database_now()
        job.save()
    return job


def progress(
    job_id: str,
    *,
    n_done: int,
    n_total: int | None = None,
    message: str = "",
    counts: Mapping[str, int] | None = None,
) -> None:
    """Tell how far the work is.

    Raises
    ------
    Cancelled
        Where somebody asked the job to stop: leave a tidy state and let it pass.
    """
    changes: dict[str, Any] = {"n_done": n_done, "heartbeat_at": database_now()}
    if n_total is not None:
        changes["n_total"] = n_total
    if message:
        changes["message"] = message
    if counts is not None:
        changes["counts"] = dict(counts)
    Job.objects.filter(pk=job_id).update(**changes)
    if Job.objects.filter(pk=job_id, cancel_requested_at__isnull=False).exists():
        raise Cancelled


def finish(
    job_id: str, *, message: str = "", result: Mapping[str, Any] | None = None
) -> None:
    _end(job_id, Job.State.DONE, message=message, result=dict(result or {}))


def fail(job_id: str, *, error: str, what_to_do: str) -> None:
    _end(job_id, Job.State.FAILED, error=error[:500], what_to_do=what_to_do[:500])


def stopped(job_id: str, *, message: str) -> None:
    _end(job_id, Job.State.CANCELLED, message=message[:300])


def run(job_id: str, work: Callable[[Job], Mapping[str, Any] | None]) -> None:
    """Do a job's work and record how it ended; the body of every task people start.

    ``work`` returns the result, with an optional ``message``. A refusal is told as it
    stands; anything unforeseen is told with a way out and raised on to the log.
    """
    job = begin(job_id)
    if job is None:
        return
    try:
        result = dict(work(job) or {})
    except Cancelled:
        stopped(job_id, message="Stopped. What was done until then stays.")
    except Exception as error:
        told = getattr(error, "message", "") or f"{type(error).__name__}: {error}"
        fail(
            job_id,
            error=told,
            what_to_do=getattr(error, "mend", "")
            or "Start it again. It goes on where it stopped and does nothing twice.",
        )
        if not hasattr(error, "message"):
            raise
    else:
        finish(job_id, message=str(result.pop("message", "")), result=result)


def _end(job_id: str, state: Job.State, **changes: Any) -> None:
    Job.objects.filter(pk=job_id).exclude(state__in=ENDED).update(
        state=state, finished_at=database_now(), **changes
    )
