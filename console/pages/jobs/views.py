from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.pages.jobs import presenters
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.jobs import actions as jobs
from governance.jobs import queries
from governance.types import Refused

MOST = 50


@requires(get=P.JOBS_READ_OWN)
def listing(request: StaffRequest) -> HttpResponse:
    found = queries.recent(request.actor, limit=MOST)
    moment = now()
    context = {
        "active": [
            presenters.progress(
                job, may_stop=queries.may_stop(request.actor, job), now=moment
            )
            for job in found
            if job.finished_at is None
        ],
        "headings": presenters.HEADINGS,
        "rows": presenters.rows([job for job in found if job.finished_at is not None]),
        "is_whole": holds(request.actor, P.JOBS_READ),
        "n": len(found),
    }
    return render(request, "pages/jobs/list.html", context)


@requires(get=P.JOBS_READ_OWN)
def detail(request: StaffRequest, job_id: UUID) -> HttpResponse:
    job = queries.job(request.actor, job_id)
    context = {
        "job": presenters.progress(
            job, may_stop=queries.may_stop(request.actor, job), now=now()
        ),
        "facts": presenters.facts(job),
        "crumbs": [("Jobs", "/jobs/")],
    }
    return render(request, "pages/jobs/detail.html", context)


@requires(get=P.JOBS_READ_OWN)
def progress(request: StaffRequest, job_id: UUID) -> HttpResponse:
    """The progress component alone, which the page asks for every two seconds."""
    job = queries.job(request.actor, job_id)
    if not request.headers.get("HX-Request"):
        return redirect("jobs:detail", job_id)
    view = presenters.progress(
        job, may_stop=queries.may_stop(request.actor, job), now=now()
    )
    response = render(request, "pages/jobs/progress.html", {"job": view})
    if not view.is_active:
        response["HX-Trigger"] = '{"announce": "The work has ended."}'
    return response


@requires(post=P.JOBS_STOP_OWN)
def cancel(request: StaffRequest, job_id: UUID) -> HttpResponse:
    queries.job(request.actor, job_id)
    try:
        jobs.cancel(by=request.actor, now=now(), job_id=job_id)
    except Refused as error:
        if error.code != "job.ended":
            raise
        messages.warning(request, error.message)
    else:
        messages.success(request, "Stopping. What is done stays done.")
    return redirect("jobs:detail", job_id)
