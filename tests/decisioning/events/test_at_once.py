"""Batches that meet the same people and messages at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connections

from decisioning.customers.models import CustomerIdentity
from decisioning.events import actions
from decisioning.events.models import Event
from decisioning.features.queries import row_of

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, BATCHES = 40, 4
SHARED = PEOPLE // 2


def batch(number: int, now: datetime) -> list[dict[str, Any]]:
    """Everybody, every other batch from the other end; half the messages are shared."""
    people = range(PEOPLE) if number % 2 else reversed(range(PEOPLE))
    return [
        {
            "type": "identify" if i % 2 else "track",
            "event": "Product Viewed",
            "messageId": f"m-{i}" if i < SHARED else f"m-{number}-{i}",
            "userId": f"c-{i}",
            "anonymousId": f"a-{i}",
            "timestamp": now.isoformat(),
            "traits": {f"t{number}": number},
        }
        for i in people
    ]


def test_overlapping_batches_end_as_if_they_had_come_one_by_one(now: datetime) -> None:
    start = threading.Barrier(BATCHES)

    def send(number: int) -> actions.Receipt:
        try:
            start.wait()
            return actions.ingest(batch(number, now), source="test", now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(BATCHES) as pool:
        told = list(pool.map(send, range(BATCHES)))

    own = (PEOPLE - SHARED) * BATCHES
    assert sum(receipt.accepted for receipt in told) == SHARED + own
    assert sum(receipt.duplicates for receipt in told) == SHARED * (BATCHES - 1)
    assert Event.objects.count() == SHARED + own
    users = CustomerIdentity.objects.filter(kind="user").select_related("customer")
    assert len({identity.customer_id for identity in users}) == PEOPLE
    everything = {f"t{number}": number for number in range(BATCHES)}
    for identity in users:
        i = int(identity.value.removeprefix("c-"))
        assert row_of(identity.customer_id) is not None
        if i % 2 and i >= SHARED:
            assert identity.customer.traits == everything
