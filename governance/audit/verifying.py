"""The walk as a job: its progress on a page, its result in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from governance.access.core import Permission, holds
from governance.access.queries import actor_of
from governance.audit import actions as audit
from governance.audit.walking import Report, Walk
from governance.installation.queries import now as clock
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.types import Actor, Refused, SubjectRef

JOB_KIND = "audit.verify"
VERIFIED = "audit.verified"
SYSTEM = Actor.system("sealing")


def start(*, by: Actor, now: datetime, send: Callable[[str], Any]) -> Job:
    if not holds(by, Permission.AUDIT_VERIFY):
        raise Refused("Only an auditor walks along the record.")
    return jobs.start(
        by=by,
        now=now,
        kind=JOB_KIND,
        label="Verify the record",
        send=send,
        result_url="/audit/",
    )


def work(job: Job) -> Mapping[str, Any]:
    def told(done: int, total: int) -> None:
        jobs.progress(str(job.pk), n_done=done, n_total=total)

    report = Walk(progress=told).run()
    by = actor_of(job.started_by) if job.started_by else SYSTEM
    details = details_of(report)
    audit.record(
        by=by,
        now=clock(),
        type=VERIFIED,
        subject=SubjectRef("audit", "chain"),
        details=details,
    )
    return {**details, "message": sentence(report)[:300]}


def details_of(report: Report) -> dict[str, Any]:
    told: dict[str, Any] = {
        "intact": report.is_intact,
        "n_checked": report.n_entries,
        "n_seals": report.n_seals,
        "n_rows": report.n_rows,
        "n_roots": report.n_roots,
        "n_waiting": report.n_waiting,
        "head": report.head,
    }
    if report.fault is not None:
        fault = report.fault
        told |= {"fault": fault.text, "code": fault.code, "place": fault.place}
    return told


def sentence(report: Report) -> str:
    if report.fault is not None:
        return f"The record is broken. {report.fault.text}"
    return (
        f"The record holds: {report.n_entries:,} audit entries, {report.n_rows:,} rows "
        f"under {report.n_seals:,} seals, {report.n_roots:,} published roots; "
        f"{report.n_waiting:,} rows wait for the next seal."
    )
