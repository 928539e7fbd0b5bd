from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.pages.reviews import presenters
from console.pages.reviews.forms import ConditionForm, DecideForm
from console.reauthentication import address, is_fresh, proved_at
from decisioning.offers import queries as offers
from decisioning.publishing import queries as publishing
from governance.access.core import Permission as P
from governance.access.doors import StaffRequest, requires
from governance.installation.queries import now as clock
from governance.signoffs import actions, queries
from governance.signoffs.queries import Review
from governance.types import Conflict, Invalid, Refused
from governance.usecases import queries as use_cases
from governance.usecases.core import EXAMPLE_OFFER, UseCaseContent

KEPT = "review_answer"


@requires(get=P.SIGNOFFS_READ)
def queue(request: StaffRequest) -> HttpResponse:
    """Versions that wait for signatures, this person's first, then the oldest."""
    now = clock()
    lines = presenters.queue_lines(queries.queue(request.actor, now), now)
    yours = [line for line in lines if line.yours]
    others = [line for line in lines if not line.yours]
    count = len(yours)
    words = "1 version waits" if count == 1 else f"{count} versions wait"
    context = {
        "yours": yours,
        "others": others,
        "facts": f"{words} for your signature, {len(others)} for others.",
    }
    return render(request, "pages/reviews/queue.html", context)


@requires(get=P.SIGNOFFS_READ, post=P.SIGNOFFS_SIGN)
def review(request: StaffRequest, key: str) -> HttpResponse:
    """Everything one needs to decide, and the decision last."""
    now = clock()
    found = _found(request, key, now)
    if request.method == "POST":
        return _sign(request, found, now)
    kept = request.session.pop(KEPT, None)
    data = kept["data"] if kept and kept["key"] == key else None
    return _page(request, found, now, data=data)


def _found(request: StaffRequest, key: str, now: datetime) -> Review:
    content = UseCaseContent.from_dict(use_cases.version(key).content)
    return queries.review(
        request.actor,
        key,
        now,
        example=_example(content),
        offer=_offer(content),
        audience_size=publishing.audience_size(content, now),
    )


def _example(content: UseCaseContent) -> dict[str, Any]:
    """The first creative a customer could meet, as it is stored."""
    places = set(content.reach.placements)
    for creative in offers.creatives(offer_keys=list(content.reach.offers)):
        if creative.placement_key in places:
            return dict(creative.content)
    return {}


def _offer(content: UseCaseContent) -> str:
    """The name that the example sentence is filled with: a real one, if there is."""
    keys = list(content.reach.offers)
    named = {one.key: one.name for one in offers.offers(keys=keys)} if keys else {}
    return next((named[key] for key in keys if key in named), EXAMPLE_OFFER)


def _page(
    request: StaffRequest,
    found: Review,
    now: datetime,
    *,
    form: DecideForm | None = None,
    data: Any = None,
    status: int = 200,
) -> HttpResponse:
    at = proved_at(request)
    decide = presenters.decide(
        found.may_sign,
        request.actor,
        needs_reauth=not is_fresh(at, now),
        reauthed=presenters.reauthed_words(at, now),
    )
    if form is None and decide.roles:
        form = DecideForm(
            decide.roles, found.blocked_by, data, initial=_initial(found, now)
        )
    detail_url = reverse("usecases:detail", args=[found.key])
    context = {
        "review": found,
        "page": presenters.page(found),
        "decide": decide,
        "form": form,
        "crumbs": [("Reviews", reverse("reviews:queue")), (found.name, detail_url)],
        "reauth_url": address(reverse("reviews:review", args=[found.key])),
        "condition_url": reverse("reviews:condition", args=[found.key]),
    }
    return render(request, "pages/reviews/review.html", context, status=status)


def _initial(found: Review, now: datetime) -> dict[str, Any]:
    return {
        "shown_hash": found.shown_hash,
        "number": found.version.number,
        "opened": signing.dumps(now.timestamp(), salt=KEPT),
    }


def _sign(request: StaffRequest, found: Review, now: datetime) -> HttpResponse:
    roles = [m.role for m in found.may_sign if m.answer]
    if not roles:
        decide = presenters.decide(
            found.may_sign, request.actor, needs_reauth=False, reauthed=""
        )
        raise Refused(decide.reason)
    at = proved_at(request)
    if not is_fresh(at, now):
        request.session[KEPT] = {"key": found.key, "data": request.POST.dict()}
        return redirect(address(reverse("reviews:review", args=[found.key])))
    form = DecideForm(roles, found.blocked_by, request.POST)
    if not form.is_valid():
        return _page(request, found, now, form=form, status=422)
    typed = dict(form.cleaned_data)
    content = UseCaseContent.from_dict(found.version.content)
    seconds = _seconds(typed.pop("opened"), now)
    try:
        actions.sign(
            by=request.actor,
            now=now,
            key=found.key,
            page_seconds=seconds,
            reauth_at=at,
            audience_size=publishing.audience_size(content, now),
            **typed,
        )
    except Invalid as error:
        for name, text in error.fields.items():
            form.add_error(name if name in form.fields else None, text)
        return _page(request, found, now, form=form, status=422)
    except Conflict as error:
        form.add_error(None, error.message)
        return _page(request, found, now, form=form, status=409)
    messages.success(request, f"Your answer to version {typed['number']} is recorded.")
    return redirect("reviews:queue")


def _seconds(opened: str, now: datetime) -> int | None:
    """How long the page was open; nothing where the stamp is not ours."""
    try:
        started = float(signing.loads(opened, salt=KEPT))
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return max(int(now.timestamp() - started), 0)


@requires(post=P.SIGNOFFS_SIGN)
def close_condition(request: StaffRequest, key: str) -> HttpResponse:
    form = ConditionForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, " ".join(str(e) for es in form.errors.values() for e in es)
        )
        return redirect("reviews:review", key=key)
    try:
        actions.close_condition(
            by=request.actor,
            now=clock(),
            key=key,
            approval_id=form.cleaned_data["approval"],
            place=form.cleaned_data["place"],
            text=form.cleaned_data["text"],
        )
    except (Invalid, Refused) as error:
        messages.error(request, f"Not done. {error.message}")
    else:
        messages.success(request, "The condition is declared met.")
    return redirect("reviews:review", key=key)
