"""Errors as problem+json (RFC 9457) with a stable code."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from governance.types import Conflict, GovernanceError, Invalid, NotFound, Refused

CONTENT_TYPE = "application/problem+json"
STATUS: tuple[tuple[type[GovernanceError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (Invalid, 422),
    (Refused, 403),
)


def problem(status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    return {
        "type": f"urn:attune:problem:{code}",
        "title": code.replace("_", " ").replace(".", ": "),
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }


def problem_details(error: Exception, _context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None lets an unforeseen error be a 500."""
    set_rollback()
    if isinstance(error, GovernanceError):
        status = next((s for kind, s in STATUS if isinstance(error, kind)), 400)
        body = problem(status, error.code, error.message, **_fields(error))
        return Response(body, status=status, content_type=CONTENT_TYPE)
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is no such thing.")
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error))
    if isinstance(error, exceptions.APIException):
        return _from_drf(error)
    return None


def _fields(error: GovernanceError) -> dict[str, Any]:
    return {"fields": error.fields} if isinstance(error, Invalid) else {}


def _from_drf(error: exceptions.APIException) -> Response:
    detail = error.detail
    code = str(error.get_codes()) if not isinstance(detail, dict | list) else "invalid"
    extra: dict[str, Any] = {}
    if isinstance(detail, dict):
        extra["fields"] = {
            name: " ".join(map(str, told)) for name, told in detail.items()
        }
        text = "Some fields cannot be accepted as they are."
    elif isinstance(detail, list):
        text = " ".join(map(str, detail))
    else:
        text = str(detail)
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    body = problem(error.status_code, code, text, **extra)
    return Response(
        body, status=error.status_code, headers=headers, content_type=CONTENT_TYPE
    )
