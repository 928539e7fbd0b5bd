from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.incidents import presenters
from console.pages.incidents.forms import ClosingForm
from decisioning.scorecards import incidents as measured
from governance.access.core import Permission as P
from governance.access.core import allows
from governance.access.doors import StaffRequest, requires
from governance.incidents import queries
from governance.installation.queries import now as clock
from governance.types import Invalid, Refused
from governance.usecases.queries import owner_ids

PER_PAGE = 30


@requires(get=P.USE_CASES_READ)
def listing(request: StaffRequest) -> HttpResponse:
    """What the system paused or rolled back by itself, open ones first."""
    found = queries.incidents(key=request.GET.get("use_case", ""))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "headings": presenters.HEADINGS,
        "rows": presenters.rows(page.object_list),
        "page": page,
    }
    return render(request, "pages/incidents/list.html", context)


@requires(get=P.USE_CASES_READ)
def detail(request: StaffRequest, incident_id: int) -> HttpResponse:
    return _page(request, incident_id, ClosingForm())


@requires(post=P.USE_CASES_STOP_OWN)
def close(request: StaffRequest, incident_id: int) -> HttpResponse:
    queries.incident(incident_id)
    form = ClosingForm(request.POST)
    if form.is_valid():
        try:
            measured.close(
                by=request.actor,
                now=clock(),
                incident_id=incident_id,
                learned=form.cleaned_data["learned"],
            )
        except Invalid as error:
            tell(form, error)
        except Refused as error:
            messages.error(request, f"Not done. {error.message}")
        else:
            messages.success(request, "Closed. What was learned is kept.")
            return redirect("incidents:detail", incident_id)
    return _page(request, incident_id, form)


def _page(request: StaffRequest, incident_id: int, form: ClosingForm) -> HttpResponse:
    row = queries.incident(incident_id)
    closing = queries.closing_of(row)
    owners = owner_ids(row.use_case)
    may_close = closing is None and allows(request.actor, P.USE_CASES_STOP, owners)
    context = {
        "title": f"Incident {row.pk}",
        "row": row,
        "closing": closing,
        "facts": presenters.facts(row, measured.effect_of(row)),
        "story": presenters.story(row),
        "form": form if may_close else None,
        "crumbs": [("Incidents", reverse("incidents:list"))],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/incidents/detail.html", context, status=status)
