"""What another policy would have earned, over REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from decisioning.api.configuration import StrictSerializer
from decisioning.experiments import logged
from governance.access.core import Permission as P
from governance.types import Invalid


class _Numbers(serializers.ListField):
    child = serializers.FloatField()


class LogBody(StrictSerializer):
    """Choices that were made, one place in each list a choice."""

    rewards = _Numbers(max_length=logged.MOST_ROWS, help_text="What each earned.")
    propensities = _Numbers(
        max_length=logged.MOST_ROWS, help_text="Chance with which it was made."
    )
    target = _Numbers(
        max_length=logged.MOST_ROWS,
        help_text="Chance with which the other policy makes it.",
    )
    expectedLogged = _Numbers(
        required=False, help_text="What a model expects of the choice made."
    )
    expectedTarget = _Numbers(
        required=False, help_text="What a model expects of the other policy."
    )


class OffPolicyEvaluations(APIView):
    permissions: ClassVar[Mapping[str, P]] = {"POST": P.EXPERIMENTS_READ}

    @extend_schema(
        operation_id="evaluateOffPolicy",
        tags=["experiments"],
        summary="What another policy would have earned on a log of choices",
        description="Inverse propensity (`ips`), self-normalised (`snips`) and, where "
        "a model's expectations are given, doubly robust values with 95 % intervals. "
        "`canTell` is false, with the reason, where the log holds too little for this "
        "policy. Nothing is stored.",
        request=LogBody,
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request) -> Response:
        body = LogBody(data=request.data)
        if not body.is_valid():
            raise Invalid(dict.fromkeys(body.errors, "Give a list of numbers."))
        return Response(logged.as_json(logged.evaluate(_log(body.validated_data))))


def _log(asked: Mapping[str, Any]) -> logged.Log:
    expected = asked.get("expectedLogged"), asked.get("expectedTarget")
    if (expected[0] is None) != (expected[1] is None):
        raise Invalid({"expectedTarget": "Give both expectations, or neither."})
    model = None if expected[0] is None else (expected[0], expected[1] or [])
    return logged.Log(asked["rewards"], asked["propensities"], asked["target"], model)
