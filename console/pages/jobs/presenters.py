from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import duration, number, when_text
from governance.jobs.queries import Job

SILENT_AFTER = timedelta(minutes=5)
TONES = {"done": "positive", "failed": "negative", "running": "info"}
HEADINGS = [
    {"label": "Work"},
    {"label": "State"},
    {"label": "Done", "num": True},
    {"label": "Started by"},
    {"label": "Asked for"},
]


@dataclass(frozen=True, slots=True)
class JobView:
    """What ``components/job_progress.html`` reads."""

    name: str
    state: str
    word: str
    percent: int | None
    left: str
    facts: str
    error: str
    next_step: str
    result_url: str
    result_label: str
    poll_url: str
    cancel_url: str
    is_active: bool


def progress(job: Job, *, may_stop: bool, now: datetime) -> JobView:
    is_active = job.finished_at is None
    rejected = int(job.counts.get("rejected", 0) or 0)
    stopping = job.cancel_requested_at is not None and is_active
    return JobView(
        name=job.label,
        state="done_with_rejects" if job.state == "done" and rejected else job.state,
        word="Stopping" if stopping else "",
        percent=_percent(job),
        left=_left(job, now) if is_active and not stopping else "",
        facts=_facts(job, now),
        error=job.error,
        next_step=job.what_to_do,
        result_url=job.result_url if job.state == "done" else "",
        result_label="See the result",
        poll_url=reverse("jobs:progress", args=[job.pk]),
        cancel_url=(
            reverse("jobs:cancel", args=[job.pk]) if may_stop and not stopping else ""
        ),
        is_active=is_active,
    )


def _percent(job: Job) -> int | None:
    if job.state == "done":
        return 100
    if not job.n_total or job.state == "queued":
        return None
    return min(99, round(100 * job.n_done / job.n_total))


def _left(job: Job, now: datetime) -> str:
    if not (job.begun_at and job.n_total and job.n_done):
        return ""
    spent = now - job.begun_at
    remaining = spent * (job.n_total - job.n_done) / job.n_done
    return (
        f"about {duration(remaining)} left" if remaining > timedelta(seconds=5) else ""
    )


def _facts(job: Job, now: datetime) -> str:
    parts = [job.message] if job.message else []
    if job.n_total:
        parts.append(f"{number(job.n_done)} of {number(job.n_total)}.")
    elif job.n_done:
        parts.append(f"{number(job.n_done)} so far.")
    parts += [f"{words(name)}: {number(n)}." for name, n in job.counts.items() if n]
    if job.finished_at and job.begun_at:
        parts.append(f"Took {duration(job.finished_at - job.begun_at)}.")
    if is_silent(job, now) and job.heartbeat_at:
        parts.append(
            f"No sign of life since {when_text(job.heartbeat_at)}. "
            "The worker may have gone; once it is back the work goes on."
        )
    return " ".join(parts)


def is_silent(job: Job, now: datetime) -> bool:
    beat = job.heartbeat_at
    return job.state == "running" and beat is not None and now - beat > SILENT_AFTER


def words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def rows(jobs: list[Job]) -> list[dict[str, Any]]:
    return [{"cells": _cells(job)} for job in jobs]


def _cells(job: Job) -> list[dict[str, Any]]:
    done = (
        f"{number(job.n_done)} of {number(job.n_total)}"
        if job.n_total
        else number(job.n_done)
    )
    return [
        {"text": job.label, "url": reverse("jobs:detail", args=[job.pk])},
        {
            "text": Job.State(job.state).label,
            "pill": True,
            "tone": TONES.get(job.state, ""),
        },
        {"text": done, "num": True},
        {
            "text": job.started_by.display_name
            if job.started_by
            else "The system itself"
        },
        {"text": when_text(job.created_at), "muted": True},
    ]


def facts(job: Job) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [
        {"label": "State", "value": Job.State(job.state).label},
        {"label": "Kind", "value": job.kind, "mono": True},
        {
            "label": "Started by",
            "value": job.started_by.display_name
            if job.started_by
            else "The system itself",
        },
        {"label": "Asked for", "value": when_text(job.created_at)},
    ]
    if job.begun_at:
        told.append({"label": "Begun", "value": when_text(job.begun_at)})
    if job.finished_at:
        told.append({"label": "Ended", "value": when_text(job.finished_at)})
    told += [
        {"label": words(name), "value": number(n)} for name, n in job.counts.items()
    ]
    told += [
        {"label": words(name), "value": str(value)}
        for name, value in job.result.items()
        if isinstance(value, str | int | float)
    ]
    return told
