"""Events of a visitor who becomes a known customer while they are being stored."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, connections

from decisioning.customers.models import Customer, CustomerIdentity, IdentityMerge
from decisioning.events import actions, effects
from decisioning.events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 10


def told(kind: str, number: int, now: datetime, **who: str) -> dict[str, Any]:
    return {
        "type": kind,
        "event": "Product Viewed",
        "messageId": f"m-{number}",
        "timestamp": now.isoformat(),
        **who,
    }


def send(now: datetime, *batch: dict[str, Any]) -> actions.Receipt:
    return actions.ingest(batch, source="test", now=now)


def aside(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any]:
    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    return pool.submit(run)


class Gate:
    """Stops the other thread at a step, once, until it is opened."""

    def __init__(self, patch: pytest.MonkeyPatch, step: str) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        here, real = threading.get_ident(), getattr(effects, step)

        def stopped(*args: Any, **more: Any) -> Any:
            if threading.get_ident() != here and not self.reached.is_set():
                self.reached.set()
                assert self.open.wait(SECONDS)
            return real(*args, **more)

        patch.setattr(effects, step, stopped)


@pytest.fixture
def both(now: datetime) -> None:
    """A visitor on a device, and an account that has not met it."""
    send(now, told("track", 1, now, anonymousId="device"))
    send(now, told("track", 2, now, userId="ann"))


def all_of_ann() -> None:
    assert Event.objects.count() == 4
    assert IdentityMerge.objects.count() == 1
    ann = CustomerIdentity.objects.get(kind="user", value="ann").customer_id
    assert set(Event.objects.values_list("customer_id", flat=True)) == {ann}
    assert Customer.objects.filter(merged_into=None).count() == 1


def test_an_event_stored_after_the_merge_goes_to_the_account(
    both: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "profile")
    with ThreadPoolExecutor(1) as pool:
        late = aside(
            pool, lambda: send(now, told("track", 3, now, anonymousId="device"))
        )
        assert gate.reached.wait(SECONDS)
        send(now, told("identify", 4, now, userId="ann", anonymousId="device"))
        gate.open.set()
        assert late.result(SECONDS).accepted == 1

    all_of_ann()


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return cursor.fetchone() != (0,)


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("track", {"anonymousId": "device"}),
        ("identify", {"userId": "ann", "anonymousId": "device"}),
    ],
    ids=["an event of the visitor", "the same merge"],
)
def test_a_merge_waits_for_what_is_being_stored(
    kind: str,
    who: dict[str, str],
    both: None,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate(monkeypatch, "govern")
    with ThreadPoolExecutor(2) as pool:
        event = told(kind, 3, now, **who)
        early = aside(pool, lambda: send(now, event))
        assert gate.reached.wait(SECONDS)
        call = told("identify", 4, now, userId="ann", anonymousId="device")
        merge = aside(pool, lambda: send(now, call))
        until = time.monotonic() + SECONDS
        while not waiting_for_a_lock() and time.monotonic() < until:
            time.sleep(0.02)
        gate.open.set()
        assert early.result(SECONDS).accepted == merge.result(SECONDS).accepted == 1

    all_of_ann()
