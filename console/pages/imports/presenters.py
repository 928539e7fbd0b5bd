from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from console.templatetags.fmt import number
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


def job_row(job: Job) -> ImportRow:
    n_rejected = int(job.counts.get("rejected", 0) or 0)
    has_list = bool(job.result.get("rejectsFile"))
    return ImportRow(
        label=job.label,
        url=reverse("jobs:detail", args=[job.pk]),
        state=Job.State(job.state).label,
        tone=TONES.get(job.state, ""),
        rows=number(int(job.counts.get("rows", job.n_done) or 0)),
        rejected=number(n_rejected),
        rejects_url=reverse("imports:rejects", args=[job.pk]) if has_list else "",
        who=job.started_by.display_name if job.started_by else "The system itself",
        at=job.created_at,
    )
