from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from decisioning.features.core import FEATURE_INDEX, FEATURES, FeatureRow, compute
from decisioning.rules.core import Compare, Exists, KnownProfile, evaluate

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def ago(name: str, days: float, value: int | None = None):
    return (name, NOW - timedelta(days=days), value, {})


EVENTS = [
    ago("Order Completed", 400, 10_000),
    ago("Order Completed", 10, 2_550),
    ago("Order Completed", 2, None),
    ago("Order Refunded", 1, 2_550),
    ago("Product Viewed", 3),
    ago("Product Viewed", 3.1),
    ago("Order Completed", -1, 99_999),
]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("days_since_last_order", 2),
        ("orders_30d", 2),
        ("orders_365d", 2),
        ("orders_all", 3),
        ("spend_365d", 25.5),
        ("spend_all", 125.5),
        ("avg_order_value", 62.75),
        ("refunds_365d", 1),
        ("visits_7d", 1),
        ("product_views_30d", 2),
        ("carts_30d", 0),
        ("days_since_first_seen", 400),
        ("complaints_365d", 0),
    ],
)
def test_features_follow_from_the_events_up_to_now(key: str, value: float) -> None:
    found = compute(EVENTS, {}, now=NOW)
    assert found[FEATURE_INDEX[key]] == np.float32(value)


def test_nothing_recorded_is_unknown_and_not_zero() -> None:
    assert np.isnan(compute([], {}, now=NOW)).all()
    assert np.isnan(compute([ago("Order Completed", -1, 5)], {}, now=NOW)).all()


def test_without_an_order_its_recency_and_mean_are_unknown_and_its_count_is_zero() -> (
    None
):
    row = FeatureRow(compute([ago("Product Viewed", 1)], {}, now=NOW))
    assert row.get("days_since_last_order") is None
    assert row.get("avg_order_value") is None
    assert row.get("orders_all") == 0


@pytest.mark.parametrize(
    ("traits", "key", "value"),
    [
        ({"recency": 3}, "trait_recency", 3),
        ({"womens": True}, "trait_womens", 1),
        ({"womens": 0}, "trait_womens", 0),
        ({"recency": "3"}, "trait_recency", None),
        ({"recency": None}, "trait_recency", None),
        ({"history": 1e300}, "trait_history", None),
        ({"history": 10**400}, "trait_history", None),
        ({"channel": "Web"}, "channel_web", 1),
        ({"channel": "Phone"}, "channel_web", 0),
        ({}, "channel_web", None),
        ({"zip_code": "Surburban"}, "zip_code_surburban", 1),
    ],
)
def test_imported_traits_become_numbers(
    traits: dict[str, object], key: str, value: float | None
) -> None:
    assert FeatureRow(compute([], traits, now=NOW)).get(key) == value


def test_keys_are_unique_and_every_feature_has_its_words() -> None:
    assert len(FEATURE_INDEX) == len(FEATURES)
    assert all(f.label and f.description and f.unit for f in FEATURES)


def test_a_row_of_features_reads_as_rules_read_it() -> None:
    row = FeatureRow(compute(EVENTS, {}, now=NOW))
    profile = KnownProfile(features=row)
    assert evaluate(Compare("feature.orders_30d", "ge", 2), profile, NOW)
    assert not evaluate(Exists("feature.trait_recency"), profile, NOW)


def test_a_shorter_stored_row_leaves_newer_features_unknown() -> None:
    assert FeatureRow([1.0]).get(FEATURES[-1].key) is None
    assert FeatureRow([1.0]).get("no_such_feature") is None
