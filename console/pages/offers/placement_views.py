from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

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
from console.pages.offers import presenters
from console.pages.offers.forms import PlacementForm
from decisioning.offers import actions, queries
from decisioning.offers.queries import Placement
from decisioning.revisions.core import Kind, content_of
from decisioning.revisions.queries import wanted_content
from decisioning.segments.catalogue import rule_catalogue
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.types import Invalid


@requires(get=P.OFFERS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    served, creatives = serving_names(now()), queries.creatives()
    context = {
        "rows": [
            presenters.placement_row(one, creatives, served)
            for one in queries.placements()
        ],
        "why_not": why_not_write(request.actor, P.OFFERS_WRITE, None),
        "crumbs": [("Offers", reverse("offers:list"))],
    }
    return render(request, "pages/offers/placements.html", context)


@requires(get=P.OFFERS_WRITE_OWN, post=P.OFFERS_WRITE_OWN)
def new(request: StaffRequest) -> HttpResponse:
    form = PlacementForm(request.POST or None)
    taken = {p.key for p in queries.placements(with_retired=True)}
    if form.is_bound and form.is_valid() and form.cleaned_data["key"] in taken:
        form.add_error("key", "Another placement has this key. Choose another.")
    return _work(request, form, None)


@requires(get=P.OFFERS_READ, post=P.OFFERS_WRITE_OWN)
def edit(request: StaffRequest, key: str) -> HttpResponse:
    placement = queries.placement(key)
    if request.method == "POST":
        must_write(request.actor, P.OFFERS_WRITE, placement.created_by_id)
    wanted = wanted_content(Kind.PLACEMENT, key, placement)
    initial = {
        "key": key,
        "name": placement.name,
        "channel": wanted["channel"],
        **wanted["default_content"],
    }
    form = PlacementForm(request.POST or None, initial=initial)
    form.fields["key"].disabled = True
    return _work(request, form, placement)


def _work(
    request: StaffRequest, form: PlacementForm, placement: Placement | None
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        saved = _save(request, form)
        if saved is not None:
            return redirect("offers:placement", saved.key)
    context = _context(request, form, placement)
    status = 422 if form.errors else 200
    return render(request, "pages/offers/placement.html", context, status=status)


def _save(request: StaffRequest, form: PlacementForm) -> Placement | None:
    given = form.cleaned_data
    links = served_by(Kind.PLACEMENT, given["key"])
    try:
        saved = actions.save_placement(
            by=request.actor,
            now=now(),
            key=given["key"],
            name=given["name"],
            channel=given["channel"],
            default_content=form.content(),
        )
    except Invalid as error:
        tell(form, error)
        return None
    is_live = queries.placement(saved.key).draft_revision is None
    messages.success(request, saved_words(saved.name, is_live=is_live, links=links))
    return saved


def _context(
    request: StaffRequest, form: PlacementForm, placement: Placement | None
) -> dict[str, Any]:
    owner = placement.created_by_id if placement else None
    context: dict[str, Any] = {
        "form": form,
        "placement": placement,
        "why_not": why_not_write(request.actor, P.OFFERS_WRITE, owner),
        "crumbs": [
            ("Offers", reverse("offers:list")),
            ("Placements", reverse("offers:placements")),
        ],
    }
    if placement is not None:
        catalogue = rule_catalogue()
        live = content_of(Kind.PLACEMENT, placement)
        key = placement.key
        context |= {
            "content": presenters.content_view(placement.default_content),
            "served": served_by(Kind.PLACEMENT, key),
            "waiting": draft_changes(Kind.PLACEMENT, key, placement, live, catalogue),
            "revisions": revision_rows(Kind.PLACEMENT, key, placement, catalogue),
        }
    return context
