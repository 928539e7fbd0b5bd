"""Every URL is a door with a permission for each method; others are shut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from governance.access import second_factor
from governance.access.core import Permission, holds
from governance.types import Actor, NotFound, Refused

View = Callable[..., HttpResponse]
PUBLIC = "public"


class StaffRequest(HttpRequest):
    """A request that has passed its door: ``actor`` is set."""

    actor: Actor


def requires(
    *,
    before_second_factor: bool = False,
    **by_method: Permission | tuple[Permission, ...],
) -> Callable[[View], View]:
    """Open a page to those who hold the method's permission (any one of several).

    ``@requires(get=P.OFFERS_READ, post=P.OFFERS_WRITE_OWN)``: whether the object is
    one's own is judged by the action. A refusal raised inside becomes 403, an object
    that is not there, or not theirs to see, the same 404. Where a second factor is
    required, somebody without one is led to set it up, except on the pages that are
    open ``before_second_factor``.
    """
    doors = {
        method.upper(): wanted if isinstance(wanted, tuple) else (wanted,)
        for method, wanted in by_method.items()
    }

    def wrap(view: View) -> View:
        @wraps(view)
        def door(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            wanted = doors.get("GET" if request.method == "HEAD" else request.method)
            if request.actor is None:
                return redirect_to_login(request.get_full_path())
            if not before_second_factor and second_factor.is_missing(request.user):
                return redirect(second_factor.SET_UP)
            if wanted is None:
                return HttpResponseNotAllowed(sorted(doors))
            if not any(holds(request.actor, permission) for permission in wanted):
                raise PermissionDenied("Your role does not open this page.")
            try:
                return view(request, *args, **kwargs)
            except NotFound as error:
                raise Http404 from error
            except Refused as error:
                raise PermissionDenied(error.message) from error

        door.permissions = doors  # type: ignore[attr-defined]
        return door

    return wrap


def public(*methods: str, because: str) -> Callable[[View], View]:
    """A door that is open to everybody, with the reason why."""

    def wrap(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            method = "GET" if request.method == "HEAD" else request.method
            if method not in methods:
                return HttpResponseNotAllowed(sorted(methods))
            return view(request, *args, **kwargs)

        door.permissions = dict.fromkeys(methods, PUBLIC)  # type: ignore[attr-defined]
        door.because = because  # type: ignore[attr-defined]
        return door

    return wrap


def declared(view: Any) -> Mapping[str, Any] | None:
    """What a view declares, or None: then the build fails."""
    told: Mapping[str, Any] | None = getattr(view, "permissions", None)
    given = getattr(view, "initkwargs", {}).get("permissions")
    view_class = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return told or given or getattr(view_class, "permissions", None)
