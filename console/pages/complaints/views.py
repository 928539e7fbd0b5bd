from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from console.forming import tell
from console.pages.complaints import presenters
from console.pages.complaints.forms import ClosingForm, ComplaintForm
from console.templatetags.fmt import when_text
from decisioning.customers import queries as customers
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.audit.queries import story_of
from governance.installation.queries import now
from governance.rights import actions as rights
from governance.rights import queries
from governance.rights.queries import Complaint
from governance.types import Invalid, NotFound, Refused
from governance.usecases import queries as usecases

PER_PAGE = 30
UNKNOWN = "We know no customer by this id. Check it letter by letter."
TABS = {"open": "Open", "closed": "Closed", "all": "All"}


@requires(get=P.COMPLAINTS_READ_COUNTS)
def listing(request: StaffRequest) -> HttpResponse:
    moment = now()
    counts = queries.counts(moment)
    may_read = holds(request.actor, P.COMPLAINTS_READ)
    context = {
        "stats": presenters.count_stats(counts),
        "may_read": may_read,
        "may_write": holds(request.actor, P.COMPLAINTS_WRITE),
    }
    if may_read:
        context |= _table(request)
    else:
        context |= {
            "case_headings": [
                {"label": "Use case"},
                {"label": "Complaints", "num": True},
            ],
            "case_rows": presenters.by_use_case(counts, _names()),
        }
    return render(request, "pages/complaints/list.html", context)


def _table(request: StaffRequest) -> dict[str, object]:
    shown = request.GET.get("state", "open")
    shown = shown if shown in TABS else "open"
    found = queries.complaints(request.actor)
    if shown == "open":
        found = found.exclude(state="closed")
    elif shown == "closed":
        found = found.filter(state="closed")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "headings": presenters.HEADINGS,
        "rows": presenters.rows(page.object_list, _names(), now()),
        "page": page,
        "query": f"{urlencode({'state': shown})}&",
        "tabs": [
            {"label": label, "url": f"?state={key}", "current": key == shown}
            for key, label in TABS.items()
        ],
    }


@requires(get=P.COMPLAINTS_WRITE, post=P.COMPLAINTS_WRITE)
def take(request: StaffRequest) -> HttpResponse:
    form = ComplaintForm(request.POST or None, cases=sorted(_names().items()))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            complaint = rights.receive_complaint(
                by=request.actor,
                now=now(),
                person_id=customers.by_user_id(told["user_id"]).pk,
                text=told["text"],
                use_case_key=told["use_case_key"],
            )
        except NotFound:
            form.add_error("user_id", UNKNOWN)
        except Invalid as error:
            tell(form, error)
        else:
            messages.success(request, f"Taken in as number {complaint.pk}.")
            return redirect("complaints:detail", complaint.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "crumbs": [("Complaints", "/complaints/")]}
    return render(request, "pages/complaints/take.html", context, status=status)


@requires(get=P.COMPLAINTS_READ)
def detail(request: StaffRequest, complaint_id: int) -> HttpResponse:
    return _page(request, queries.complaint(request.actor, complaint_id), ClosingForm())


@requires(post=P.COMPLAINTS_WRITE)
def acknowledge(request: StaffRequest, complaint_id: int) -> HttpResponse:
    try:
        rights.acknowledge(by=request.actor, now=now(), complaint_id=complaint_id)
    except Refused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "The 30-day clock has stopped.")
    return redirect("complaints:detail", complaint_id)


@requires(post=P.COMPLAINTS_WRITE)
def close(request: StaffRequest, complaint_id: int) -> HttpResponse:
    found = queries.complaint(request.actor, complaint_id)
    form = ClosingForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    outcome = form.cleaned_data["outcome"]
    try:
        rights.close(
            by=request.actor, now=now(), complaint_id=complaint_id, outcome=outcome
        )
    except Invalid as error:
        tell(form, error)
        return _page(request, found, form)
    except Refused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "Closed.")
    return redirect("complaints:detail", complaint_id)


def _page(request: StaffRequest, found: Complaint, form: ClosingForm) -> HttpResponse:
    who = customers.pseudonym_of(found.person_id)
    about = _names().get(found.use_case_key, found.use_case_key)
    story = [
        {
            "strong": entry.actor_label,
            "text": entry.type.partition(".")[2].replace("_", " "),
            "when": when_text(entry.occurred_at),
        }
        for entry in story_of("complaint", str(found.pk))
    ]
    context = {
        "complaint": presenters.page(found, who, about, now()),
        "title": f"Complaint {found.pk}",
        "form": form,
        "story": story,
        "may_write": holds(request.actor, P.COMPLAINTS_WRITE),
        "crumbs": [("Complaints", "/complaints/")],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/complaints/detail.html", context, status=status)


def _names() -> dict[str, str]:
    return {card.key: card.name for card in usecases.board(now())}
