from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.forming import tell
from console.pages.assessments import presenters
from console.pages.assessments.forms import (
    ForAllForm,
    ReasonForm,
    RiskForm,
    StepForm,
    risk_forms,
)
from decisioning.publishing import queries as publishing
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.assessments import actions, queries
from governance.assessments.core import (
    MESSAGE,
    Judged,
    Kind,
    Level,
    Step,
    answer_problems,
    steps_of,
)
from governance.assessments.core.questions import RISKS
from governance.installation.queries import now as clock
from governance.types import Invalid, NotFound
from governance.usecases import queries as use_cases
from governance.usecases.core import UseCaseContent


@requires(get=P.ASSESSMENTS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    return _listing(request, None)


def _listing(request: StaffRequest, form: ForAllForm | None) -> HttpResponse:
    pack = queries.house_pack()
    may_write = holds(request.actor, P.ASSESSMENTS_WRITE)
    initial = {
        "is_on": "yes" if pack and pack.is_on else "no",
        "reviewers": [str(pk) for pk in pack.reviewers] if pack else [],
    }
    if may_write and form is None:
        form = ForAllForm(people=queries.hearers(), initial=initial)
    context = {
        "lines": presenters.case_rows(queries.standings()),
        "form": form,
        "is_for_all": bool(pack and pack.is_on),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "pages/assessments/list.html", context, status=status)


@requires(post=P.ASSESSMENTS_WRITE)
def for_all(request: StaffRequest) -> HttpResponse:
    form = ForAllForm(request.POST, people=queries.hearers())
    if form.is_valid():
        told = form.cleaned_data
        try:
            actions.safeguards_for_all(
                by=request.actor,
                now=clock(),
                is_on=told["is_on"] == "yes",
                reviewers=[int(pk) for pk in told["reviewers"]],
                reason=told["reason"],
            )
        except Invalid as error:
            tell(form, error)
        else:
            messages.success(request, "Set. It holds from the next decision on.")
            return redirect("assessments:list")
    return _listing(request, form)


@requires(get=P.ASSESSMENTS_READ)
def overview(request: StaffRequest, key: str) -> HttpResponse:
    return _overview(request, key, ReasonForm())


def _overview(request: StaffRequest, key: str, form: ReasonForm) -> HttpResponse:
    version = use_cases.version(key)
    found = _judged(key)
    may_write = holds(request.actor, P.ASSESSMENTS_WRITE)
    context = {
        "name": version.use_case.name,
        "key": key,
        "facts": f"Version {version.number}. Computed from what it declares.",
        "crumbs": [
            ("Use cases", reverse("usecases:board")),
            (version.use_case.name, reverse("usecases:detail", args=[key])),
        ],
        "needs": presenters.need_lines(key, found, may_write=may_write),
        "classes": presenters.class_rows(found),
        "criteria": presenters.criteria(found),
        "sheets": presenters.sheet_links(UseCaseContent.from_dict(version.content)),
        "form": form if may_write and found.screening.level is not Level.FULL else None,
    }
    status = 422 if form.errors else 200
    return render(request, "pages/assessments/overview.html", context, status=status)


def _judged(key: str) -> Judged:
    version = use_cases.version(key)
    return queries.judged(version, audience_size=_size(key))


def _size(key: str) -> int | None:
    content = UseCaseContent.from_dict(use_cases.version(key).content)
    return publishing.audience_size(content, clock())


@requires(post=P.ASSESSMENTS_WRITE)
def raise_level(request: StaffRequest, key: str) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            actions.raise_screening(
                by=request.actor,
                now=clock(),
                key=key,
                level=Level.FULL,
                reason=form.cleaned_data["reason"],
            )
        except Invalid as error:
            tell(form, error)
        else:
            messages.success(request, "Raised: it is asked for in full from now on.")
            return redirect("assessments:overview", key=key)
    return _overview(request, key, form)


@requires(get=P.ASSESSMENTS_READ, post=P.ASSESSMENTS_WRITE)
def form(request: StaffRequest, key: str, kind: str) -> HttpResponse:
    """One step at a time; each save keeps what was typed, whoever goes on with it."""
    use_cases.version(key)
    if kind not in set(Kind):
        raise NotFound("There is no such assessment.")
    if request.method == "POST":
        return _save(request, key, Kind(kind))
    return _form(request, key, Kind(kind), request.GET.get("step", ""))


def _save(request: StaffRequest, key: str, kind: Kind) -> HttpResponse:
    found = _judged(key)
    steps = steps_of(kind, found.screening.level)
    step = presenters.chosen_step(steps, request.POST.get("step", ""))
    typed = StepForm(step, request.POST, reviewers=queries.hearers())
    rows = risk_forms((), request.POST) if step.key == RISKS else []
    if not typed.is_valid() or not all(row.is_valid() for row in rows):
        return _form(request, key, kind, step.key, typed=typed, rows=rows, status=422)
    wants_all = request.POST.get("do") == "complete"
    try:
        actions.save(
            by=request.actor,
            now=clock(),
            key=key,
            kind=kind,
            answers=_answers(step, typed, rows),
            complete=wants_all,
            audience_size=_size(key),
        )
    except Invalid as error:
        actions.save(
            by=request.actor,
            now=clock(),
            key=key,
            kind=kind,
            answers=_answers(step, typed, rows),
        )
        return _form(
            request, key, kind, step.key, errors=dict(error.fields), status=422
        )
    if wants_all:
        messages.success(request, f"{kind.label}: complete.")
        return redirect("assessments:overview", key=key)
    messages.success(request, "Saved.")
    following = presenters.next_step(steps, step).key
    address = reverse("assessments:form", args=[key, kind.value])
    return redirect(f"{address}?step={following}")


def _answers(step: Step, typed: StepForm, rows: list[RiskForm]) -> dict[str, Any]:
    answers = dict(typed.cleaned_data)
    if step.key == RISKS:
        answers[RISKS] = [row.row for row in rows if any(row.row.values())]
    return answers


def _form(
    request: StaffRequest,
    key: str,
    kind: Kind,
    wanted: str,
    *,
    typed: StepForm | None = None,
    rows: list[RiskForm] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    version = use_cases.version(key)
    found = _judged(key)
    written = queries.written(version, kind, found.context)
    level = found.screening.level
    steps = steps_of(kind, level)
    step = presenters.chosen_step(steps, wanted)
    problems = answer_problems(kind, level, written.answers)
    initial = {"message": MESSAGE, **written.answers}
    initial["reviewers"] = [str(pk) for pk in written.answers.get("reviewers", ())]
    context = {
        "title": kind.label,
        "key": key,
        "step": step,
        "facts": presenters.state_of(written, found.need(kind)),
        "need": found.need(kind),
        "crumbs": [
            (version.use_case.name, reverse("usecases:detail", args=[key])),
            ("Assessments", reverse("assessments:overview", args=[key])),
        ],
        "steps": presenters.step_links(key, kind, steps, step.key, problems),
        "form": typed or StepForm(step, initial=initial, reviewers=queries.hearers()),
        "risks": _risks(step, rows, written.answers),
        "changes": presenters.change_rows(written.changes),
        "reasons": found.classification.adm_reasons if kind is Kind.ADM else (),
        "errors": presenters.error_lines(key, kind, steps, errors or {}),
        "may_write": holds(request.actor, P.ASSESSMENTS_WRITE),
        "is_fixed": bool(version.config_hash),
    }
    return render(request, "pages/assessments/form.html", context, status=status)


def _risks(step: Step, rows: list[RiskForm] | None, answers: Any) -> list[RiskForm]:
    if step.key != RISKS:
        return []
    return rows or risk_forms(answers.get(RISKS, ()))
