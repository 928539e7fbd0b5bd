"""Whatever the order and however often a batch comes, the customers end up the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from decisioning.customers.models import CustomerIdentity
from decisioning.events import actions
from decisioning.features.core import FEATURES
from decisioning.features.queries import row_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRAITS = st.dictionaries(
    st.sampled_from(["recency", "city", "womens", "email"]),
    st.sampled_from([None, 1, 2.5, True, "York", "Leeds", [1]]),
    max_size=3,
)


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, Any]]:
    events = []
    for n in range(draw(st.integers(1, 12))):
        person = draw(st.sampled_from("pq"))
        # A device belongs to one person here: who comes first to a shared one wins.
        who = draw(st.sampled_from(["user", "device", "both"]))
        event: dict[str, Any] = {
            "messageId": f"m-{n}",
            "timestamp": (NOW - timedelta(hours=draw(st.integers(0, 40)))).isoformat(),
        }
        if who != "device":
            event["userId"] = person
        if who != "user":
            event["anonymousId"] = f"device-of-{person}"
        if draw(st.booleans()):
            event |= {"type": "identify", "traits": draw(TRAITS)}
        else:
            name = draw(st.sampled_from(["Order Completed", "Product Viewed"]))
            revenue = draw(st.integers(0, 50))
            event |= {
                "type": "track",
                "event": name,
                "properties": {"revenue": revenue},
            }
        events.append(event)
    return events


def world() -> dict[tuple[str, str], Any]:
    found = {}
    # An address leads staff to whoever gave it first; it is no part of a profile.
    told = CustomerIdentity.objects.exclude(kind="email").select_related("customer")
    for identity in told:
        person = identity.customer
        row = row_of(person.pk)
        contact = {k: v for k, v in person.contact.items() if k != "_told_at"}
        found[identity.kind, identity.value] = (
            person.traits,
            contact,
            person.last_seen_at,
            [row.get(feature.key) for feature in FEATURES] if row else None,
        )
    return found


def after(*sent: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    with transaction.atomic():
        for batch in sent:
            actions.ingest(batch, source="test", now=NOW)
        found = world()
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(batches(), st.randoms(use_true_random=False), st.integers(0, 12))
def test_order_and_repetition_change_nothing(
    batch: list[dict[str, Any]], rng: Any, cut: int
) -> None:
    shuffled = rng.sample(batch, len(batch))

    once = after(batch)
    again = after(shuffled[:cut], shuffled[cut:], batch)

    assert again == once
