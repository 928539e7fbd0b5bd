"""One customer by id, for callers who may see a person; contact details never leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from decisioning.customers import queries as customers
from decisioning.customers.models import Customer
from decisioning.scoring import queries as scores
from decisioning.segments import queries as segments
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.audit import actions as audit
from governance.consent import queries as consent
from governance.installation.queries import now as database_now
from governance.types import Actor, SubjectRef

CHANNELS = ("web", "email", "app", "push", "sms")


class CustomerIdentityBody(serializers.Serializer[Any]):
    pseudonym = serializers.CharField()
    userIds = serializers.ListField(child=serializers.CharField(), required=False)
    anonymousIds = serializers.ListField(child=serializers.CharField(), required=False)
    createdAt = serializers.DateTimeField()
    lastSeenAt = serializers.DateTimeField(allow_null=True)
    basis = serializers.CharField(allow_blank=True)


class CustomerScoreBody(serializers.Serializer[Any]):
    value = serializers.FloatField()
    model = serializers.CharField()
    computedAt = serializers.DateTimeField()


class CustomerBody(serializers.Serializer[Any]):
    identity = CustomerIdentityBody()
    traits = serializers.DictField()
    consent = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()),
        help_text="By purpose and channel: `allowed`, or the code of the refusal.",
    )
    scores = serializers.DictField(child=CustomerScoreBody())
    segments = serializers.ListField(child=serializers.CharField())
    eventCounts = serializers.DictField(child=serializers.IntegerField())


class CustomerView(APIView):
    permissions: ClassVar[dict[str, Any]] = {"GET": (P.PEOPLE_READ_MASKED, P.API_READ)}

    @extend_schema(
        operation_id="customer",
        summary="One customer: identity, traits, consent, scores, segments, events",
        description=(
            "With the scope `manage`, by user id. With `read` alone, by pseudonym and "
            "without the ids that others know the person by. Each look is logged."
        ),
        responses={200: CustomerBody, 404: OpenApiResponse(description="Nobody.")},
        tags=["customers"],
    )
    def get(self, request: Request, user_id: str) -> Response:
        actor = request.auth
        assert isinstance(actor, Actor)
        sees_person = holds(actor, P.PEOPLE_READ_MASKED)
        found = (
            customers.by_user_id(user_id)
            if sees_person
            else customers.by_pseudonym(user_id)
        )
        now = database_now()
        with transaction.atomic():
            told = _told(found, now, with_ids=sees_person)
            audit.record(
                by=actor,
                now=now,
                type="customer.read",
                subject=SubjectRef("person", str(found.pk)),
            )
        return Response(told)


def _told(customer: Customer, now: datetime, *, with_ids: bool) -> dict[str, Any]:
    return {
        "identity": _identity(customer, with_ids=with_ids),
        "traits": customer.traits,
        "consent": _consent(customer.pk, now),
        "scores": {
            score.score_key: {
                "value": score.value,
                "model": str(score.model_version),
                "computedAt": score.computed_at,
            }
            for score in scores.scores_of(customer.pk)
        },
        "segments": segments.segments_of(customer.pk, now=now),
        "eventCounts": customers.event_counts(customer.pk),
    }


def _identity(customer: Customer, *, with_ids: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "pseudonym": customer.pseudonym,
        "createdAt": customer.created_at,
        "lastSeenAt": customer.last_seen_at,
        "basis": customer.basis,
    }
    if with_ids:
        person = customers.person(customer)
        told["userIds"] = list(person.user_ids)
        told["anonymousIds"] = list(person.anonymous_ids)
    return told


def _consent(person_id: int, now: datetime) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {}
    answers = consent.standing(person_id, CHANNELS, now=now)
    for (purpose, channel), answer in answers.items():
        told.setdefault(purpose, {})[channel] = answer.code or "allowed"
    return told
