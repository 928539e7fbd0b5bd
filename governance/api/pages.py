"""Cursor pagination: stable while rows are added, one query a page."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.types import Invalid

LIMIT = 50
MOST = 200


def limit_of(request: Request) -> int:
    raw = request.query_params.get("limit", str(LIMIT))
    if not raw.isdigit() or not 1 <= int(raw) <= MOST:
        raise Invalid({"limit": f"Choose a whole number from 1 to {MOST}."})
    return int(raw)


def by_number(
    request: Request,
    rows: Any,
    shape: type[serializers.Serializer[Any]],
    field: str = "pk",
) -> Response:
    """Newest first, from the row before the cursor on."""
    limit, cursor = limit_of(request), request.query_params.get("cursor", "")
    if cursor:
        if not cursor.isdigit() or len(cursor) > 18:
            raise Invalid({"cursor": "Use the “next” of an earlier answer."})
        rows = rows.filter(**{f"{field}__lt": int(cursor)})
    found = list(rows.order_by(f"-{field}")[: limit + 1])
    more = str(getattr(found[limit - 1], field)) if len(found) > limit else None
    return answer(shape(found[:limit], many=True).data, more)


def by_key(
    request: Request, rows: list[Any], shape: type[serializers.Serializer[Any]]
) -> Response:
    """In order of key, from the key after the cursor on."""
    limit, cursor = limit_of(request), request.query_params.get("cursor", "")
    rest = sorted((row for row in rows if row.key > cursor), key=lambda row: row.key)
    more = rest[limit - 1].key if len(rest) > limit else None
    return answer(shape(rest[:limit], many=True).data, more)


def answer(results: Any, more: str | None) -> Response:
    return Response({"results": results, "next": more})
