"""Requests under the law, and complaints: noted and moved on over REST.

People are in these, so a scope is not enough: everything is done in the name of the
person who answers for the key, whose own role must allow it. To anybody else a request
that is there looks like one that never was.
"""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.core import Permission as P
from governance.access.core import holds
from governance.api import pages, shapes
from governance.api.views import CURSOR, given, owner_of
from governance.installation.queries import now
from governance.rights import actions, queries
from governance.rights.core import HOW_TO_COMPLAIN, OPEN
from governance.rights.models import RightsRequest
from governance.rights.requests import possible
from governance.types import Actor, NotFound


class RightsRequestShape(serializers.Serializer[Any]):
    """What a person asked for, where it stands and by when it is answered."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    personId = serializers.IntegerField(source="person_id", allow_null=True)
    state = serializers.CharField()
    outcome = serializers.CharField()
    howToComplain = serializers.SerializerMethodField()
    receivedAt = serializers.DateTimeField(source="received_at")
    dueAt = serializers.DateTimeField(source="due_at")
    verifiedAt = serializers.DateTimeField(source="verified_at", allow_null=True)
    acceptedAt = serializers.DateTimeField(source="accepted_at", allow_null=True)
    extendedAt = serializers.DateTimeField(source="extended_at", allow_null=True)
    escalatedAt = serializers.DateTimeField(source="escalated_at", allow_null=True)
    closedAt = serializers.DateTimeField(source="closed_at", allow_null=True)

    def get_howToComplain(self, request: RightsRequest) -> str:
        return HOW_TO_COMPLAIN if request.state == "denied" else ""


class NewRightsRequest(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=RightsRequest.Kind.choices)
    personId = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=300, default="", allow_blank=True)
    identityIsProved = serializers.BooleanField(default=False)


class RightsStep(serializers.Serializer[Any]):
    step = serializers.CharField(max_length=20)
    words = serializers.CharField(max_length=300, default="", allow_blank=True)


class NewComplaint(serializers.Serializer[Any]):
    personId = serializers.IntegerField(min_value=1)
    text = serializers.CharField(max_length=5_000)
    useCase = serializers.CharField(max_length=60, default="", allow_blank=True)


class ComplaintShape(serializers.Serializer[Any]):
    """A complaint that was taken in; its words are read on the page, not here."""

    id = serializers.IntegerField(source="pk")
    state = serializers.CharField()
    useCase = serializers.CharField(source="use_case_key")
    receivedAt = serializers.DateTimeField(source="received_at")
    acknowledgeBy = serializers.DateTimeField(source="acknowledge_by")


def may_see(by: Actor) -> bool:
    return holds(by, P.RIGHTS_READ) or holds(by, P.RIGHTS_WRITE)


class RightsRequests(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.API_MANAGE, "POST": P.API_MANAGE}

    @extend_schema(
        operation_id="listRightsRequests",
        parameters=[
            *CURSOR,
            OpenApiParameter("open", bool, description="Only those that wait."),
        ],
        responses=RightsRequestShape(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = queries.all_requests()
        if not may_see(owner_of(request)):
            rows = rows.none()
        if request.query_params.get("open") == "true":
            rows = rows.filter(state__in=sorted(OPEN))
        return pages.by_number(request, rows, RightsRequestShape)

    @extend_schema(
        operation_id="noteRightsRequest",
        request=NewRightsRequest,
        responses={201: RightsRequestShape},
    )
    def post(self, request: Request) -> Response:
        asked = given(NewRightsRequest, request)
        noted = actions.ask(
            by=owner_of(request),
            now=now(),
            person_id=asked["personId"],
            kind=asked["kind"],
            reason=asked["reason"],
            is_verified=asked["identityIsProved"],
        )
        return Response(RightsRequestShape(noted).data, status=201)


class RightsRequestView(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.API_MANAGE}

    @extend_schema(operation_id="getRightsRequest", responses=RightsRequestShape)
    def get(self, request: Request, request_id: int) -> Response:
        by, found = owner_of(request), queries.request(request_id)
        if not may_see(by):
            raise NotFound("There is no such request.")
        body = RightsRequestShape(found).data
        return Response({**body, "steps": list(possible(found, by, now()))})


class RightsSteps(APIView):
    permissions: ClassVar[dict[str, P]] = {"POST": P.API_MANAGE}

    @extend_schema(
        operation_id="moveRightsRequest",
        request=RightsStep,
        responses=RightsRequestShape,
    )
    def post(self, request: Request, request_id: int) -> Response:
        queries.request(request_id)
        moved = actions.move(
            by=owner_of(request),
            now=now(),
            request_id=request_id,
            **given(RightsStep, request),
        )
        return Response(RightsRequestShape(moved).data)


class Complaints(APIView):
    """Counts for those who read; taking one in for those who manage."""

    permissions: ClassVar[dict[str, P]] = {"GET": P.API_READ, "POST": P.API_MANAGE}

    @extend_schema(
        operation_id="countComplaints",
        parameters=[OpenApiParameter("useCase", str)],
        responses=shapes.ComplaintCountsShape,
    )
    def get(self, request: Request) -> Response:
        key = request.query_params.get("useCase", "")
        found = queries.counts(now(), use_case_key=key)
        return Response(shapes.ComplaintCountsShape(found).data)

    @extend_schema(
        operation_id="takeComplaint",
        request=NewComplaint,
        responses={201: ComplaintShape},
    )
    def post(self, request: Request) -> Response:
        told = given(NewComplaint, request)
        taken = actions.receive_complaint(
            by=owner_of(request),
            now=now(),
            person_id=told["personId"],
            text=told["text"],
            use_case_key=told["useCase"],
        )
        return Response(ComplaintShape(taken).data, status=201)
