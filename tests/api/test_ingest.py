"""Segment's HTTP API as clients meet it: keys, compression, limits, errors."""

import base64
import gzip
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from decisioning.api import ingest
from decisioning.customers.models import Customer
from decisioning.events.models import DeadLetter, Event
from governance.access import actions as access
from governance.access.core import Permission
from governance.access.doors import declared
from governance.consent.queries import head, may_use
from governance.installation import actions as installation
from governance.installation.queries import now as database_now
from governance.people.models import User
from governance.rights.models import Complaint
from governance.types import Actor, Scope

pytestmark = [pytest.mark.django_db]


TRACK = {"type": "track", "event": "Product Viewed", "userId": "c-1"}


def key_for(*scopes: Scope, name: str = "ada") -> str:
    now = database_now()
    admin = User.objects.create(
        username=name,
        email=f"{name}@example.org",
        display_name=name.title(),
        date_joined=now,
    )
    _, text = access.issue_key(
        by=Actor.system(), now=now, owner_id=admin.pk, name="test", scopes=scopes
    )
    return text


@pytest.fixture
def write_key(db: None) -> str:
    return key_for(Scope.INGEST)


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def post(url: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(enforce_csrf_checks=True).post(
        url, data, content_type="application/json", headers=headers or {}
    )


def events(n: int) -> list[dict[str, Any]]:
    return [{**TRACK, "messageId": f"m-{i}"} for i in range(n)]


def test_every_way_to_give_the_key_opens_the_door(write_key: str) -> None:
    one = {"batch": events(1)}

    answers = [
        post("/v1/batch", one, basic(write_key)),
        post("/v1/batch", one, {"Authorization": f"Bearer {write_key}"}),
        post("/v1/batch", {**one, "writeKey": write_key}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["accepted"] for answer in answers] == [1, 0, 0]
    assert answers[2].json() == {
        "success": True,
        "accepted": 0,
        "duplicates": 1,
        "rejected": [],
    }


@pytest.mark.parametrize("kind", ["identify", "track", "page", "screen", "group"])
def test_single_calls_take_their_kind_from_the_path(kind: str, write_key: str) -> None:
    body = {"userId": "c-1", "event": "Cart Viewed", "groupId": "g", "messageId": kind}

    answer = post(f"/v1/{kind}", body, basic(write_key))

    assert answer.json()["accepted"] == 1
    assert Event.objects.get().type == kind


def test_a_bad_event_is_told_by_its_place_and_the_rest_is_durable(
    write_key: str,
) -> None:
    batch = [events(1)[0], {"type": "track", "messageId": "bad"}, "no object"]

    answer = post("/v1/batch", {"batch": batch}, basic(write_key)).json()

    assert answer["accepted"] == 1
    told = [(row["index"], row["messageId"], row["code"]) for row in answer["rejected"]]
    assert told == [(1, "bad", "event.identity"), (2, None, "event.malformed")]
    assert DeadLetter.objects.count() == 2


def test_gzip_is_unpacked(write_key: str) -> None:
    body = gzip.compress(json.dumps({"batch": events(20)}).encode())

    answer = post("/v1/batch", body, {**basic(write_key), "Content-Encoding": "gzip"})

    assert answer.json()["accepted"] == 20


def test_a_bomb_is_refused_before_it_is_unpacked(write_key: str) -> None:
    bomb = gzip.compress(b" " * 50_000_000)

    answer = post("/v1/batch", bomb, {**basic(write_key), "Content-Encoding": "gzip"})

    assert len(bomb) < ingest.MAX_BATCH_BYTES
    assert answer.status_code == 413


def test_a_batch_over_500_kb_is_refused_whole(write_key: str) -> None:
    big = {**TRACK, "properties": {"text": "x" * 30_000}}

    answer = post("/v1/batch", {"batch": [big] * 18}, basic(write_key))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"batch": 7}', b"{}", b"\xff\xfe"],
    ids=["cut", "a list", "no list", "no batch", "no text"],
)
def test_what_is_not_a_batch_is_a_400(body: bytes, write_key: str) -> None:
    answer = post("/v1/batch", body, basic(write_key))

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "malformed"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_encoding_that_cannot_be_read_is_told(encoding: str, write_key: str) -> None:
    answer = post(
        "/v1/batch", b"{}", {**basic(write_key), "Content-Encoding": encoding}
    )

    assert answer.status_code == (400 if encoding == "gzip" else 415)


@pytest.mark.parametrize("headers", [{}, basic("attune_x_y_z")], ids=["none", "wrong"])
def test_without_a_good_key_nothing_is_taken(headers: dict[str, str]) -> None:
    answer = post("/v1/batch", {"batch": events(1)}, headers)

    assert answer.status_code == 401
    assert not Event.objects.exists()


def test_a_key_for_decisions_does_not_send_events() -> None:
    answer = post("/v1/batch", {"batch": events(1)}, basic(key_for(Scope.DECIDE)))

    assert answer.status_code == 403


def test_reading_is_not_a_method() -> None:
    assert Client().get("/v1/batch").status_code == 405


def test_too_many_at_once_are_asked_to_wait(
    write_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(ingest, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(ingest, "WAIT_SECONDS", 0.0)
    ingest._places.acquire()

    answer = post("/v1/batch", {"batch": events(1)}, basic(write_key))

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")


def test_a_database_out_of_reach_is_a_503_to_try_again(
    write_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("decisioning.events.actions.ingest", gone)

    answer = post("/v1/batch", {"batch": events(1)}, basic(write_key))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_the_door_is_declared() -> None:
    assert declared(ingest.batch) == {"POST": Permission.API_INGEST}


def test_the_gpc_signal_of_a_browser_is_kept(write_key: str) -> None:

    post("/v1/batch", {"batch": events(1)}, {**basic(write_key), "Sec-GPC": "1"})

    known = head(Customer.objects.get().pk)
    assert known is not None
    assert known.gpc_at is not None


def test_category_preferences_are_consent(write_key: str) -> None:

    chosen = {"Advertising": False, "direct_marketing": True, "Unheard Of": True}
    event = {**events(1)[0], "context": {"consent": {"categoryPreferences": chosen}}}

    post("/v1/batch", {"batch": [event]}, basic(write_key))

    person, now = Customer.objects.get().pk, database_now() + timedelta(seconds=1)
    assert may_use(person, "direct_marketing", "email", now=now)
    assert may_use(person, "ads_sharing", "web", now=now).code == "consent.withdrawn"


def test_unsubscribed_takes_marketing_back(write_key: str) -> None:

    yes = {"consent": {"categoryPreferences": {"direct_marketing": True}}}
    first = {**events(1)[0], "context": yes}
    off = {
        **TRACK,
        "event": "Unsubscribed",
        "messageId": "off",
        "properties": {"channel": "email"},
    }

    post("/v1/batch", {"batch": [first]}, basic(write_key))
    post("/v1/batch", {"batch": [off]}, basic(write_key))

    person, now = Customer.objects.get().pk, database_now() + timedelta(seconds=1)
    assert may_use(person, "direct_marketing", "email", now=now).code == (
        "consent.withdrawn"
    )
    assert may_use(person, "direct_marketing", "push", now=now)


def test_a_complaint_event_opens_a_complaint(write_key: str) -> None:

    event = {
        **TRACK,
        "event": "Complaint Raised",
        "messageId": "c",
        "properties": {"text": "Too many e-mails."},
    }

    post("/v1/batch", {"batch": [event]}, basic(write_key))

    assert Complaint.objects.get().text == "Too many e-mails."


def test_a_clock_that_is_wrong_is_put_right_by_the_time_of_sending(
    write_key: str,
) -> None:
    wall = timezone.now()
    fast = wall + timedelta(days=3)
    event = {**events(1)[0], "timestamp": (fast - timedelta(hours=2)).isoformat()}

    post("/v1/batch", {"batch": [event], "sentAt": fast.isoformat()}, basic(write_key))

    late = Event.objects.get().occurred_at - (wall - timedelta(hours=2))
    assert abs(late) < timedelta(seconds=30)


@pytest.mark.parametrize("sent_at", ["now", 7, None, ""])
def test_a_time_of_sending_that_is_none_changes_nothing(
    sent_at: Any, write_key: str
) -> None:
    event = {**events(1)[0], "timestamp": "2026-03-02T09:00:00Z"}

    answer = post("/v1/batch", {"batch": [event], "sentAt": sent_at}, basic(write_key))

    assert answer.json()["accepted"] == 1
    assert Event.objects.get().occurred_at.isoformat() == "2026-03-02T09:00:00+00:00"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_happens_now_comes_in_while_a_demo_plays_its_past() -> None:
    installation.mark_demo(note="A shop that does not exist.")
    installation.shift_clock_to(instant=timezone.now() - timedelta(days=28))
    key = key_for(Scope.INGEST, name="bo")
    event = {**events(1)[0], "timestamp": timezone.now().isoformat()}

    answer = post("/v1/batch", {"batch": [event]}, basic(key)).json()

    assert (answer["accepted"], answer["rejected"]) == (1, [])
