"""Work that Celery does for the record: sealing, publishing, walking along it."""

from __future__ import annotations

from celery import shared_task

from governance.audit import publishing, sealing, verifying
from governance.installation.queries import now
from governance.jobs import actions as jobs


@shared_task(name="governance.seal_records", soft_time_limit=55)
def seal_records() -> int:
    """Every minute: what was written since the last seal gets the next one."""
    return sealing.seal(now=now())


@shared_task(name="governance.publish_root", soft_time_limit=280)
def publish_root() -> bool:
    """Every day: where the chains end is written down outside the database."""
    return publishing.publish(now=now()) is not None


@shared_task(name="governance.verify_audit")
def verify_audit(job_id: str) -> None:
    """The walk along everything sealed that an auditor asked for on a page."""
    jobs.run(job_id, verifying.work)
