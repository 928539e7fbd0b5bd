from __future__ import annotations

import base64
import binascii
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from governance.access import queries
from governance.installation.queries import now
from governance.types import Actor


class ApiKeyAuthentication(BaseAuthentication):
    """Bearer key, or the key as Basic user name as Segment's clients send it."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        presented = key_in(request.headers.get("Authorization", ""))
        if presented is None:
            return None
        actor = queries.actor_of_key(presented, now())
        if actor is None:
            raise AuthenticationFailed(
                "This API key is unknown, revoked or out of date. "
                "Ask an admin for a new one."
            )
        return actor, actor

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="attune"'


def key_in(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().split(":", 1)[0] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API document describes the keys."""

    target_class = ApiKeyAuthentication
    match_subclasses = True
    name = "apiKey"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key with the scopes that the operation asks for.",
        }
