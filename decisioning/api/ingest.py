"""Segment's HTTP Tracking API, in plain views: serializers would cost too much."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from decisioning.api.bodies import UNREADABLE, place_of
from decisioning.customers.actions import IdentityRaced
from decisioning.events import actions as events
from decisioning.events.core import TYPES, skew_of
from governance.access import queries as access
from governance.access.core import Permission, holds
from governance.api.authentication import key_in
from governance.api.problems import CONTENT_TYPE, problem
from governance.consent.core import gpc_signal
from governance.installation.queries import now as database_now
from governance.types import Actor

MAX_BATCH_BYTES = 500 * 1024
BAD_REQUEST = 400
# Fewer places than the server has threads, so that decisions never wait for events.
WAIT_SECONDS = 1.0
PATIENCE = timedelta(seconds=10)
_places = threading.BoundedSemaphore(settings.INGEST_PARALLEL)
_encode = msgspec.json.Encoder().encode


class Body(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw] | None = None
    write_key: str | None = None
    sent_at: Any = None


_body_decoder = msgspec.json.Decoder(Body)
_object_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Refuse(Exception):
    """The request as a whole cannot be taken."""

    def __init__(self, status: int, code: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers = headers


class Sent(NamedTuple):
    """What a request carries: its events, and who says when."""

    entries: list[bytes]
    key: str | None
    sent_at: str | None


Read = Callable[[bytes], Sent]


def _endpoint(read: Read) -> Callable[[HttpRequest], HttpResponse]:
    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            return _take(request, read)
        except Refuse as refusal:
            return _told(refusal)
        except (OperationalError, InterfaceError, IdentityRaced):
            return _told(
                Refuse(
                    503,
                    "unavailable",
                    "The database cannot keep up right now. Nothing more was taken; "
                    "send the same batch again.",
                    **{"Retry-After": "5"},
                )
            )

    view.permissions = {"POST": Permission.API_INGEST}  # type: ignore[attr-defined]
    return view


def _take(request: HttpRequest, read: Read) -> HttpResponse:
    sent, actor = _identified(request, read)
    # A demo's clock may stand in the past; what happens now still comes in.
    now, wall = database_now(), timezone.now()
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Refuse(
            429,
            "too_many_requests",
            "Too many batches at once. Wait a moment and send the same batch again.",
            **{"Retry-After": "2"},
        )
    try:
        receipt = events.ingest(
            sent.entries,
            source=f"api:{actor.username}"[:60],
            now=now,
            gpc=gpc_signal([request.headers.get("Sec-GPC", "")]),
            latest=max(now, wall),
            skew=skew_of(sent.sent_at, wall),
            patience=PATIENCE,
        )
    finally:
        _places.release()
    return HttpResponse(
        _encode(
            {
                "success": True,
                "accepted": receipt.accepted,
                "duplicates": receipt.duplicates,
                "rejected": [
                    {
                        "index": row.index,
                        "messageId": row.message_id,
                        "code": row.code,
                        "message": row.message,
                    }
                    for row in receipt.rejected
                ],
            }
        ),
        content_type="application/json",
    )


def _identified(request: HttpRequest, read: Read) -> tuple[Sent, Actor]:
    """The key comes first; the body is asked for one only where no header has it."""
    presented = key_in(request.headers.get("Authorization", ""))
    if presented is not None:
        actor = _actor(presented)
        return read(_body_of(request)), actor
    try:
        sent = read(_body_of(request))
    except Refuse as refusal:
        if refusal.status != BAD_REQUEST:
            raise
        raise _without_key() from refusal
    if sent.key is None:
        raise _without_key()
    return sent, _actor(sent.key)


def _without_key() -> Refuse:
    return _unauthorized(
        "Send the write key: as Basic user name, as Bearer, or as writeKey."
    )


def _told(refusal: Refuse) -> HttpResponse:
    body = problem(refusal.status, refusal.code, refusal.detail, message=refusal.detail)
    return HttpResponse(
        _encode(body),
        status=refusal.status,
        content_type=CONTENT_TYPE,
        headers=refusal.headers,
    )


def _actor(presented: str) -> Actor:
    actor = access.actor_of_key(presented, database_now())
    if actor is None:
        raise _unauthorized(
            "This write key is unknown, revoked or out of date. Ask an admin for a "
            "new one."
        )
    if not holds(actor, Permission.API_INGEST):
        raise Refuse(
            403,
            "permission_denied",
            "This key may not send events. Ask for one with the scope `ingest`.",
        )
    return actor


def _unauthorized(detail: str) -> Refuse:
    return Refuse(
        401,
        "not_authenticated",
        detail,
        **{"WWW-Authenticate": 'Basic realm="attune"'},
    )


def _body_of(request: HttpRequest) -> bytes:
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > MAX_BATCH_BYTES:
        raise _too_large()
    body = request.body
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return _inflated(body)
    if encoding not in ("", "identity"):
        raise Refuse(
            415,
            "unsupported_encoding",
            "Send the body as it is, or compressed by gzip.",
        )
    return body


def _inflated(body: bytes) -> bytes:
    """Never unpack more than a batch may hold: a small bomb stays small."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, MAX_BATCH_BYTES + 1)
    except zlib.error as error:
        raise Refuse(400, "malformed", "The body is not gzip.") from error
    if len(text) > MAX_BATCH_BYTES:
        raise _too_large()
    if not unpacker.eof:
        raise Refuse(400, "malformed", "The gzip body ends too early.")
    return text


def _too_large() -> Refuse:
    return Refuse(
        413,
        "too_large",
        "A batch may have 500 KB at most. Split it into smaller ones.",
    )


def _read_batch(text: bytes) -> Sent:
    body = _decoded(_body_decoder, text)
    if body.batch is None:
        raise Refuse(400, "malformed", "Send the events as a list in `batch`.")
    return _sent(body, [bytes(raw) for raw in body.batch])


def _sent(body: Body, entries: list[bytes]) -> Sent:
    at = body.sent_at
    return Sent(entries, body.write_key, at if isinstance(at, str) else None)


def _reader_of(kind: str) -> Read:
    def read(text: bytes) -> Sent:
        fields: dict[str, msgspec.Raw] = dict(_decoded(_object_decoder, text))
        body: Body = _decoded(_body_decoder, text)
        fields.pop("writeKey", None)
        fields["type"] = msgspec.Raw(_encode(kind))
        return _sent(body, [_encode(fields)])

    return read


def _decoded(decoder: Any, text: bytes) -> Any:
    try:
        return decoder.decode(text)
    except UNREADABLE as error:
        told = place_of(error, text)
        raise Refuse(
            400, "malformed", f"The body is not the JSON it should be: {told}."
        ) from error


batch = _endpoint(_read_batch)
CALLS = {kind: _endpoint(_reader_of(kind)) for kind in sorted(TYPES)}
