"""The life of a job: started by a person, told by the worker, stopped by either."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Coalesce

from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.installation.queries import now as database_now
from governance.jobs.models import Job
from governance.types import Actor, ActorKind, NotFound, Refused, SubjectRef

ENDED = (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)
# First key of the advisory locks under which workers hold jobs.
HELD = 20_260
# A message to the workers may wait this long before it counts as lost.
PATIENCE = timedelta(minutes=10)
MOST_RESUMES = 20


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
    stands; anything unforeseen is told with a way out and raised on to the log. A job
    that another worker holds is left to it.
    """
    with _held(job_id) as is_mine:
        if is_mine:
            _run(job_id, work)


def _run(job_id: str, work: Callable[[Job], Mapping[str, Any] | None]) -> None:
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


@contextmanager
def _held(job_id: str) -> Iterator[bool]:
    """Hold a job for the life of this database session: a killed worker lets it go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_lock(%s, hashtext(%s))", [HELD, str(job_id)]
        )
        row = cursor.fetchone()
    is_mine = bool(row and row[0])
    try:
        yield is_mine
    finally:
        if is_mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(%s, hashtext(%s))", [HELD, str(job_id)]
                )


def resume_left(send: Mapping[str, Callable[[str], Any]], *, now: datetime) -> int:
    """Take up jobs that have not ended and that nobody works on; how many.

    A running job whose lock is free lost its worker; one that has waited too long lost
    its message. ``send`` wakes a worker for each kind of job; a kind that it lacks is
    not touched.
    """
    n_resumed = 0
    for job in _left(now):
        if job.kind not in send:
            continue
        if _again(job, now):
            send[job.kind](str(job.pk))
            n_resumed += 1
    return n_resumed


def _left(now: datetime) -> list[Job]:
    waiting = Job.objects.filter(state=Job.State.QUEUED).annotate(
        sent_at=Coalesce("heartbeat_at", "created_at")
    )
    # Read before the locks: a job that begins in between is not in the list.
    running = list(Job.objects.filter(state=Job.State.RUNNING))
    held = _held_among([str(job.pk) for job in running])
    return [
        *(job for job in running if str(job.pk) not in held),
        *waiting.filter(sent_at__lt=now - PATIENCE),
    ]


def _held_among(job_ids: list[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT job_id FROM unnest(%s::text[]) AS q(job_id) JOIN pg_locks"
            " ON objid::bigint = hashtext(job_id)::bigint & 4294967295"
            " WHERE locktype = 'advisory' AND granted AND objsubid = 2"
            " AND classid::bigint = %s AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())",
            [job_ids, HELD],
        )
        return {job_id for (job_id,) in cursor.fetchall()}


@transaction.atomic
def _again(job: Job, now: datetime) -> bool:
    """Back into the queue, unless it ended meanwhile or keeps killing its worker."""
    fresh = Job.objects.select_for_update().get(pk=job.pk)
    if fresh.state != job.state:
        return False
    n_resumed = int(fresh.params.get("resumed", 0)) + 1
    if n_resumed > MOST_RESUMES:
        fail(
            str(fresh.pk),
            error=f"Its worker ended {n_resumed} times before the work was done.",
            what_to_do="Look into the worker's log, then start it again.",
        )
        return False
    fresh.params = {**fresh.params, "resumed": n_resumed}
    fresh.state, fresh.heartbeat_at = Job.State.QUEUED, now
    fresh.save(update_fields=["params", "state", "heartbeat_at"])
    return True
