"""What the customer's own pages share.

Their links carry a signed token, which is all the proof there is: no cookie is needed
or asked for, so the forms work where cookies are blocked, and a cross-site post gains
nothing, since whoever can write the address already holds the token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from decisioning.customers.queries import kept_id, locale_of
from governance.access.doors import View, public
from governance.rights.queries import complaints_of
from governance.types import Actor, NotFound

CUSTOMER = Actor.system("customer")
LONGEST_COMPLAINT = 2000
DEFAULT = settings.LANGUAGE_CODE


Reader = Callable[[str], int | None]
Chosen = TypeVar("Chosen")


def by_link(
    *methods: str, because: str, whose: Reader | None = None
) -> Callable[[View], View]:
    """A page behind a signed link: every link that opens nothing gets one answer.

    ``whose`` reads the person from the link, whose language the page then speaks.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def door(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            person = whose(kwargs["token"]) if whose else None
            with translation.override(language(request, person)):
                try:
                    response = view(request, *args, **kwargs)
                except NotFound:
                    response = render(request, "customer/gone.html", status=404)
                response["Content-Language"] = translation.get_language() or ""
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex"
            return response

        return csrf_exempt(never_cache(public(*methods, because=because)(door)))

    return wrap


def standing(person: int | None) -> int:
    """Who answers to an old link now: visitors who signed in became somebody else.

    Raises
    ------
    NotFound
        Where the person was erased, or never was.
    """
    kept = kept_id(person) if person is not None else None
    if kept is None:
        raise NotFound("This link opens nothing.")
    return kept


def for_whoever_stands(person: int, choose: Callable[[int], Chosen]) -> Chosen:
    """Make a choice hold for the person even where a merge comes in between.

    A merge carries over what was chosen before it; what is chosen of the merged after
    it would be heard by nobody, so it is chosen once more of whoever stands.
    """
    while True:
        chosen = choose(person)
        kept = standing(person)
        if kept == person:
            return chosen
        person = kept


def language(request: HttpRequest, person: int | None) -> str:
    """The person's own language where we speak it, else what their browser asks for."""
    own = locale_of(person).replace("_", "-").lower() if person is not None else ""
    for wanted in filter(None, (own, own.partition("-")[0])):
        try:
            return translation.get_supported_language_variant(wanted)
        except LookupError:
            continue
    asked = request.headers.get("Accept-Language", "")
    return translation.get_language_from_request(request) if asked else DEFAULT


@dataclass(frozen=True, slots=True)
class AnswerBy:
    """A complaint that was taken in, and the day by which a person answers."""

    number: int
    day: str


def answer_by(person: int | None, saved: str) -> AnswerBy | None:
    """The complaint that an address names, where it is this person's own."""
    kind, _dot, number = saved.partition(".")
    if person is None or kind != "complaint":
        return None
    for complaint in complaints_of(person):
        if str(complaint.pk) == number:
            until = date_format(complaint.acknowledge_by, "DATE_FORMAT")
            return AnswerBy(complaint.pk, until)
    return None


def told(request: HttpRequest) -> str:
    """The text of a complaint, as typed, without what a database cannot keep."""
    return request.POST.get("text", "").replace("\0", "").strip()[:LONGEST_COMPLAINT]
