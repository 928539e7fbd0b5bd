from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from console.configuring import (
    builder_words,
    draft_changes,
    must_write,
    revision_rows,
    saved_words,
    served_by,
    serving_names,
    why_not_write,
)
from console.forming import tell
from console.pages.caps.presenters import sentence, targets
from console.pages.offers import presenters
from console.pages.offers.forms import (
    MINOR,
    CreativeForm,
    OfferForm,
    initial_of,
)
from console.rule_text import rule_text
from decisioning.caps.queries import caps
from decisioning.offers import actions, queries
from decisioning.offers.queries import Creative, Offer
from decisioning.revisions.core import Kind, content_of
from decisioning.revisions.queries import wanted_content
from decisioning.segments.catalogue import rule_catalogue
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now
from governance.types import Invalid
from governance.usecases import queries as use_cases

MAJOR = {minor: major for major, minor in MINOR.items()} | {"eligibility": "rule"}


@requires(get=P.OFFERS_READ)
def listing(request: StaffRequest) -> HttpResponse:
    text, with_retired = request.GET.get("q", "").strip(), "retired" in request.GET
    moment = now()
    served, catalogue = serving_names(moment), rule_catalogue(with_context=True)
    creatives = queries.creatives()
    context = {
        "rows": [
            presenters.offer_row(offer, creatives, served, catalogue, moment)
            for offer in queries.offers(text=text, with_retired=with_retired)
        ],
        "caps": _caps(moment),
        "query": text,
        "with_retired": with_retired,
        "why_not": why_not_write(request.actor, P.OFFERS_WRITE, None),
    }
    return render(request, "pages/offers/list.html", context)


def _caps(moment: datetime) -> list[presenters.CapLine]:
    found = targets(queries.offers(), use_cases.board(moment))
    return [
        presenters.CapLine(
            cap.name, reverse("caps:edit", args=[cap.key]), sentence(cap, found)
        )
        for cap in caps()
    ]


@requires(get=P.OFFERS_WRITE_OWN, post=P.OFFERS_WRITE_OWN)
def new(request: StaffRequest) -> HttpResponse:
    initial = {"starts_at": now(), "cost": 0, "priority": 1, "currency": "GBP"}
    return _work(request, OfferForm(request.POST or None, initial=initial), None)


@requires(get=P.OFFERS_READ, post=P.OFFERS_WRITE_OWN)
def edit(request: StaffRequest, key: str) -> HttpResponse:
    """Goes on from the waiting draft where there is one."""
    offer = queries.offer(key)
    if request.method == "POST":
        must_write(request.actor, P.OFFERS_WRITE, offer.created_by_id)
    wanted = _typed(wanted_content(Kind.OFFER, key, offer))
    initial = initial_of(offer.name, wanted, rule_text(wanted["eligibility"]))
    return _work(request, OfferForm(request.POST or None, initial=initial), offer)


def _typed(content: dict[str, Any]) -> dict[str, Any]:
    """Times as the form shows them: in the reader's zone."""
    for name in ("starts_at", "ends_at"):
        if content[name]:
            moment = datetime.fromisoformat(content[name])
            content[name] = timezone.localtime(moment)
    return content


def _work(request: StaffRequest, form: OfferForm, offer: Offer | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        saved = _save(request, form, offer)
        if saved is not None:
            return redirect("offers:edit", saved.key)
    return _page(request, form, offer)


def _save(request: StaffRequest, form: OfferForm, offer: Offer | None) -> Offer | None:
    key = offer.key if offer else None
    links = served_by(Kind.OFFER, key) if key else []
    try:
        saved = actions.save_offer(
            by=request.actor, now=now(), key=key, **form.fields_for_action()
        )
    except Invalid as error:
        told = {MAJOR.get(name, name): text for name, text in error.fields.items()}
        tell(form, Invalid(told))
        return None
    is_live = queries.offer(saved.key).draft_revision is None
    messages.success(request, saved_words(saved.name, is_live=is_live, links=links))
    return saved


def _page(
    request: StaffRequest,
    form: OfferForm,
    offer: Offer | None,
    creative_form: CreativeForm | None = None,
) -> HttpResponse:
    catalogue = rule_catalogue(with_context=True)
    context: dict[str, Any] = {
        "form": form,
        "offer": offer,
        "builder": builder_words(catalogue),
        "why_not": why_not_write(
            request.actor, P.OFFERS_WRITE, offer.created_by_id if offer else None
        ),
        "crumbs": [("Offers", reverse("offers:list"))],
    }
    if offer is not None:
        context |= _about(request, offer, creative_form)
    failed = form.errors or (creative_form is not None and creative_form.errors)
    return render(
        request, "pages/offers/edit.html", context, status=422 if failed else 200
    )


def _about(
    request: StaffRequest, offer: Offer, creative_form: CreativeForm | None
) -> dict[str, Any]:
    catalogue = rule_catalogue(with_context=True)
    creatives = queries.creatives(offer_keys=[offer.key])
    live = content_of(Kind.OFFER, offer)
    state, tone = presenters.offer_state(offer, now())
    return {
        "state": state,
        "tone": tone,
        "served": served_by(Kind.OFFER, offer.key),
        "waiting": draft_changes(Kind.OFFER, offer.key, offer, live, catalogue),
        "revisions": revision_rows(Kind.OFFER, offer.key, offer, catalogue),
        "creatives": [presenters.creative_view(c, offer.key) for c in creatives],
        "creative_form": creative_form or _creative_form(request, creatives),
    }


def _creative_form(request: StaffRequest, creatives: list[Creative]) -> CreativeForm:
    wanted = request.GET.get("creative", "")
    chosen = next((c for c in creatives if str(c.pk) == wanted), None)
    if chosen is None:
        return CreativeForm(placements=queries.placements())
    name = f"{chosen.offer_key}/{chosen.placement_key}/{chosen.key}"
    content = wanted_content(Kind.CREATIVE, name, chosen)["content"]
    initial = {"placement": chosen.placement_key, "key": chosen.key, **content}
    return CreativeForm(placements=queries.placements(), initial=initial)


@requires(post=P.OFFERS_WRITE_OWN)
def creative(request: StaffRequest, key: str) -> HttpResponse:
    offer = queries.offer(key)
    must_write(request.actor, P.OFFERS_WRITE, offer.created_by_id)
    form = CreativeForm(request.POST, placements=queries.placements())
    if form.is_valid():
        try:
            saved = actions.save_creative(
                by=request.actor,
                now=now(),
                offer_key=key,
                placement_key=form.cleaned_data["placement"],
                key=form.cleaned_data["key"],
                content=form.content(),
            )
        except Invalid as error:
            tell(form, error)
        else:
            links = served_by(Kind.OFFER, key)
            told = saved_words(saved.key, is_live=not links, links=links)
            messages.success(request, told)
            return redirect("offers:edit", key)
    content = _typed(wanted_content(Kind.OFFER, key, offer))
    kept = initial_of(offer.name, content, rule_text(content["eligibility"]))
    return _page(request, OfferForm(initial=kept), offer, form)


@requires(post=P.OFFERS_WRITE_OWN)
def retire_creative(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    row = actions.retire_creative(by=request.actor, now=now(), pk=pk)
    messages.success(request, f"“{row.key}” is not shown from the next decision on.")
    return redirect("offers:edit", key)


@requires(post=P.OFFERS_WRITE_OWN)
def retire(request: StaffRequest, key: str) -> HttpResponse:
    offer = actions.retire_offer(by=request.actor, now=now(), key=key)
    messages.success(request, f"“{offer.name}” is not shown from the next decision on.")
    return redirect("offers:edit", key)
