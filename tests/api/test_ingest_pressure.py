"""What clients are told when events come faster than they can be stored."""

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from decisioning.api import ingest
from decisioning.customers.models import Customer
from decisioning.events import actions, storing
from decisioning.events.models import Event, MessageLedger
from governance.types import Scope
from tests.api.test_ingest import TRACK, basic, events, key_for, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def write_key(db: None) -> str:
    return key_for(Scope.INGEST)


@pytest.fixture
def busy(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Another session, whose locks stay until it rolls back."""
    yield owner_connection
    owner_connection.rollback()


@pytest.mark.parametrize(
    "lock",
    [
        "SELECT 1 FROM decisioning_customer FOR UPDATE",
        "LOCK TABLE decisioning_event IN ACCESS EXCLUSIVE MODE",
        "LOCK TABLE decisioning_messageledger IN ACCESS EXCLUSIVE MODE",
    ],
    ids=["a customer", "the log", "the ledger"],
)
def test_a_store_that_cannot_keep_up_says_when_to_come_back(
    lock: str,
    write_key: str,
    busy: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest, "PATIENCE", timedelta(milliseconds=200))
    first = {**TRACK, "messageId": "first"}
    assert post("/v1/batch", {"batch": [first]}, basic(write_key)).status_code == 200
    busy.execute(lock)

    refused = post("/v1/batch", {"batch": events(3)}, basic(write_key))
    busy.rollback()
    n_before = Event.objects.count()
    again = post("/v1/batch", {"batch": events(3)}, basic(write_key))

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert n_before == 1
    assert again.json()["accepted"] == 3


def test_patience_ends_with_the_transaction(write_key: str) -> None:
    post("/v1/batch", {"batch": events(1)}, basic(write_key))

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_events_never_take_every_thread_of_the_server() -> None:
    assert 0 < settings.INGEST_PARALLEL < 8


def test_a_place_is_given_back_whatever_happens(
    write_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(ingest, "WAIT_SECONDS", 0.0)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("lightning")

    with monkeypatch.context() as patch:
        patch.setattr(actions, "ingest", broken)
        with pytest.raises(RuntimeError):
            post("/v1/batch", {"batch": events(1)}, basic(write_key))

    assert post("/v1/batch", {"batch": events(1)}, basic(write_key)).status_code == 200


def test_an_event_over_32_kb_is_refused_alone(write_key: str) -> None:
    long = {**TRACK, "messageId": "long", "properties": {"text": "x" * 32 * 1024}}

    told = post("/v1/batch", {"batch": [*events(2), long]}, basic(write_key)).json()

    assert told["accepted"] == 2
    assert [(r["index"], r["messageId"], r["code"]) for r in told["rejected"]] == [
        (2, "long", "event.too_large")
    ]


def test_the_limit_of_a_batch_is_its_size_unpacked(write_key: str) -> None:
    batch = {"batch": [{**each, "context": {"x": "y" * 30_000}} for each in events(16)]}
    room = ingest.MAX_BATCH_BYTES - len(json.dumps(batch).encode())
    fits = json.dumps(batch).encode() + b" " * room
    packed = {**basic(write_key), "Content-Encoding": "gzip"}

    assert post("/v1/batch", fits, basic(write_key)).status_code == 200
    assert post("/v1/batch", gzip.compress(fits), packed).json()["duplicates"] == 16
    assert post("/v1/batch", fits + b" ", basic(write_key)).status_code == 413
    assert post("/v1/batch", gzip.compress(fits + b" "), packed).status_code == 413


def test_many_messages_at_once_are_claimed_once_each() -> None:
    hashes = [f"{number:032x}" for number in range(2 * storing.MANY)]
    known, new = set(hashes[: storing.MANY + 1]), set(hashes[storing.MANY + 1 :])

    assert storing.claim(known) == known
    assert storing.claim(known) == set()
    assert storing.claim(hashes) == new
    assert storing.claim(hashes) == set()
    assert MessageLedger.objects.count() == len(hashes)


def test_a_large_batch_that_is_known_in_part_adds_the_rest(now: Any) -> None:
    batch = [{**TRACK, "messageId": f"m-{i}"} for i in range(2 * storing.MANY)]
    actions.ingest(batch[::2], source="test", now=now)

    told = actions.ingest(batch, source="test", now=now)

    assert (told.accepted, told.duplicates) == (storing.MANY, storing.MANY)
    assert Event.objects.count() == len(batch)
    assert Customer.objects.count() == 1
