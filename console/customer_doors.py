"""What the customer's own pages share.

Their links carry a signed token, which is all the proof there is: no cookie is needed
or asked for, so the forms work where cookies are blocked, and a cross-site post gains
nothing, since whoever can write the address already holds the token.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from governance.access.doors import View, public
from governance.types import Actor, NotFound

CUSTOMER = Actor.system("customer")
LONGEST_COMPLAINT = 2000


def by_link(*methods: str, because: str) -> Callable[[View], View]:
    """A page behind a signed link: every link that opens nothing gets one answer."""

    def wrap(view: View) -> View:
        @wraps(view)
        def door(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except NotFound:
                response = render(request, "customer/gone.html", status=404)
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex"
            return response

        return csrf_exempt(never_cache(public(*methods, because=because)(door)))

    return wrap


def told(request: HttpRequest) -> str:
    """The text of a complaint, as typed, without what a database cannot keep."""
    return request.POST.get("text", "").replace("\0", "").strip()[:LONGEST_COMPLAINT]
