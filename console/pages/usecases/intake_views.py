from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.pages.usecases import choices, facts, judging, presenters
from console.pages.usecases.intake import IntakeForm
from decisioning.publishing import actions as publishing
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now as clock
from governance.types import Conflict, Invalid, Refused
from governance.usecases import actions, queries
from governance.usecases.core import UseCaseContent
from governance.usecases.queries import Detail

PAGE = "pages/usecases/edit.html"
WRITERS = (P.USE_CASES_WRITE_OWN, P.USE_CASES_WRITE_DATA)


@requires(get=WRITERS, post=WRITERS)
def edit(request: StaffRequest, key: str) -> HttpResponse:
    """The guided intake; a save keeps whatever can be read, finished or not."""
    found = queries.detail(request.actor, key, clock())
    _must_write(found)
    if request.method == "POST":
        return _save(request, found)
    form = _form(found, add=request.GET.get("add", ""))
    return _page(request, found, form)


@requires(post=WRITERS)
def check(request: StaffRequest, key: str) -> HttpResponse:
    """Judge what is typed and save nothing; answers with the side of the page."""
    found = queries.detail(request.actor, key, clock())
    _must_write(found)
    form = _form(found, request.POST)
    context = _context(request, found, form)
    shown = set(request.POST) & set(form.fields)
    asked = {cell.name for cell in form.base_cells}
    context |= {"swap": True, "bases_changed": not asked <= shown}
    response = render(request, f"{PAGE}#judge", context)
    response["HX-Trigger"] = json.dumps({"announce": _spoken(context["judged"])})
    return response


def _spoken(judged: judging.Judged) -> str:
    words = [f"test {n} {t.word.lower()}" for n, t in enumerate(judged.tests, 1)]
    return f"{', '.join(words)}; {judged.n_missing} answers missing"


def _must_write(found: Detail) -> None:
    if not found.may_edit_data:
        raise Refused(
            "Only its owners, a marketing owner and, for the data part, an analyst "
            "write here."
        )


def _form(found: Detail, data: Any = None, **more: str) -> IntakeForm:
    return IntakeForm(
        found.version.content,
        choices.load(),
        data,
        only_data=not found.may_edit,
        **more,
    )


def _save(request: StaffRequest, found: Detail) -> HttpResponse:
    key = found.use_case.key
    form = _form(found, request.POST, remove=request.POST.get("remove", ""))
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        saved = actions.save_draft(
            by=request.actor,
            now=clock(),
            key=key,
            content=form.content(),
            expected=request.POST.get("seen", ""),
            part="intake" if found.may_edit else "data",
        )
    except Invalid as error:
        form.blame(error.fields)
        return _page(request, found, form, status=422)
    except Conflict as error:
        form.add_error(None, error.message)
        return _page(request, found, form, status=409)
    then = request.POST.get("then", "")
    if then:
        return _move_on(request, key, then)
    messages.success(request, f"Saved as draft {saved.number}.")
    return redirect(_back_to(request, key))


def _back_to(request: StaffRequest, key: str) -> str:
    url = reverse("usecases:edit", args=[key])
    added = request.POST.get("add", "")
    if added:
        return f"{url}?add={added}#{judging.SECTIONS.get(added, 'experiment')}"
    removed = request.POST.get("remove", "").partition(".")[0]
    return f"{url}#{judging.SECTIONS.get(removed, 'experiment')}" if removed else url


def _move_on(request: StaffRequest, key: str, step: str) -> HttpResponse:
    now = clock()
    try:
        if step == "submit":
            publishing.submit(by=request.actor, now=now, key=key)
            messages.success(request, "Review was asked for. The reviewers see it now.")
        else:
            actions.transition(
                by=request.actor,
                now=now,
                key=key,
                transition=step,
                facts=facts.gather(key, now),
            )
            messages.success(request, "Moved on.")
    except (Invalid, Refused) as error:
        messages.error(request, f"Saved, but not moved on: {error.message}")
        return redirect("usecases:edit", key=key)
    return redirect("usecases:detail", key=key)


def _context(request: StaffRequest, found: Detail, form: IntakeForm) -> dict[str, Any]:
    now = clock()
    key = found.use_case.key
    typed = UseCaseContent.from_dict(form.content() if form.is_bound else form.saved)
    situation = queries.situation(
        key, now, facts.gather(key, now, typed), number=found.version.number
    )
    judged = judging.judge(
        situation, typed, request.actor, form.fields, dict(form.choices.offers)
    )
    return {
        "page": presenters.edit_page(found),
        "form": form,
        "judged": judged,
        "seen": request.POST.get("seen") or found.etag,
        "asides": [(n, getattr(judged.asides, n)) for n in judging.Asides.__slots__],
        "index": judging.index(judged.asides),
    }


def _page(
    request: StaffRequest, found: Detail, form: IntakeForm, status: int = 200
) -> HttpResponse:
    return render(request, PAGE, _context(request, found, form), status=status)
