from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from console.configuring import (
    draft_changes,
    must_write,
    revision_rows,
    saved_words,
    served_by,
    serving_names,
    why_not_write,
)
from console.forming import tell
from console.pages.caps import presenters
from console.pages.caps.forms import BudgetForm, CapForm, ScopedForm, window_parts
from decisioning.caps import actions, queries
from decisioning.caps.core import BUDGET_SCOPES
from decisioning.caps.queries import Budget, Cap
from decisioning.offers.queries import offers
from decisioning.revisions.core import Kind, content_of
from decisioning.revisions.queries import wanted_content
from decisioning.segments.catalogue import rule_catalogue
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.types import Invalid
from governance.usecases import queries as use_cases


def _targets() -> presenters.Targets:
    return presenters.targets(offers(), use_cases.board(now()))


@requires(get=P.CAPS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    moment = now()
    served, found = serving_names(moment), _targets()
    context = {
        "caps": [
            presenters.cap_row(
                cap, queries.customers_at_cap(cap, moment), served, found
            )
            for cap in queries.caps()
        ],
        "budgets": [
            presenters.budget_row(budget, served, found, moment)
            for budget in queries.budgets()
        ],
        "why_not": why_not_write(request.actor, P.CAPS_WRITE, None),
    }
    return render(request, "pages/caps/list.html", context)


@requires(get=P.CAPS_WRITE_OWN, post=P.CAPS_WRITE_OWN)
def new(request: StaffRequest) -> HttpResponse:
    return _cap_page(request, CapForm(request.POST or None, targets=_targets()), None)


@requires(get=P.CAPS_READ, post=P.CAPS_WRITE_OWN)
def edit(request: StaffRequest, key: str) -> HttpResponse:
    cap = queries.cap(key)
    if request.method == "POST":
        must_write(request.actor, P.CAPS_WRITE, cap.created_by_id)
    wanted = wanted_content(Kind.CAP, key, cap)
    initial = {
        "name": cap.name,
        **wanted,
        **window_parts(timedelta(seconds=wanted["window"])),
    }
    form = CapForm(request.POST or None, initial=initial, targets=_targets())
    return _cap_page(request, form, cap)


def _cap_page(request: StaffRequest, form: CapForm, cap: Cap | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        fields = {name: given[name] for name in ("name", "scope", "scope_key", "n")}
        saved = _save(request, form, Kind.CAP, cap, {**fields, "window": form.window()})
        if saved is not None:
            return redirect("caps:list")
    return _page(request, form, Kind.CAP, cap)


@requires(get=P.CAPS_WRITE_OWN, post=P.CAPS_WRITE_OWN)
def new_budget(request: StaffRequest) -> HttpResponse:
    form = BudgetForm(
        request.POST or None,
        initial={"currency": "GBP", "starts_at": now()},
        targets=_budget_targets(),
    )
    return _budget_page(request, form, None)


@requires(get=P.CAPS_READ, post=P.CAPS_WRITE_OWN)
def edit_budget(request: StaffRequest, key: str) -> HttpResponse:
    budget = queries.budget(key)
    if request.method == "POST":
        must_write(request.actor, P.CAPS_WRITE, budget.created_by_id)
    wanted = wanted_content(Kind.BUDGET, key, budget)
    for name in ("starts_at", "ends_at"):
        if wanted[name]:
            wanted[name] = timezone.localtime(datetime.fromisoformat(wanted[name]))
    limit = f"{wanted['limit_minor'] / 100:.2f}"
    initial = {"name": budget.name, **wanted, "limit": limit}
    form = BudgetForm(request.POST or None, initial=initial, targets=_budget_targets())
    return _budget_page(request, form, budget)


def _budget_targets() -> presenters.Targets:
    return {kind: found for kind, found in _targets().items() if kind in BUDGET_SCOPES}


def _budget_page(
    request: StaffRequest, form: BudgetForm, budget: Budget | None
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        given["limit_minor"] = int(given.pop("limit") * 100)
        given["currency"] = given["currency"].upper()
        if _save(request, form, Kind.BUDGET, budget, given) is not None:
            return redirect("caps:list")
    return _page(request, form, Kind.BUDGET, budget)


def _save(
    request: StaffRequest,
    form: ScopedForm,
    kind: Kind,
    row: Cap | Budget | None,
    fields: dict[str, Any],
) -> Cap | Budget | None:
    key = row.key if row else None
    links = served_by(kind, key) if key else []
    save = actions.save_cap if kind is Kind.CAP else actions.save_budget
    try:
        saved: Cap | Budget = save(by=request.actor, now=now(), key=key, **fields)
    except Invalid as error:
        names = {"window": "length", "limit_minor": "limit"}
        tell(form, Invalid({names.get(k, k): v for k, v in error.fields.items()}))
        return None
    find = queries.cap if kind is Kind.CAP else queries.budget
    is_live = find(saved.key).draft_revision is None
    told = saved_words(saved.name, is_live=is_live, links=links)
    if is_live and links:
        told = f"{told} It is lower, so it holds from the next decision on."
    messages.success(request, told)
    return saved


def _page(
    request: StaffRequest, form: ScopedForm, kind: Kind, row: Cap | Budget | None
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "row": row,
        "is_cap": kind is Kind.CAP,
        "why_not": why_not_write(
            request.actor, P.CAPS_WRITE, row.created_by_id if row else None
        ),
        "crumbs": [("Caps and budgets", reverse("caps:list"))],
    }
    if row is not None:
        catalogue, live = rule_catalogue(), content_of(kind, row)
        context |= {
            "served": served_by(kind, row.key),
            "waiting": draft_changes(kind, row.key, row, live, catalogue),
            "revisions": revision_rows(kind, row.key, row, catalogue),
        }
    return render(
        request, "pages/caps/edit.html", context, status=422 if form.errors else 200
    )


@requires(post=P.CAPS_WRITE_OWN)
def retire(request: StaffRequest, key: str) -> HttpResponse:
    cap = actions.retire_cap(by=request.actor, now=now(), key=queries.cap(key).key)
    messages.success(request, f"“{cap.name}” is retired.")
    return redirect("caps:list")
