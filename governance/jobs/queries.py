from __future__ import annotations

from uuid import UUID

from governance.access.core import Permission, allows, holds
from governance.jobs.models import Job
from governance.types import Actor, NotFound

__all__ = ["Job", "job", "may_stop", "recent"]


def job(actor: Actor, job_id: UUID | str) -> Job:
    """One job, if the actor may see it; otherwise it is as if there were none."""
    found = Job.objects.select_related("started_by").filter(pk=job_id).first()
    if found is None or not allows(actor, Permission.JOBS_READ, {found.started_by_id}):
        raise NotFound("There is no such job.")
    return found


def recent(actor: Actor, *, limit: int = 50) -> list[Job]:
    jobs = Job.objects.select_related("started_by").order_by("-created_at")
    if not holds(actor, Permission.JOBS_READ):
        jobs = jobs.filter(started_by_id=actor.id)
    return list(jobs[:limit])


def may_stop(actor: Actor, job: Job) -> bool:
    return job.finished_at is None and allows(
        actor, Permission.JOBS_STOP, {job.started_by_id}
    )
