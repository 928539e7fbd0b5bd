"""OpenFeature's remote evaluation: placements as flags whose value is the content."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec
from django.http import HttpResponse

from decisioning.api.decision_requests import RequestProblem, has_nul, read_ofrep
from decisioning.engine.answers import Asked

BULK = "/ofrep/v1/evaluate/flags"
FLAG = f"{BULK}/"
REASONS = {
    "personalised": "TARGETING_MATCH",
    "control": "SPLIT",
    "holdout": "SPLIT",
    "default": "DEFAULT",
    "safe_default": "DEFAULT",
}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def asked(body: bytes, key: str, base_url: str) -> Asked:
    context = read_ofrep(body)
    who = targeting_key(context)
    if has_nul(context):
        raise RequestProblem(
            400, "INVALID_CONTEXT", "Remove the zero bytes from `context`."
        )
    return Asked(
        placement=unquote(key)[:60],
        user_id=who,
        context={k: v for k, v in context.items() if k != "targetingKey"},
        base_url=base_url,
    )


def targeting_key(context: dict[str, Any]) -> str:
    who = context.get("targetingKey")
    if not isinstance(who, str) or not who or len(who) > 200 or "\x00" in who:
        raise RequestProblem(
            400,
            "TARGETING_KEY_MISSING",
            "Set context.targetingKey to the customer's userId.",
        )
    return who


def evaluation(key: str, told: bytes) -> bytes:
    return _encode(evaluated(key, _decode(told)))


def evaluated(key: str, decision: dict[str, Any]) -> dict[str, Any]:
    item = decision["items"][0]
    offer, creative = item["offer"], item["creative"]
    experiment = decision["experiment"] or {}
    metadata = {
        "decisionId": decision["decisionId"] or "",
        "why": item["why"],
        "mode": decision["mode"],
        "experiment": experiment.get("key", ""),
        "arm": experiment.get("arm", ""),
    }
    reason = REASONS[decision["mode"]]
    if decision["reason"].startswith("governance."):
        reason = "DISABLED"
    return {
        "key": key,
        "value": item["content"],
        "variant": f"{offer}:{creative}" if offer else decision["mode"],
        "reason": reason,
        "metadata": metadata,
    }


def refusal(error: RequestProblem, key: str) -> HttpResponse:
    codes = {"invalid_json": "PARSE_ERROR", "unknown_placement": "FLAG_NOT_FOUND"}
    code = codes.get(error.body["code"], error.body["code"])
    body = {"key": key, "errorCode": code, "errorDetails": error.body["detail"]}
    return HttpResponse(
        _encode(body),
        content_type="application/json",
        status=error.status,
        headers={"Cache-Control": "no-store"},
    )
