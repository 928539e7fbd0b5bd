"""Audiences over REST: who is told of a segment's members.

Handing customers over needs more than a scope: each change is taken in the name of the
person who answers for the key, who must be allowed it on the page too.
"""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from decisioning.api.configuration import StrictSerializer
from decisioning.segments import addressing, audiences
from decisioning.segments.models import Audience
from governance.access.core import Permission as P
from governance.api import pages
from governance.api.views import CURSOR, owner_of
from governance.installation.queries import now
from governance.types import Invalid

LOST_UPDATE = OpenApiResponse(description="Somebody else saved in the meantime.")
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag you last saw."
)


class AudienceShape(serializers.Serializer[Any]):
    """A system outside that is told who is in a segment and allows it."""

    id = serializers.IntegerField(source="pk")
    segment = serializers.CharField(source="segment.key")
    name = serializers.CharField()
    url = serializers.CharField()
    purpose = serializers.CharField()
    channel = serializers.CharField()
    createdAt = serializers.DateTimeField(source="created_at")
    syncedAt = serializers.DateTimeField(source="synced_at", allow_null=True)
    stoppedAt = serializers.DateTimeField(source="stopped_at", allow_null=True)


class AddedShape(AudienceShape):
    signingSecret = serializers.CharField(help_text="Shown this once.")


class AudienceBody(StrictSerializer):
    segment = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=audiences.LONGEST_NAME)
    url = serializers.CharField(max_length=audiences.LONGEST_URL)
    purpose = serializers.CharField(max_length=40)
    channel = serializers.CharField(
        max_length=20, required=False, allow_blank=True, default=""
    )


class AddressBody(StrictSerializer):
    name = serializers.CharField(max_length=audiences.LONGEST_NAME)
    url = serializers.CharField(max_length=audiences.LONGEST_URL)


def given(body: StrictSerializer) -> dict[str, Any]:
    if body.is_valid():
        return dict(body.validated_data)
    raise Invalid(
        {name: " ".join(map(str, told)) for name, told in body.errors.items()}
    )


def shown(row: Audience) -> Response:
    body = AudienceShape(row).data
    return Response(body, headers={"ETag": addressing.etag(row)})


class Audiences(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.API_MANAGE, "POST": P.API_MANAGE}

    @extend_schema(
        operation_id="listAudiences",
        tags=["audiences"],
        parameters=[*CURSOR, OpenApiParameter("segment", str)],
        responses=AudienceShape(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = addressing.audiences(segment=request.query_params.get("segment", ""))
        return pages.by_number(request, rows, AudienceShape)

    @extend_schema(
        operation_id="addAudience",
        tags=["audiences"],
        request=AudienceBody,
        responses={201: AddedShape},
    )
    def post(self, request: Request) -> Response:
        asked = given(AudienceBody(data=request.data))
        row, secret = audiences.add(
            by=owner_of(request), now=now(), key=asked.pop("segment"), **asked
        )
        body = {**AudienceShape(row).data, "signingSecret": secret}
        return Response(body, status=201, headers={"ETag": addressing.etag(row)})


class AudienceView(APIView):
    permissions: ClassVar[dict[str, P]] = {
        "GET": P.API_MANAGE,
        "PUT": P.API_MANAGE,
        "DELETE": P.API_MANAGE,
    }

    @extend_schema(
        operation_id="getAudience", tags=["audiences"], responses=AudienceShape
    )
    def get(self, request: Request, audience_id: int) -> Response:  # noqa: ARG002
        return shown(addressing.audience(audience_id))

    @extend_schema(
        operation_id="changeAudience",
        tags=["audiences"],
        parameters=[IF_MATCH],
        request=AddressBody,
        responses={200: AudienceShape, 409: LOST_UPDATE},
    )
    def put(self, request: Request, audience_id: int) -> Response:
        addressing.audience(audience_id)
        return shown(
            addressing.change(
                by=owner_of(request),
                now=now(),
                audience_id=audience_id,
                expected=request.headers.get("If-Match", ""),
                **given(AddressBody(data=request.data)),
            )
        )

    @extend_schema(
        operation_id="stopAudience",
        tags=["audiences"],
        description="The other side is told to remove everybody, then nothing more.",
        responses=AudienceShape,
    )
    def delete(self, request: Request, audience_id: int) -> Response:
        row = addressing.audience(audience_id)
        stopped = audiences.stop(
            by=owner_of(request),
            now=now(),
            key=row.segment.key,
            audience_id=audience_id,
        )
        return shown(stopped)
