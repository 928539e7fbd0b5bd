"""Events are taken once for ever, in any order, and a bad one never sinks its batch."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.events import actions
from decisioning.events.models import DeadLetter, Event
from decisioning.features.queries import row_of

pytestmark = pytest.mark.django_db


def track(n: int, now: datetime, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"m-{n}",
        "userId": f"c-{n % 7}",
        "timestamp": (now - timedelta(hours=n)).isoformat(),
        "properties": {"revenue": n + 0.25, "orderId": f"o-{n}"},
        **more,
    }


def customer(user_id: str) -> Customer:
    return CustomerIdentity.objects.get(kind="user", value=user_id).customer


def test_the_same_batch_twice_is_counted_once(now: datetime) -> None:
    batch = [track(n, now) for n in range(50)]

    first = actions.ingest(batch, source="test", now=now)
    second = actions.ingest(batch, source="test", now=now)

    assert (first.accepted, first.duplicates) == (50, 0)
    assert (second.accepted, second.duplicates) == (0, 50)
    assert Event.objects.count() == 50
    assert Customer.objects.count() == 7


def test_a_message_repeated_inside_a_batch_is_a_duplicate(now: datetime) -> None:
    told = actions.ingest([track(1, now), track(1, now)], source="test", now=now)

    assert (told.accepted, told.duplicates) == (1, 1)


def test_money_in_major_units_is_kept_in_minor_units(now: datetime) -> None:
    actions.ingest([track(19, now)], source="test", now=now)

    assert Event.objects.get().value_minor == 1925


def test_features_of_touched_customers_are_fresh(now: datetime) -> None:
    actions.ingest([track(7, now), track(14, now)], source="test", now=now)

    features = row_of(customer("c-0").pk)

    assert features is not None
    assert features.get("orders_all") == 2
    assert features.get("spend_all") == 21.5


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"type": "poke"}, "event.type"),
        ({"event": ""}, "event.name"),
        ({"event": "x" * 121}, "event.name"),
        ({"userId": None}, "event.identity"),
        ({"userId": "x" * 201}, "event.identity"),
        ({"timestamp": "yesterday"}, "event.timestamp"),
        ({"timestamp": "2099-01-01T00:00:00Z"}, "event.timestamp"),
        ({"properties": {"revenue": "a lot"}}, "event.value"),
        ({"properties": {"revenue": 1e300}}, "event.value"),
        ({"properties": {"text": "\x00"}}, "event.malformed"),
        ({"properties": "none"}, "event.malformed"),
        ({"properties": {"text": "x" * 33_000}}, "event.too_large"),
        (
            {"event": "Decision Shown", "properties": {"decisionId": "7"}},
            "event.decision_id",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_event_is_told_and_kept_while_the_rest_is_taken(
    bad: dict[str, Any], code: str, now: datetime
) -> None:
    batch = [track(0, now), track(1, now, **bad), track(2, now)]

    told = actions.ingest(batch, source="test", now=now)

    assert told.accepted == 2
    assert [(row.index, row.message_id, row.code) for row in told.rejected] == [
        (1, "m-1", code)
    ]
    assert DeadLetter.objects.get().code == code


def test_traits_take_the_latest_value_whatever_the_order(now: datetime) -> None:
    older = {
        "type": "identify",
        "userId": "c-1",
        "messageId": "a",
        "timestamp": (now - timedelta(days=1)).isoformat(),
        "traits": {"city": "Leeds", "size": 4, "vip": True},
    }
    newer = {
        "type": "identify",
        "userId": "c-1",
        "messageId": "b",
        "timestamp": now.isoformat(),
        "traits": {"city": "York", "vip": None, "email": "c@example.org"},
    }

    for event in (newer, older):
        actions.ingest([event], source="test", now=now)

    person = customer("c-1")
    assert person.traits == {"city": "York", "size": 4}
    assert person.contact["email"] == "c@example.org"
    assert "example.org" not in str(list(Event.objects.values_list("properties")))
