from __future__ import annotations

import json
from datetime import datetime
from functools import partial

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.customer_doors import (
    CUSTOMER,
    answer_by,
    by_link,
    for_whoever_stands,
    standing,
    told,
)
from console.pages.preferences.choosing import choose
from console.pages.preferences.presenters import Known, choices, day
from console.pages.preferences.reading_back import read_back
from console.pages.preferences.wording import SAY_WHAT
from decisioning.customers.people import access_pack
from decisioning.engine import correcting, interests
from decisioning.engine import queries as engine
from decisioning.engine.links import read_preferences_token, read_unsubscribe_token
from decisioning.engine.queries import Decision
from governance.access.doors import public
from governance.consent import actions as consent
from governance.consent import queries
from governance.consent.core import gpc_signal, header_values
from governance.installation.queries import now
from governance.rights import access
from governance.rights import actions as rights
from governance.rights import queries as rights_queries
from governance.types import Invalid

GPC_SINCE = "2026-11-22"
SOURCE = "preferences"


@by_link(
    "GET",
    "POST",
    because="a customer's own choices, opened by a signed link",
    whose=read_preferences_token,
)
def page(request: HttpRequest, token: str) -> HttpResponse:
    person, moment = _person(token), now()
    _heed_signal(request, person, moment)
    if request.method == "POST":
        if "complain" in request.POST:
            return _complain(request, token, person)
        try:
            saved = for_whoever_stands(person, partial(_choose, request, moment))
        except Invalid as error:
            return _page(request, token, person, error=error.message, status=422)
        return redirect(f"{reverse('preferences:page', args=[token])}?saved={saved}")
    return _page(request, token, person)


def _choose(request: HttpRequest, moment: datetime, person: int) -> str:
    return choose(person, request.POST.dict(), moment, _known(person, moment))


def _known(person: int, moment: datetime) -> Known:
    head = queries.head(person)
    return Known(
        interests=interests.interests(person, head, now=moment),
        topics=interests.topics(head),
        declared=interests.declared(person, head),
        signals_off=correcting.elements_off(head),
        decisions=engine.shown_lately(person),
        complaints=rights_queries.complaints_of(person),
    )


def _page(
    request: HttpRequest,
    token: str,
    person: int,
    *,
    error: str = "",
    text: str = "",
    about: str = "",
    status: int = 200,
) -> HttpResponse:
    moment = now()
    shown = choices(
        queries.head(person),
        moment,
        policy=queries.policy(),
        known=_known(person, moment),
    )
    saved = request.GET.get("saved", "")
    context = {
        "token": token,
        "choices": shown,
        "saved": read_back(saved, shown),
        "complaint": answer_by(person, saved),
        "error": error,
        "text": text,
        "about": about,
    }
    return render(request, "pages/preferences/page.html", context, status=status)


def _complain(request: HttpRequest, token: str, person: int) -> HttpResponse:
    text = told(request)
    if not text:
        about = request.POST.get("about", "")
        error = str(SAY_WHAT)
        return _page(request, token, person, error=error, about=about, status=422)
    about_decision = _about(person, request.POST.get("about", ""))
    complaint = rights.receive_complaint(
        by=CUSTOMER,
        now=now(),
        person_id=person,
        text=text,
        use_case_key=about_decision.use_case_key if about_decision else "",
        decision_id=about_decision.pk if about_decision else None,
    )
    address = reverse("preferences:page", args=[token])
    return redirect(f"{address}?saved=complaint.{complaint.pk}")


def _about(person: int, named: str) -> Decision | None:
    """Only what was shown to this very person can be named."""
    return next((d for d in engine.shown_lately(person) if str(d.pk) == named), None)


@by_link(
    "POST",
    because="a customer takes a copy of their own data, by a signed link",
    whose=read_preferences_token,
)
def data(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001
    """Everything we hold about the person, as one file; taking it is on record."""
    person, moment = _person(token), now()
    pack = access_pack(person, now=moment)
    digest = access.digest_of_pack(pack)
    rights.pack_handed_over(by=CUSTOMER, now=moment, person_id=person, digest=digest)
    readable = json.dumps(json.loads(access.as_json(pack)), indent=2)
    return HttpResponse(
        readable,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@by_link(
    "GET",
    "POST",
    because="a customer asks for the erasure of their data, by a signed link",
    whose=read_preferences_token,
)
def erasure(request: HttpRequest, token: str) -> HttpResponse:
    """What erasure means, then the wish itself: use ends at once, a person erases."""
    person, moment = _person(token), now()
    asked = None
    if request.method == "POST":
        for_whoever_stands(person, partial(_all_off, moment))
        asked = rights.ask(by=CUSTOMER, now=moment, person_id=person, kind="erasure")
    context = {
        "token": token,
        "number": asked.pk if asked else "",
        "due": day(asked.due_at) if asked else "",
    }
    return render(request, "customer/erasure.html", context)


def _all_off(moment: datetime, person: int) -> None:
    consent.turn_everything_off(
        by=CUSTOMER, now=moment, person_id=person, source=SOURCE
    )


@by_link(
    "GET",
    "POST",
    because="one-click unsubscribing (RFC 8058) by a signed link",
    whose=read_unsubscribe_token,
)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Reading changes nothing: link checkers read every link of a message."""
    person = standing(read_unsubscribe_token(token))
    if request.method == "POST":
        for_whoever_stands(person, _no_more_mail)
    head = queries.head(person)
    context = {
        "token": token,
        "is_off": head is not None and "email" in head.channels_off,
    }
    return render(request, "customer/unsubscribe.html", context)


def _no_more_mail(person: int) -> None:
    consent.set_channel(
        by=CUSTOMER,
        now=now(),
        person_id=person,
        channel="email",
        allowed=False,
        source="unsubscribe",
    )


@public("GET", because="the statement that the Global Privacy Control spec asks for")
def gpc(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return JsonResponse({"gpc": True, "lastUpdate": GPC_SINCE})


def _heed_signal(request: HttpRequest, person: int, moment: datetime) -> None:
    """The signal counts from the first look on: it asks for less, never for more."""
    if not gpc_signal(header_values(request.headers.get("Sec-GPC", ""))):
        return
    head = queries.head(person)
    if head is None or head.gpc_at is None:
        consent.see_gpc(by=CUSTOMER, now=moment, person_id=person, source=SOURCE)


def _person(token: str) -> int:
    return standing(read_preferences_token(token))
