from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.pages.experiments import presenters, tables
from console.pages.experiments.forms import FilterForm, StopForm
from console.pages.experiments.steps import Steps, steps
from console.pages.experiments.wording import arm_names
from decisioning.experiments import actions, queries
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.incidents.queries import remembered
from governance.installation.queries import now as clock
from governance.types import Conflict, GovernanceError, Invalid, NotFound, Refused
from governance.usecases import queries as usecases

A_PAGE = 12


@dataclass(frozen=True, slots=True)
class Found:
    row: queries.Experiment
    read_out: queries.ReadOut
    page: presenters.ReadOutPage
    case: usecases.UseCase | None
    now: datetime


def _find(key: str) -> Found:
    now = clock()
    row = queries.experiment(key)
    read_out = queries.read_out(key, now)
    page = presenters.read_out_page(row, read_out, now=now)
    return Found(row, read_out, page, _case(row.use_case_key), now)


def _case(key: str) -> usecases.UseCase | None:
    try:
        return usecases.use_case(key) if key else None
    except NotFound:
        return None


@requires(get=P.EXPERIMENTS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    now = clock()
    found = [
        presenters.list_row(row, queries.read_out(row.key, now))
        for row in queries.catalogue(use_case_key=asked.get("use_case", ""))
    ]
    shown = presenters.matching(
        found, text=asked.get("q", ""), state=asked.get("state", "")
    )
    pages = Paginator(shown, A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    query = {k: str(v) for k, v in request.GET.items() if v and k != "page"}
    context = {
        "form": form,
        "facts": presenters.list_facts(found),
        "headings": presenters.LIST_HEADINGS,
        "rows": presenters.list_cells(page.object_list),
        "page": page,
        "remembered": remembered(asked.get("q", "")),
        "query": presenters.query_text(query),
        "is_filtered": bool(query),
        "may_import": holds(request.actor, P.IMPORTS_WRITE),
    }
    return render(request, "pages/experiments/list.html", context)


@requires(get=P.EXPERIMENTS_READ)
def detail(request: StaffRequest, key: str) -> HttpResponse:
    return _page(request, _find(key))


def _page(
    request: StaffRequest,
    found: Found,
    *,
    refusal: str = "",
    stop_form: StopForm | None = None,
    status: int = 200,
) -> HttpResponse:
    ways: Steps = steps(
        request.actor,
        found.row,
        found.case,
        now=found.now,
        stop_form=stop_form,
    )
    context: dict[str, Any] = {
        "page": found.page,
        "steps": ways,
        "refusal": refusal,
        "stop_form": stop_form if stop_form is not None and stop_form.errors else None,
        "hypothesis": found.row.hypothesis,
        "use_case": _link(request, found),
        "crumbs": [("Experiments", reverse("experiments:list"))],
    }
    return render(request, "pages/experiments/detail.html", context, status=status)


def _link(request: StaffRequest, found: Found) -> dict[str, str] | None:
    if found.case is None or not holds(request.actor, P.USE_CASES_READ):
        return None
    url = reverse("usecases:detail", args=[found.case.key])
    return {"name": found.case.name, "url": url}


@requires(get=P.EXPERIMENTS_READ)
def printable(request: StaffRequest, key: str) -> HttpResponse:
    found = _find(key)
    context = {
        "page": found.page,
        "hypothesis": found.row.hypothesis,
        "now": found.now,
        "crumbs": [
            ("Experiments", reverse("experiments:list")),
            (found.row.key, reverse("experiments:detail", args=[key])),
        ],
    }
    return render(request, "pages/experiments/print.html", context)


@requires(get=P.EXPORTS_AGGREGATES)
def csv_file(request: StaffRequest, key: str) -> HttpResponse:  # noqa: ARG001
    found = _find(key)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}-readout.csv"'
    writer = csv.writer(response)
    writer.writerow(tables.COLUMNS)
    writer.writerows(tables.rows(found.read_out, arm_names(found.row.arms)))
    return response


@requires(post=P.EXPERIMENTS_WRITE_OWN)
def start(request: StaffRequest, key: str) -> HttpResponse:
    def act() -> object:
        return actions.start(by=request.actor, now=clock(), key=key)

    return _act(request, key, act, "Started. Customers are assigned from now on.")


@requires(post=P.EXPERIMENTS_WRITE_OWN)
def stop(request: StaffRequest, key: str) -> HttpResponse:
    form = StopForm(request.POST)
    if not form.is_valid():
        return _page(request, _find(key), stop_form=form, status=422)
    reason = form.cleaned_data["reason"]

    def act() -> object:
        return actions.stop(by=request.actor, now=clock(), key=key, reason=reason)

    told = "Stopped. It keeps its always-valid intervals."
    return _act(request, key, act, told)


@requires(post=P.EXPERIMENTS_WRITE_OWN)
def finish(request: StaffRequest, key: str) -> HttpResponse:
    def act() -> object:
        return actions.finish(by=request.actor, now=clock(), key=key)

    return _act(request, key, act, "Finished. The 95 % intervals are shown now.")


def _act(
    request: StaffRequest, key: str, act: Callable[[], object], told: str
) -> HttpResponse:
    """Do it, or say on the experiment's own page why not; nothing is half done."""
    try:
        act()
    except (Conflict, Invalid, Refused) as error:
        status = {Conflict: 409, Refused: 409}.get(type(error), 422)
        return _page(request, _find(key), refusal=_told(error), status=status)
    messages.success(request, told)
    return redirect("experiments:detail", key)


def _told(error: GovernanceError) -> str:
    return error.message
