from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.hearings import presenters
from console.pages.hearings.forms import OutcomeForm
from console.templatetags.fmt import when_text
from decisioning.customers import queries as customers
from decisioning.engine.hearing import decide_hearing
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.assessments import hearings
from governance.audit.queries import story_of
from governance.installation.queries import now as clock
from governance.types import Invalid, Refused
from governance.usecases import queries as use_cases

PER_PAGE = 30
TABS = {"waiting": "Waiting", "decided": "Decided"}


@requires(get=P.HEARINGS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    """What people asked a person to look at, what is due first on top."""
    shown = request.GET.get("state", "waiting")
    shown = shown if shown in TABS else "waiting"
    page = Paginator(hearings.hearings(shown), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "headings": presenters.HEADINGS,
        "rows": presenters.rows(page.object_list, _names(), clock()),
        "page": page,
        "query": f"state={shown}&",
        "tabs": [
            {"label": label, "url": f"?state={key}", "current": key == shown}
            for key, label in TABS.items()
        ],
    }
    return render(request, "pages/hearings/list.html", context)


@requires(get=P.HEARINGS_READ, post=P.HEARINGS_DECIDE)
def detail(request: StaffRequest, hearing_id: int) -> HttpResponse:
    form = OutcomeForm(request.POST or None)
    hearings.hearing(hearing_id)
    if request.method == "POST" and form.is_valid():
        try:
            decide_hearing(
                by=request.actor,
                now=clock(),
                hearing_id=hearing_id,
                **form.cleaned_data,
            )
        except Invalid as error:
            tell(form, error)
        except Refused as error:
            messages.error(request, f"Not done. {error.message}")
        else:
            messages.success(request, "Decided. It holds from the next decision on.")
            return redirect("hearings:detail", hearing_id)
    return _page(request, hearing_id, form)


def _page(request: StaffRequest, hearing_id: int, form: OutcomeForm) -> HttpResponse:
    row = hearings.hearing(hearing_id)
    who = customers.pseudonym_of(row.person_id)
    about = _names().get(row.use_case_key, row.use_case_key)
    may_decide = row.state == "waiting" and holds(request.actor, P.HEARINGS_DECIDE)
    story = [
        {
            "strong": entry.actor_label,
            "text": entry.type.partition(".")[2].replace("_", " "),
            "when": when_text(entry.occurred_at),
        }
        for entry in story_of("hearing", str(row.pk))
    ]
    context = {
        "title": f"Hearing {row.pk}",
        "row": row,
        "facts": presenters.facts(row, who, about, clock()),
        "form": form if may_decide else None,
        "story": story,
        "crumbs": [("Hearings", reverse("hearings:list"))],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/hearings/detail.html", context, status=status)


def _names() -> dict[str, str]:
    return {card.key: card.name for card in use_cases.board(clock())}
