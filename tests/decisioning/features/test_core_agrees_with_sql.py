"""Features computed in memory equal those that the one SQL statement computes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from decisioning.customers.models import Customer
from decisioning.events.models import Event
from decisioning.features.core import FEATURES, compute
from decisioning.features.sql import features_statement

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
NAMES = (
    "Order Completed",
    "Order Refunded",
    "Product Viewed",
    "Product Added",
    "Page Viewed",
    "Complaint Raised",
    "X",
)
edges = [NOW - timedelta(days=d) for d in (0, 1, 7, 30, 90, 365)]
edges += [NOW - timedelta(minutes=30), NOW.replace(hour=0, minute=0)]
moments = st.one_of(
    st.sampled_from([*edges, *(at + timedelta(microseconds=1) for at in edges)]),
    st.integers(0, 500 * 86_400).map(lambda s: NOW - timedelta(seconds=s)),
    st.integers(0, 6).map(lambda d: NOW - timedelta(days=d, hours=3)),
)
details = st.dictionaries(
    st.sampled_from(["category", "sku", "product_id"]),
    st.sampled_from(["bread", "flour", "", 7, None, ["bread"]]),
)
amounts = st.none() | st.integers(-500, 10**9)
events = st.lists(
    st.tuples(st.sampled_from(NAMES), moments, amounts, details), max_size=14
)
Happened = list[tuple[str, datetime, int | None, dict[str, Any]]]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["Web", "Rural", "7", [1], 10**60, 1e-40, 0.1]),
)
traits = st.dictionaries(
    st.sampled_from(["recency", "history", "womens", "channel", "zip_code"]), values
)


def computed_by_sql(person: dict[str, Any], happened: Happened) -> np.ndarray:
    customer = Customer.objects.create(pseudonym="f", traits=person, created_at=NOW)
    Event.objects.bulk_create(
        Event(
            customer_id=customer.pk,
            type="track",
            name=name,
            occurred_at=at,
            received_at=at,
            value_minor=value,
            properties=told,
            source="test",
        )
        for name, at, value, told in happened
    )
    statement, params = features_statement([customer.pk], as_of=NOW)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        [(pk, row, n_events)] = cursor.fetchall()
    n_past = sum(at <= NOW for _, at, _, _ in happened)
    assert (pk, n_events) == (customer.pk, n_past)
    return np.array([np.nan if v is None else v for v in row], dtype=np.float32)


def assert_agreement(person: dict[str, Any], happened: Happened) -> None:
    with transaction.atomic():
        found = computed_by_sql(person, happened)
        transaction.set_rollback(True)
    wanted = compute(happened, person, now=NOW)
    differing = [
        (feature.key, float(a), float(b))
        for feature, a, b in zip(FEATURES, found, wanted, strict=True)
        if not np.array_equal(a, b, equal_nan=True)
    ]
    assert differing == []


@pytest.mark.django_db
@settings(max_examples=80, deadline=None)
@given(traits, events)
def test_sql_and_memory_compute_the_same_features(
    person: dict[str, Any], happened: Happened
) -> None:
    assert_agreement(person, happened)
