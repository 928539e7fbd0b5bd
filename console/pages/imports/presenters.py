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


UNDOABLE = ("customers", "orders", "events")


def job_row(job: Job, undone: Collection[str], may_import: bool) -> ImportRow:
    is_undone = str(job.pk) in undone
    may_undo = (
        may_import
        and not is_undone
        and job.kind == uploads.JOB_KIND
        and job.finished_at is not None
        and job.params.get("kind") in UNDOABLE
    )
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
    )
