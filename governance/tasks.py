"""Work that Celery does for the record: sealing, publishing, walking along it."""

from __future__ import annotations

from celery import shared_task

from governance.audit import publishing, sealing, verifying
from governance.installation.queries import now
from governance.jobs import actions as jobs
from governance.notices import actions as notices


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


@shared_task(name="governance.tell_what_is_due", soft_time_limit=280)
def tell_what_is_due() -> int:
    """Every day: conditions that are due, and signatures that run out."""
    return notices.tell_what_is_due(now=now())


@shared_task(name="governance.send_letters", soft_time_limit=280, expires=55)
def send_letters() -> int:
    """Every minute: what waits in the outbox goes out by e-mail."""
    return notices.send_waiting(now=now())
