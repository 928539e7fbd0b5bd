from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.pages.datamap import presenters
from console.pages.datamap.forms import ElementForm, initial_of
from console.pages.datamap.presenters import UsedBy
from decisioning.engine import lineage
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.access.doors import StaffRequest, requires
from governance.catalogue import actions, queries
from governance.catalogue.queries import DataElement
from governance.installation.queries import now as clock
from governance.rights.registry import tables
from governance.rights.standing import last_run
from governance.types import Invalid
from governance.usecases import queries as use_cases
from governance.usecases.queries import Card


@requires(get=P.CATALOGUE_READ)
def data_map(request: StaffRequest) -> HttpResponse:
    """What is known about customers, on which terms, who uses it, what nobody does."""
    moment = clock()
    elements, purposes = queries.elements(), queries.purposes()
    cards = use_cases.board(moment)
    uses = lineage.uses(elements, cards, now=moment)
    labels = {row.key: row.label for row in purposes}
    n_used = sum(uses[row.key].is_used for row in elements)
    last = last_run()
    context = {
        "facts": f"{len(elements)} data elements, {n_used} in use. "
        f"{presenters.weak_words(elements, uses)}",
        "elements": presenters.element_lines(elements, labels, uses),
        "dispensable": presenters.dispensable(elements, uses, now=moment),
        "purposes": presenters.purpose_lines(purposes, elements, _by_purpose(cards)),
        "tables": presenters.table_lines(list(tables().values()), last),
        "last_run": presenters.last_run_words(last),
        "may_write": holds(request.actor, P.CATALOGUE_WRITE),
    }
    return render(request, "pages/datamap/list.html", context)


def _by_purpose(cards: Sequence[Card]) -> dict[str, list[UsedBy]]:
    """Use cases by purpose, from the newest version of each."""
    found: dict[str, list[UsedBy]] = defaultdict(list)
    for card in cards:
        for key in card.content.purposes:
            url = reverse("usecases:detail", args=[card.key])
            found[key].append(UsedBy(card.name, url))
    return found


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
    context = {
        "row": row,
        "form": form,
        "may_write": may_write,
        "crumbs": [("Data map", reverse("datamap:list"))],
        "facts": f"{presenters.source_of(row)}. Version {row.version}.",
        "about": _about(row),
        "warning": presenters.warning_of(row),
        **_use(row, clock()),
    }
    status = 422 if form.errors else 200
    return render(request, "pages/datamap/element.html", context, status=status)


def _about(row: DataElement) -> list[dict[str, Any]]:
    return [
        {"label": "Read from", "value": row.field, "mono": True},
        {"label": "Collected", "value": row.collected_where},
        {"label": "How we know", "value": row.provenance.replace("_", " ")},
        {"label": "Sensitivity", "value": presenters.sensitivity_of(row)},
        {"label": "Worked out from", "value": ", ".join(row.derived_from) or "Nothing"},
        {"label": "Passed to", "value": ", ".join(row.recipients) or "Nobody"},
        {"label": "Deleted by", "value": row.deletion_method.replace("_", " ")},
    ]


def _use(row: DataElement, now: datetime) -> dict[str, Any]:
    labels = {each.key: each.label for each in queries.purposes()}
    found = lineage.uses(queries.elements(), use_cases.board(now), now=now)
    use = found[row.key]
    line = presenters.element_lines([row], labels, found)[0]
    return {
        "used_by": [*line.used_by, *line.read_by],
        "last_used": line.last_used,
        "lost": presenters.lost_without(use),
    }
