from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.pages.datamap import presenters
from console.pages.datamap.forms import ElementForm, initial_of
from console.pages.datamap.presenters import UsedBy
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.catalogue import actions, queries
from governance.installation.queries import now as clock
from governance.types import Invalid
from governance.usecases import queries as use_cases


@requires(get=P.CATALOGUE_READ)
def data_map(request: StaffRequest) -> HttpResponse:
    """What is known about customers, on which terms, and who uses it."""
    elements, purposes = queries.elements(), queries.purposes()
    by_element, by_purpose = _users(clock())
    labels = {row.key: row.label for row in purposes}
    n_used = sum(row.key in by_element for row in elements)
    context = {
        "facts": f"{len(elements)} data elements, {n_used} used by a use case.",
        "elements": presenters.element_lines(elements, labels, by_element),
        "purposes": presenters.purpose_lines(purposes, elements, by_purpose),
        "may_write": holds(request.actor, P.CATALOGUE_WRITE),
    }
    return render(request, "pages/datamap/list.html", context)


def _users(now: datetime) -> tuple[dict[str, list[UsedBy]], dict[str, list[UsedBy]]]:
    """Use cases by element and by purpose, from the newest version of each."""
    by_element: dict[str, list[UsedBy]] = defaultdict(list)
    by_purpose: dict[str, list[UsedBy]] = defaultdict(list)
    for card in use_cases.board(now):
        user = UsedBy(card.name, reverse("usecases:detail", args=[card.key]))
        for key in dict.fromkeys(use.element for use in card.content.data_uses):
            by_element[key].append(user)
        for key in card.content.purposes:
            by_purpose[key].append(user)
    return by_element, by_purpose


@requires(get=P.CATALOGUE_READ, post=P.CATALOGUE_WRITE)
def element(request: StaffRequest, key: str) -> HttpResponse:
    row = queries.element(key)
    may_write = holds(request.actor, P.CATALOGUE_WRITE)
    form = ElementForm(request.POST or None, initial=initial_of(row))
    if not may_write:
        for field in form.fields.values():
            field.disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_element(
                by=request.actor, now=clock(), key=key, **form.cleaned_data
            )
        except Invalid as error:
            for name, text in error.fields.items():
                form.add_error(name if name in form.fields else None, text)
        else:
            messages.success(request, f"Saved as version {saved.version}.")
            return redirect("datamap:list")
    by_element, _ = _users(clock())
    context = {
        "row": row,
        "form": form,
        "may_write": may_write,
        "crumbs": [("Data map", reverse("datamap:list"))],
        "facts": f"{presenters.source_of(row)}. Version {row.version}.",
        "about": [
            {"label": "Read from", "value": row.field, "mono": True},
            {"label": "Collected", "value": row.collected_where},
            {"label": "How we know", "value": row.provenance.replace("_", " ")},
            {"label": "Deleted by", "value": row.deletion_method.replace("_", " ")},
        ],
        "warning": presenters.warning_of(row),
        "used_by": by_element.get(key, ()),
    }
    status = 422 if form.errors else 200
    return render(request, "pages/datamap/element.html", context, status=status)
