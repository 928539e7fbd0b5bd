"""The decision's own short way in, ahead of everything that it does not need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import structlog
from django.http import HttpRequest, HttpResponse

from decisioning.api import ofrep
from decisioning.api.decision_requests import (
    RequestProblem,
    caller_of,
    idempotency_of,
    invalid,
    read_decision,
    unauthenticated,
)
from decisioning.engine import actions as engine
from decisioning.engine.actions import Caller
from governance.access import queries as access
from governance.access.core import Permission, holds
from governance.api.authentication import key_in
from governance.api.problems import CONTENT_TYPE
from governance.installation.queries import now

DECISIONS = "/api/v1/decisions"
PAUSE_AFTER_FAILURE = 1.0
log = structlog.get_logger(__name__)


class HotPathMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            path = request.path_info
            if path == DECISIONS:
                return answer_decision(request)
            if path.startswith(ofrep.FLAG) and len(path) > len(ofrep.FLAG):
                return answer_flag(request, path[len(ofrep.FLAG) :])
        return self.get_response(request)


def answer_decision(request: HttpRequest) -> HttpResponse:
    """POST /api/v1/decisions, from bytes to bytes."""
    try:
        meta = request.META
        caller = caller_of(meta.get("HTTP_AUTHORIZATION", ""))
        body = request.body
        with only_told_to(meta.get("HTTP_AUTHORIZATION", "")):
            asked = read_decision(body, base_url(request))
            key = idempotency_of(meta.get("HTTP_IDEMPOTENCY_KEY", ""), body)
        told = reached(
            lambda: engine.decide(asked, caller=caller, idempotency=key),
            caller,
            asked.placement,
        )
    except RequestProblem as error:
        return refusal(error)
    return _json(told)


def answer_flag(request: HttpRequest, key: str) -> HttpResponse:
    """POST /ofrep/v1/evaluate/flags/{placement}."""
    try:
        caller = _ofrep_caller(request)
        with only_told_to(
            request.META.get("HTTP_AUTHORIZATION", ""),
            request.META.get("HTTP_X_API_KEY", ""),
        ):
            asked = ofrep.asked(request.body, key, base_url(request))
        told = reached(lambda: engine.decide(asked, caller=caller), caller, key)
    except RequestProblem as error:
        return ofrep.refusal(error, key)
    return _json(ofrep.evaluation(key, told))


@contextmanager
def only_told_to(header: str, own_header: str = "") -> Iterator[None]:
    """What is wrong with a request is for holders of a good key alone.

    A request that can be read has its key judged by the decision's own read.
    """
    try:
        yield
    except RequestProblem:
        actor = access.actor_of_key(key_in(header) or own_header, now())
        if actor is None:
            raise unauthenticated() from None
        if not holds(actor, Permission.API_DECIDE):
            raise _refused(403) from None
        raise


def _ofrep_caller(request: HttpRequest) -> Caller:
    return caller_of(
        request.META.get("HTTP_AUTHORIZATION", ""),
        request.META.get("HTTP_X_API_KEY", ""),
    )


def base_url(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.META.get('HTTP_HOST', '')}"


class _Doors:
    """Keys that were good when the database last answered, and when it failed."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.closed_until = 0.0


_doors = _Doors()


def reached(ask: Callable[[], bytes], caller: Caller, placement: str) -> bytes:
    """Ask the engine; with the database out of reach, answer the static default."""
    try:
        if time.monotonic() < _doors.closed_until:
            return _safe(caller, placement)
        told = _twice(ask)
    except engine.UNREACHABLE as error:
        _doors.closed_until = time.monotonic() + PAUSE_AFTER_FAILURE
        log.warning("decisions.database_unreachable", error=type(error).__name__)
        return _safe(caller, placement)
    except engine.UnknownPlacement:
        raise unknown_placement(placement) from None
    except engine.WrongChannel as error:
        raise wrong_channel(str(error)) from None
    except engine.KeyRefused as error:
        _doors.known.pop(caller.public_id, None)
        raise _refused(error.status) from None
    except engine.KeyReused:
        raise RequestProblem(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key came with another request before. Use a new one.",
            fields={"Idempotency-Key": "Use a new key for a new request."},
        ) from None
    _doors.known[caller.public_id] = caller.digest
    return told


def _twice(ask: Callable[[], bytes]) -> bytes:
    """A connection that died while idle is opened again, once."""
    try:
        return ask()
    except engine.UNREACHABLE:
        engine.forget_connection()
        return ask()


def _safe(caller: Caller, placement: str) -> bytes:
    engine.forget_connection()
    if _doors.known.get(caller.public_id) != caller.digest:
        raise unauthenticated()
    try:
        return engine.safe_default(placement)
    except engine.UnknownPlacement:
        raise unknown_placement(placement) from None
    except engine.Unreachable:
        raise RequestProblem(
            503, "unavailable", "The database is out of reach. Try again in a second."
        ) from None


def unknown_placement(key: str) -> RequestProblem:
    told = f"There is no placement “{key[:60]}”. Placements are listed in the console."
    return RequestProblem(404, "unknown_placement", told, fields={"placement": told})


def wrong_channel(its_own: str) -> RequestProblem:
    return invalid("channel", f"This placement is in the channel {its_own}.")


def _refused(status: int) -> RequestProblem:
    if status == 401:
        return unauthenticated()
    return RequestProblem(
        403,
        "permission_denied",
        "This key's scopes do not open this door. Ask for a key with decide.",
    )


def refusal(error: RequestProblem) -> HttpResponse:
    response = HttpResponse(
        msgspec.json.encode(error.body),
        content_type=CONTENT_TYPE,
        status=error.status,
        headers={"Cache-Control": "no-store"},
    )
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="attune"'
    if error.status == 503:
        response.headers["Retry-After"] = "1"
    return response


def _json(body: bytes) -> HttpResponse:
    return HttpResponse(
        body,
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )
