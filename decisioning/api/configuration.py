"""Segments, offers, creatives, placements, caps and budgets over REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from decisioning.caps import actions as cap_actions
from decisioning.caps import queries as caps
from decisioning.offers import actions as offer_actions
from decisioning.offers import queries as offers
from decisioning.revisions.core import Kind, content_of, digest_of_row
from decisioning.segments import actions as segment_actions
from decisioning.segments import queries as segments
from governance.access.core import Permission as P
from governance.installation.queries import now
from governance.types import Conflict, Invalid


class StrictSerializer(serializers.Serializer[Any]):
    """A field that nobody declared is an error, not noise."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError(
                dict.fromkeys(unknown, "There is no such field.")
            )
        return super().to_internal_value(data)


class OfferBody(StrictSerializer):
    name = serializers.CharField(max_length=120)
    topic = serializers.CharField(max_length=60, required=False, allow_blank=True)
    benefit = serializers.CharField(max_length=10, required=False)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    priority = serializers.FloatField(required=False)
    value_minor = serializers.IntegerField()
    margin_minor = serializers.IntegerField()
    cost_minor = serializers.IntegerField(required=False)
    currency = serializers.CharField(max_length=3)
    eligibility = serializers.JSONField(required=False, allow_null=True)
    why_signal = serializers.CharField(max_length=140, required=False, allow_blank=True)
    owner_id = serializers.IntegerField(required=False)


class CreativeBody(StrictSerializer):
    offer_key = serializers.CharField(max_length=60)
    placement_key = serializers.CharField(max_length=60)
    key = serializers.CharField(max_length=40)
    content = serializers.DictField()
    owner_id = serializers.IntegerField(required=False)


class PlacementBody(StrictSerializer):
    key = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    channel = serializers.CharField(max_length=20)
    default_content = serializers.DictField()
    owner_id = serializers.IntegerField(required=False)


