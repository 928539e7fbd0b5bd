"""Requests for decisions: read strictly, refused with the field and the way out."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

from decisioning.api.bodies import UNREADABLE, place_of
from decisioning.engine.actions import Caller, Idempotency
from decisioning.engine.answers import Asked
from governance.api.problems import problem

LONGEST_KEY = 255
LONGEST_BODY = 500_000
MOST_CUSTOMERS = 1_000
PATH = re.compile(r"\$\.?([A-Za-z0-9_.\[\]]*)")


class RequestProblem(Exception):
    """The request cannot be answered; carries its problem+json."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.body = problem(status, code, detail, **extra)


class CustomerIn(msgspec.Struct, forbid_unknown_fields=True):
    userId: str = ""
    anonymousId: str = ""


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    customer: CustomerIn
    placement: str
    channel: str = ""
    context: dict[str, Any] = msgspec.field(default_factory=dict)
    count: int = 1


class BatchIn(msgspec.Struct, forbid_unknown_fields=True):
    customers: list[CustomerIn]
    placement: str
    channel: str = ""
    context: dict[str, Any] = msgspec.field(default_factory=dict)


class OfrepIn(msgspec.Struct):
    context: dict[str, Any] = msgspec.field(default_factory=dict)


_decision = msgspec.json.Decoder(DecisionIn)
_batch = msgspec.json.Decoder(BatchIn)
_ofrep = msgspec.json.Decoder(OfrepIn)


def read_decision(body: bytes, base_url: str) -> Asked:
    given = _decode(_decision, body)
    _must_name(given.customer, "customer")
    _must_fit(given.placement, given.channel, given.context)
    if given.count != 1:
        raise invalid("count", "A placement shows one item: leave count out, or say 1.")
    return asked_of(given.customer, given, base_url)


def read_batch(body: bytes, base_url: str) -> list[Asked]:
    given = _decode(_batch, body)
    if not 1 <= len(given.customers) <= MOST_CUSTOMERS:
        raise invalid("customers", "Send 1 to 1,000 customers in one batch.")
    _must_fit(given.placement, given.channel, given.context)
    for place, customer in enumerate(given.customers):
        _must_name(customer, f"customers.{place}")
    return [asked_of(customer, given, base_url) for customer in given.customers]


def read_ofrep(body: bytes) -> dict[str, Any]:
    try:
        return _ofrep.decode(body or b"{}").context
    except UNREADABLE as error:
        raise RequestProblem(400, "invalid_json", place_of(error, body)) from error


def asked_of(customer: CustomerIn, given: DecisionIn | BatchIn, base_url: str) -> Asked:
    return Asked(
        placement=given.placement,
        user_id=customer.userId,
        anonymous_id=customer.anonymousId,
        channel=given.channel,
        context=given.context,
        base_url=base_url,
    )


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    if len(body) > LONGEST_BODY:
        raise RequestProblem(
            413, "too_large", "The request is over 500 KB. Send it in smaller parts."
        )
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _unfit(str(error)) from error
    except UNREADABLE as error:
        told = place_of(error, body)
        raise RequestProblem(
            400, "invalid_json", f"The body is not JSON: {told}."
        ) from error


def _unfit(told: str) -> RequestProblem:
    text, _, where = told.partition(" - at `")
    found = PATH.match(where)
    field = (found.group(1) if found else "") or _named_in(text) or "body"
    return invalid(field, f"{text}.")


def _named_in(text: str) -> str:
    found = re.search(r"field `([^`]+)`", text)
    return found.group(1) if found else ""


def invalid(field: str, told: str) -> RequestProblem:
    return RequestProblem(422, "invalid", told, fields={field: told})


def _must_name(customer: CustomerIn, field: str) -> None:
    ids = (customer.userId, customer.anonymousId)
    if not any(ids):
        raise invalid(field, "Give the customer's userId, anonymousId or both.")
    if any(len(value) > 200 or "\x00" in value for value in ids):
        raise invalid(field, "An id has at most 200 characters, and no zero bytes.")


def _must_fit(placement: str, channel: str, context: dict[str, Any]) -> None:
    if not 0 < len(placement) <= 60 or "\x00" in placement:
        raise invalid("placement", "Give the key of a placement.")
    if channel not in {"", "web", "app", "email", "push", "sms"}:
        raise invalid("channel", "Use web, app, email, push or sms, or leave it out.")
    if len(context) > 50 or has_nul(context):
        raise invalid("context", "At most 50 facts, and no zero bytes.")


def has_nul(context: dict[str, Any]) -> bool:
    return b"\\u0000" in msgspec.json.encode(context)


def caller_of(header: str, own_header: str = "") -> Caller:
    """The key as presented; the decision's read says whether it is good."""
    scheme, _, presented = header.partition(" ")
    text = presented.strip() if scheme.lower() == "bearer" else own_header.strip()
    parts = text.split("_")
    if len(parts) != 4 or not text.isascii():
        raise unauthenticated()
    return Caller(parts[2][:16], hashlib.sha256(text.encode()).hexdigest())


def unauthenticated() -> RequestProblem:
    return RequestProblem(
        401,
        "not_authenticated",
        "This API key is missing, unknown, revoked or out of date. "
        "Send one with the scope decide: Authorization: Bearer <key>.",
    )


def idempotency_of(header: str, body: bytes) -> Idempotency | None:
    if not header:
        return None
    if len(header) > LONGEST_KEY:
        raise invalid("Idempotency-Key", "At most 255 characters.")
    return Idempotency(header, hashlib.sha256(body).hexdigest())
