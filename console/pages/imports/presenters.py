from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from console.templatetags.fmt import number
from decisioning.engine import uploads
from governance.jobs.queries import Job

TONES = {"done": "positive", "failed": "negative", "running": "info"}


@dataclass(frozen=True, slots=True)
class ImportRow:
    label: str
    url: str
    state: str
    tone: str
    rows: str
    rejected: str
    rejects_url: str
    who: str
    at: datetime
    undo_url: str
    dialog: str
    consequence: str
    asks_why: bool


EVENTS_LEAVE = (
    "Its events leave, and the profiles are made anew without them. People of whom "
    "nothing else is known leave too. Decisions made since stay on record. Contact "
    "details that the file replaced do not come back."
)
CONSEQUENCES = {
    "suppressions": "Its addresses leave the list, and we may write to these people "
    "again where they allowed it. Who is on another list, unsubscribed or asked us to "
    "stop stays as they are.",
    "products": "What the file said of its products is taken back: each is as it was "
    "before, and those that only this file had leave. Orders stay.",
    "experiment": "The read-out is withdrawn for everybody, with your reason. "
    f"{EVENTS_LEAVE}",
    "hillstrom": "The read-out is withdrawn for everybody, with your reason. "
    f"{EVENTS_LEAVE}",
}


def job_row(job: Job, undone: Collection[str], may_import: bool) -> ImportRow:
    is_undone = str(job.pk) in undone
    may_undo = (
        may_import
        and not is_undone
        and job.kind == uploads.JOB_KIND
        and job.finished_at is not None
    )
    kind = str(job.params.get("kind", ""))
    n_rejected = int(job.counts.get("rejected", 0) or 0)
    has_list = bool(job.result.get("rejectsFile"))
    return ImportRow(
        label=job.label,
        url=reverse("jobs:detail", args=[job.pk]),
        state="Undone" if is_undone else Job.State(job.state).label,
        tone="" if is_undone else TONES.get(job.state, ""),
        rows=number(int(job.counts.get("rows", job.n_done) or 0)),
        rejected=number(n_rejected),
        rejects_url=reverse("imports:rejects", args=[job.pk]) if has_list else "",
        who=job.started_by.display_name if job.started_by else "The system itself",
        at=job.created_at,
        undo_url=reverse("imports:undo", args=[job.pk]) if may_undo else "",
        dialog=f"undo-{job.pk}",
        consequence=CONSEQUENCES.get(kind, EVENTS_LEAVE),
        asks_why=kind in uploads.WITH_READ_OUT,
    )
