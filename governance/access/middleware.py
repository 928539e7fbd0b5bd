from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from governance.access import queries

SEEN, BEGAN = "seen_at", "began_at"


class ActorMiddleware:
    """Who is behind a request, with the roles held at this very moment.

    A session that was idle for too long, or began too long ago, ends here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._end_old_session(request)
        if request.user.is_authenticated:
            request.actor = queries.actor_of(request.user)  # type: ignore[attr-defined]
        else:
            request.actor = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def _end_old_session(self, request: HttpRequest) -> None:
        now = timezone.now()
        seen = request.session.get(SEEN)
        began = request.session.setdefault(BEGAN, now.isoformat())
        idle = timedelta(seconds=settings.SESSION_IDLE_SECONDS)
        longest = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        is_idle = seen and now - datetime.fromisoformat(seen) > idle
        if is_idle or now - datetime.fromisoformat(began) > longest:
            logout(request)
        elif not seen or now - datetime.fromisoformat(seen) > timedelta(minutes=1):
            request.session[SEEN] = now.isoformat()