class SegmentBody(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(required=False, allow_blank=True)
    goal = serializers.CharField(
        max_length=200, help_text="The business goal that the segment serves."
    )
    rule = serializers.JSONField()
    owner_id = serializers.IntegerField(required=False)


class CapBody(StrictSerializer):
    name = serializers.CharField(max_length=120)
    scope = serializers.CharField(max_length=10)
    scope_key = serializers.CharField(required=False, allow_blank=True)
    n = serializers.IntegerField()
    window_seconds = serializers.IntegerField()
    owner_id = serializers.IntegerField(required=False)


class BudgetBody(StrictSerializer):
    name = serializers.CharField(max_length=120)
    scope = serializers.CharField(max_length=10)
    scope_key = serializers.CharField(max_length=60)
    limit_minor = serializers.IntegerField()
    currency = serializers.CharField(max_length=3)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    owner_id = serializers.IntegerField(required=False)


class Configuration(APIView):
    """One kind of object: list and make, or read and change one by its key."""

    kind: ClassVar[Kind]
    body: ClassVar[type[StrictSerializer]]
    rows: ClassVar[Callable[[], list[Any]]]
    permissions: ClassVar[Mapping[str, Any]]

    def get(self, request: Request, key: str | None = None) -> Response:  # noqa: ARG002
        if key is None:
            return Response({"results": [self.shown(row) for row in self._rows()]})
        row = self.row(key)
        return Response(self.shown(row), headers={"ETag": etag(self.kind, row)})

    def post(self, request: Request) -> Response:
        saved = self.save(request, None)
        return Response(self.shown(self.reread(saved)), status=201)

    def put(self, request: Request, key: str) -> Response:
        row = self.row(key)
        wanted = request.headers.get("If-Match")
        if wanted and wanted != etag(self.kind, row):
            raise Conflict(
                "Somebody changed this since you read it. Read it again and merge.",
                code="conflict.lost_update",
            )
        row = self.reread(self.save(request, key))
        return Response(self.shown(row), headers={"ETag": etag(self.kind, row)})

    def reread(self, saved: Any) -> Any:
        """What is live now, which is not what was sent where a draft waits."""
        return type(saved)._default_manager.get(pk=saved.pk)

    def _rows(self) -> list[Any]:
        return type(self).rows()

    def row(self, key: str) -> Any:
        raise NotImplementedError

    def write(self, *, key: str | None, fields: dict[str, Any], **common: Any) -> Any:
        raise NotImplementedError

    def save(self, request: Request, key: str | None) -> Any:
        body = self.body(data=request.data)
        if not body.is_valid():
            raise Invalid(
                {name: " ".join(map(str, told)) for name, told in body.errors.items()}
            )
        return self.write(
            key=key, fields=dict(body.validated_data), by=request.auth, now=now()
        )

    def shown(self, row: Any) -> dict[str, Any]:
        return {
            **content_of(self.kind, row),
            "name": getattr(row, "name", ""),
            "revision": row.revision,
            "draft_revision": row.draft_revision,
            "retired": row.retired_at is not None,
        }


def etag(kind: Kind, row: Any) -> str:
    return f'"{digest_of_row(kind, row)[:32]}.{row.draft_revision or 0}"'


CONFIGURE = {"GET": P.OFFERS_READ, "POST": P.OFFERS_WRITE, "PUT": P.OFFERS_WRITE}


@extend_schema(tags=["offers"], request=OfferBody, responses=OfferBody)
class Offers(Configuration):
    kind, body, permissions = Kind.OFFER, OfferBody, CONFIGURE
    rows = staticmethod(offers.offers)

    def row(self, key: str) -> Any:
        return offers.offer(key)

    def write(self, *, key: str | None, fields: dict[str, Any], **common: Any) -> Any:
        return offer_actions.save_offer(key=key, **fields, **common)


@extend_schema(tags=["placements"], request=PlacementBody, responses=PlacementBody)
class Placements(Configuration):
    kind, body, permissions = Kind.PLACEMENT, PlacementBody, CONFIGURE
    rows = staticmethod(offers.placements)

    def row(self, key: str) -> Any:
        return offers.placement(key)

    def write(self, *, key: str | None, fields: dict[str, Any], **common: Any) -> Any:
        return offer_actions.save_placement(
            **{**fields, "key": key or fields["key"]}, **common
        )


@extend_schema(tags=["creatives"], request=CreativeBody, responses=CreativeBody)
class Creatives(Configuration):
    kind, body, permissions = (
        Kind.CREATIVE,
        CreativeBody,
        {"GET": P.OFFERS_READ, "POST": P.OFFERS_WRITE},
    )
    rows = staticmethod(offers.creatives)

    def write(self, *, key: str | None, fields: dict[str, Any], **common: Any) -> Any:
        return offer_actions.save_creative(**{"key": key, **fields}, **common)


@extend_schema(tags=["segments"], request=SegmentBody, responses=SegmentBody)
class Segments(Configuration):
    kind, body = Kind.SEGMENT, SegmentBody
    permissions: ClassVar[Mapping[str, Any]] = {
        "GET": P.SEGMENTS_READ,
        "POST": P.SEGMENTS_WRITE,
        "PUT": P.SEGMENTS_WRITE,
    }
    rows = staticmethod(segments.segments)

    def row(self, key: str) -> Any:
        return segments.segment(key)

    def write(self, *, key: str | None, fields: dict[str, Any], **common: Any) -> Any:
        return segment_actions.save(key=key, **fields, **common)

    def shown(self, row: Any) -> dict[str, Any]:
        return {**super().shown(row), "description": row.description, "goal": row.goal}


LIMITS = {"GET": P.CAPS_READ, "POST": P.CAPS_WRITE, "PUT": P.CAPS_WRITE}


@extend_schema(tags=["caps"], request=CapBody, responses=CapBody)
class Caps(Configuration):
    kind, body, permissions = Kind.CAP, CapBody, LIMITS
    rows = staticmethod(caps.caps)

    def row(self, key: str) -> Any:
        return caps.cap(key)

    def write(self, *, key: str | None, fields: dict[str, Any], **common: Any) -> Any:
        window = timedelta(seconds=fields.pop("window_seconds"))
        return cap_actions.save_cap(key=key, window=window, **fields, **common)


@extend_schema(tags=["budgets"], request=BudgetBody, responses=BudgetBody)
class Budgets(Configuration):
    kind, body, permissions = Kind.BUDGET, BudgetBody, LIMITS
    rows = staticmethod(caps.budgets)

    def row(self, key: str) -> Any:
        return caps.budget(key)

    def write(self, *, key: str | None, fields: dict[str, Any], **common: Any) -> Any:
        return cap_actions.save_budget(key=key, **fields, **common)

    def shown(self, row: Any) -> dict[str, Any]:
        return {**super().shown(row), "used_minor": row.used_minor}
