from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console.customer_doors import CUSTOMER, by_link, told
from console.pages.preferences.choosing import choose
from console.pages.preferences.presenters import choices, day, read_back
from decisioning.engine.links import read_preferences_token
from governance.access.doors import public
from governance.consent import actions as consent
from governance.consent import queries
from governance.consent.core import gpc_signal
from governance.installation.queries import now
from governance.rights import actions as rights
from governance.types import Invalid, NotFound

GPC_SINCE = "2026-11-22"


@by_link("GET", "POST", because="a customer's own choices, opened by a signed link")
def page(request: HttpRequest, token: str) -> HttpResponse:
    person = _person(token)
    if request.method == "POST":
        _heed_signal(request, person)
        if "complain" in request.POST:
            return _complain(request, token, person)
        try:
            saved = choose(person, request.POST, now())
        except Invalid as error:
            return _page(request, token, person, error=error.message, status=422)
        return redirect(f"{reverse('preferences:page', args=[token])}?saved={saved}")
    return _page(request, token, person)


def _page(
    request: HttpRequest,
    token: str,
    person: int,
    *,
    error: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = choices(queries.head(person), now())
    saved = request.GET.get("saved", "")
    complaint = (
        saved.removeprefix("complaint.") if saved.startswith("complaint.") else ""
    )
    context = {
        "token": token,
        "choices": shown,
        "saved": read_back(saved, shown),
        "complaint": complaint if complaint.isdigit() else "",
        "error": error,
        "text": text,
    }
    return render(request, "pages/preferences/page.html", context, status=status)


def _complain(request: HttpRequest, token: str, person: int) -> HttpResponse:
    text = told(request)
    if not text:
        error = "Write a few words on what went wrong, then send it."
        return _page(request, token, person, error=error, status=422)
    complaint = rights.receive_complaint(
        by=CUSTOMER, now=now(), person_id=person, text=text
    )
    address = reverse("preferences:page", args=[token])
    return redirect(f"{address}?saved=complaint.{complaint.pk}")


@by_link("GET", "POST", because="one-click unsubscribing (RFC 8058) by a signed link")
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Reading changes nothing: link checkers read every link of a message."""
    person = _person(token)
    moment = now()
    if request.method == "POST":
        consent.set_channel(
            by=CUSTOMER,
            now=moment,
            person_id=person,
            channel="email",
            allowed=False,
            source="unsubscribe",
        )
    head = queries.head(person)
    context = {
        "token": token,
        "is_off": head is not None and "email" in head.channels_off,
        "day": day(moment),
    }
    return render(request, "customer/unsubscribe.html", context)


@public("GET", because="the statement that the Global Privacy Control spec asks for")
def gpc(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return JsonResponse({"gpc": True, "lastUpdate": GPC_SINCE})


def _heed_signal(request: HttpRequest, person: int) -> None:
    head = queries.head(person)
    known = head is not None and head.gpc_at is not None
    if not known and gpc_signal([request.headers.get("Sec-GPC", "")]):
        consent.see_gpc(by=CUSTOMER, now=now(), person_id=person, source="preferences")


def _person(token: str) -> int:
    person = read_preferences_token(token)
    if person is None:
        raise NotFound("This link opens nothing.")
    return person
