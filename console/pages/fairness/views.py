from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.fairness import presenters
from console.pages.fairness.forms import AnswerForm
from decisioning.fairness import actions as audits
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.fairness import actions, queries
from governance.fairness.core.answering import JUSTIFIED_BY
from governance.installation.queries import now as clock
from governance.types import Invalid, NotFound, Refused, Role
from governance.usecases import queries as use_cases


@requires(get=P.FAIRNESS_READ)
def overview(request: StaffRequest) -> HttpResponse:
    """Every use case and who might be disadvantaged by it, breaches first."""
    lines = presenters.lines(queries.standing())
    context = {"lines": lines, "summary": presenters.summary(lines)}
    return render(request, "pages/fairness/list.html", context)


@requires(get=P.FAIRNESS_READ)
def use_case(request: StaffRequest, key: str) -> HttpResponse:
    return _page(request, key, AnswerForm())


def _page(request: StaffRequest, key: str, form: AnswerForm) -> HttpResponse:
    case = use_cases.use_case(key)
    rows = queries.audits(key)
    newest = rows[0] if rows else None
    actor = request.actor
    context = {
        "case": case,
        "view": presenters.audit_view(newest) if newest else None,
        "history": presenters.history(rows),
        "form": form,
        "may_run": holds(actor, P.FAIRNESS_WRITE),
        "may_answer": holds(actor, P.USE_CASES_STOP_OWN)
        or any(actor.has(Role(role)) for role in JUSTIFIED_BY),
        "crumbs": [("Who might be disadvantaged", reverse("fairness:list"))],
    }
    status = 422 if form.errors else 200
    return render(request, "pages/fairness/detail.html", context, status=status)


@requires(post=P.FAIRNESS_WRITE)
def run(request: StaffRequest, key: str) -> HttpResponse:
    try:
        made = audits.run_now(by=request.actor, now=clock(), key=key)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"Audited: {presenters.word_of(made.verdict)}.")
    return redirect("fairness:detail", key)


@requires(post=P.USE_CASES_STOP_OWN)
def answer(request: StaffRequest, key: str) -> HttpResponse:
    newest = queries.latest(key)
    if newest is None:
        raise NotFound("There is no audit to answer.")
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, key, form)
    try:
        actions.answer(
            by=request.actor,
            now=clock(),
            key=key,
            audit_id=newest.pk,
            **form.answer(),
        )
    except Invalid as error:
        tell(form, error)
        return _page(request, key, form)
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _page(request, key, form)
    messages.success(request, "Your answer is on record.")
    return redirect("fairness:detail", key)
