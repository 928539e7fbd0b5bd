"""The decision API as views: documented, with declared permissions."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from decisioning.api import hot_path
from decisioning.api.decision_requests import RequestProblem, read_batch
from decisioning.engine import actions as engine
from decisioning.engine import batches, queries
from decisioning.engine.links import make_preferences_token, make_why_token
from governance.access.core import Permission as P
from governance.lints.core import text_digest

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body gives the same answer for 48 hours.",
)


class DecisionsView(APIView):
    """Decide for one customer; requests normally pass by the short way in."""

    permissions: ClassVar[dict[str, P]] = {"POST": P.API_DECIDE}

    @extend_schema(
        summary="Decide what one customer sees in a placement",
        parameters=[IDEMPOTENCY],
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> HttpResponse:
        return hot_path.answer_decision(request._request)


class BatchView(APIView):
    permissions: ClassVar[dict[str, P]] = {"POST": P.API_DECIDE}

    @extend_schema(
        summary="Decide for up to 1,000 customers in one placement",
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> HttpResponse:
        http = request._request
        try:
            asked = read_batch(http.body, hot_path.base_url(http))
            told = batches.decide_many(asked)
        except RequestProblem as error:
            return hot_path.refusal(error)
        except engine.UnknownPlacement as error:
            return hot_path.refusal(hot_path.unknown_placement(str(error)))
        except engine.WrongChannel as error:
            return hot_path.refusal(hot_path.wrong_channel(str(error)))
        decisions = [
            {
                "customer": _customer(one.user_id, one.anonymous_id),
                **answer,
            }
            for one, answer in zip(asked, told, strict=True)
        ]
        return HttpResponse(
            msgspec.json.encode(
                {"placement": asked[0].placement, "decisions": decisions}
            ),
            content_type="application/json",
            headers={"Cache-Control": "private, no-store"},
        )


def _customer(user_id: str, anonymous_id: str) -> dict[str, str]:
    ids = {"userId": user_id, "anonymousId": anonymous_id}
    return {name: value for name, value in ids.items() if value}


class TraceView(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.DECISIONS_READ}

    @extend_schema(
        summary="The whole trace of a decision", responses={200: OpenApiTypes.OBJECT}
    )
    def get(self, _request: Request, decision_id: UUID) -> Response:
        return Response(trace_json(queries.trace(decision_id)))


class ExplanationView(APIView):
    permissions: ClassVar[dict[str, P]] = {"GET": P.DECISIONS_READ}

    @extend_schema(
        summary="What the customer is told, in three layers",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, decision_id: UUID) -> Response:
        decision = queries.trace(decision_id).decision
        told = queries.explanation(decision_id)
        person = decision.customer_id
        base = hot_path.base_url(request._request)
        links = _links(base, decision_id, person)
        return Response(
            {
                "decisionId": str(decision_id),
                "sentence": told.sentence,
                "testing": told.testing,
                "sentenceDigest": text_digest(told.sentence),
                "used": [_signal_json(s) for s in (*told.used, *told.also)],
                "notUsed": list(told.not_used),
                "controls": [
                    {"key": key, "label": label, "href": links["why"]}
                    for key, label in told.controls
                ],
                "links": links,
            }
        )


def _links(base: str, decision_id: UUID, person: int | None) -> dict[str, str | None]:
    """Where the controls are, how such decisions are made, and all choices."""
    there = f"{base}/why/{make_why_token(decision_id)}"
    choices = f"{base}/preferences/{make_preferences_token(person)}" if person else None
    return {"why": there, "how": f"{there}/how", "preferences": choices}


def _signal_json(signal: queries.Signal) -> dict[str, Any]:
    return {
        "key": signal.key,
        "label": signal.label,
        "source": signal.source,
        "lookedBackDays": signal.looked_back_days,
        "keptDays": signal.kept_days,
    }


def trace_json(found: queries.Trace) -> dict[str, Any]:
    row = found.decision
    return {
        "decisionId": str(row.pk),
        "customer": found.pseudonym,
        "placement": row.placement_key,
        "channel": row.channel,
        "mode": row.mode,
        "reason": {"code": row.reason, "text": queries.sentence_of(row.reason)},
        "useCase": row.use_case_key,
        "configHash": row.config_hash,
        "snapshotDigest": row.snapshot_digest,
        "modelDigest": row.model_digest,
        "consentVersion": row.consent_version,
        "experiment": {"key": row.experiment_key, "arm": row.arm}
        if row.experiment_key
        else None,
        "offer": row.offer_key,
        "creative": row.creative_key,
        "content": row.content,
        "score": row.score,
        "propensity": row.propensity,
        "why": row.why,
        "candidates": [
            {
                "useCase": c.use_case,
                "offer": c.offer,
                "creative": c.creative,
                "reason": c.reason,
                "text": queries.sentence_of(c.reason),
                "factors": dict(c.factors),
            }
            for c in found.candidates
        ],
        "funnel": [
            {
                "stage": step.stage,
                "lost": step.lost,
                "left": step.left,
                "reasons": dict(step.reasons),
            }
            for step in found.funnel
        ],
        "nextEligibleAt": dict(found.next_at),
        "inputs": row.inputs,
        "request": row.request,
        "degraded": row.degraded,
        "decidedAt": row.decided_at,
        "expiresAt": row.expires_at,
    }
