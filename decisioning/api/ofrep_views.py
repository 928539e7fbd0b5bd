"""OFREP as views: one flag, and all flags at once with an ETag."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from decisioning.api import hot_path, ofrep
from decisioning.api.decision_requests import RequestProblem
from decisioning.engine import actions as engine
from decisioning.engine import snapshot
from governance.access.core import Permission as P
from governance.access.queries import actor_of_key
from governance.api.authentication import ApiKeyAuthentication
from governance.installation.queries import now
from governance.types import Actor

ON_SCREEN = frozenset({"web", "app"})


class OfrepAuthentication(ApiKeyAuthentication):
    """Bearer, or the X-API-Key header that OFREP also names."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        own = request.headers.get("X-API-Key")
        if not own or "Authorization" in request.headers:
            return super().authenticate(request)
        actor = actor_of_key(own, now())
        if actor is None:
            raise AuthenticationFailed("This API key is unknown, revoked or over.")
        return actor, actor


class FlagView(APIView):
    authentication_classes = (OfrepAuthentication,)
    permissions: ClassVar[dict[str, P]] = {"POST": P.API_DECIDE}

    @extend_schema(
        summary="Evaluate one placement as an OpenFeature flag",
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, key: str) -> HttpResponse:
        return hot_path.answer_flag(request._request, key)


class FlagsView(APIView):
    """Every placement on a page or in an app; each answer is a decision of its own."""

    authentication_classes = (OfrepAuthentication,)
    permissions: ClassVar[dict[str, P]] = {"POST": P.API_DECIDE}

    @extend_schema(
        summary="Evaluate all placements as OpenFeature flags",
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> HttpResponse:
        http = request._request
        snap = snapshot.fresh()
        tables = sorted(snap.placements.values(), key=lambda table: table.key)
        try:
            flags = [
                ofrep.evaluated(
                    table.key,
                    msgspec.json.decode(
                        engine.decide(
                            ofrep.asked(http.body, table.key, hot_path.base_url(http))
                        )
                    ),
                )
                for table in tables
                if table.channel in ON_SCREEN
            ]
        except RequestProblem as error:
            return ofrep.refusal(error, "")
        return _with_etag(http.headers.get("If-None-Match", ""), flags)


def _with_etag(known: str, flags: list[dict[str, Any]]) -> HttpResponse:
    """What is shown makes the tag; a default's new decision id does not change it."""
    shown = [(f["key"], f["value"], f["variant"], f["reason"]) for f in flags]
    tag = f'"{hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-store"}
    if known == tag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(
        msgspec.json.encode({"flags": flags}),
        content_type="application/json",
        headers=headers,
    )
