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


PLAIN = st.dictionaries(
    st.sampled_from(["recency", "city", "womens"]),
    st.sampled_from([None, 1, 2.5, "York", "Leeds"]),
    max_size=3,
)


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two accounts and three browsers on two devices, used by whoever comes."""
    events = []
    for n in range(draw(st.integers(1, 14))):
        event: dict[str, Any] = {
            "messageId": f"m-{n}",
            "timestamp": (NOW - timedelta(hours=draw(st.integers(0, 40)))).isoformat(),
        }
        who = draw(st.sampled_from(["user", "browser", "device", "both", "both"]))
        if who in ("user", "both"):
            event["userId"] = draw(st.sampled_from("pq"))
        if who in ("browser", "both"):
            event["anonymousId"] = draw(st.sampled_from(["b-1", "b-2", "b-3"]))
        if who == "device" or (who == "both" and draw(st.booleans())):
            on = draw(st.sampled_from(["t-1", "t-2"]))
            event["context"] = {"device": {"id": on}}
        kind = draw(st.sampled_from(["identify", "identify", "track", "alias"]))
        if kind == "identify":
            # Contact details told without an account stay with whom they were told of.
            event["traits"] = draw(TRAITS if "userId" in event else PLAIN)
        elif kind == "alias" and "userId" in event:
            event["previousId"] = draw(st.sampled_from(["b-1", "b-2", "b-3", "b-4"]))
        else:
            kind = "track"
            event["event"] = draw(
                st.sampled_from(["Order Completed", "Product Viewed"])
            )
            event["properties"] = {"revenue": draw(st.integers(0, 50))}
        events.append(event | {"type": kind})
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


def together() -> set[frozenset[tuple[str, str]]]:
    """Which names go together, however their customers are numbered."""
    found: dict[int, set[tuple[str, str]]] = {}
    for kind, value, customer in CustomerIdentity.objects.exclude(
        kind="email"
    ).values_list("kind", "value", "customer_id"):
        found.setdefault(customer, set()).add((kind, value))
    return {frozenset(names) for names in found.values()}


def after(*sent: list[dict[str, Any]]) -> tuple[dict[tuple[str, str], Any], Any]:
    with transaction.atomic():
        for batch in sent:
            actions.ingest(batch, source="test", now=NOW)
        found = world(), together()
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@settings(max_examples=120, deadline=None)
@given(batches(), st.randoms(use_true_random=False), st.integers(0, 14))
def test_order_and_repetition_change_nothing(
    batch: list[dict[str, Any]], rng: Any, cut: int
) -> None:
    shuffled = rng.sample(batch, len(batch))

    once = after(batch)
    again = after(shuffled[:cut], shuffled[cut:], batch)

    assert again == once


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(batches(), st.randoms(use_true_random=False))
def test_one_by_one_is_the_same_as_all_at_once(
    batch: list[dict[str, Any]], rng: Any
) -> None:
    shuffled = rng.sample(batch, len(batch))

    assert after(*([event] for event in shuffled)) == after(batch)
