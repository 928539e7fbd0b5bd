"""What people asked of us under the law: who waits, since when, and what comes next."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.forming import tell
from console.pages.rights import presenters
from console.pages.rights.forms import StepForm
from console.templatetags.fmt import when_text
from decisioning.customers import queries as customers
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit.queries import story_of
from governance.installation.queries import now
from governance.rights import queries
from governance.rights import requests as rights
from governance.rights.queries import RightsRequest
from governance.types import Invalid, Refused

READERS = (P.RIGHTS_READ, P.RIGHTS_WRITE)


@requires(get=READERS)
def listing(request: StaffRequest) -> HttpResponse:
    moment = now()
    shows_closed = request.GET.get("state") == "closed"
    context = {
        "stats": presenters.stats(queries.on_time(moment)),
        "tabs": [
            {"label": "Waiting", "url": "?state=open", "current": not shows_closed},
            {"label": "Ended", "url": "?state=closed", "current": shows_closed},
        ],
        "headings": presenters.CLOSED_HEADINGS if shows_closed else presenters.HEADINGS,
        "rows": presenters.closed_rows(queries.closed_requests())
        if shows_closed
        else presenters.rows(queries.waiting_requests(), moment),
        "may_write": holds(request.actor, P.RIGHTS_WRITE),
    }
    return render(request, "pages/rights/list.html", context)


@requires(get=READERS)
def detail(request: StaffRequest, request_id: int) -> HttpResponse:
    return _page(request, queries.request(request_id), StepForm())


@requires(post=P.RIGHTS_WRITE)
def take_step(request: StaffRequest, request_id: int) -> HttpResponse:
    found = queries.request(request_id)
    form = StepForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    told = form.cleaned_data
    try:
        moved = rights.move(
            by=request.actor,
            now=now(),
            request_id=request_id,
            step=told["step"],
            words=told["words"],
        )
    except Invalid as error:
        tell(form, error)
        return _page(request, found, form)
    except Refused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, f"{presenters.state_words(moved)}.")
    return redirect("rights:detail", request_id)


def _page(request: StaffRequest, found: RightsRequest, form: StepForm) -> HttpResponse:
    moment = now()
    who = "erased, or not known any more"
    if found.person_id is not None and found.person_id > 0:
        who = customers.pseudonym_of(found.person_id)
    story = [
        {
            "strong": entry.actor_label,
            "text": str(
                entry.details.get("step") or entry.type.partition(".")[2]
            ).replace("_", " "),
            "when": when_text(entry.occurred_at),
        }
        for entry in story_of("rights_request", str(found.pk))
    ]
    possible = rights.possible(found, request.actor, moment)
    context = {
        "asked": presenters.page(found, who, possible, moment),
        "form": form,
        "story": story,
        "crumbs": [("Requests", "/rights-requests/")],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/rights/detail.html", context, status=status)
