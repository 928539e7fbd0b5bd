"""What a feature may be used for, what of it still holds, and what was known when."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from decisioning.customers.models import Customer
from decisioning.events import actions as events
from decisioning.features import actions
from decisioning.features.core import (
    FEATURE_INDEX,
    FEATURES,
    SHORT_LIVED,
    compute,
    held,
    lawful_purposes,
    without,
)
from decisioning.features.models import CustomerFeatures
from decisioning.features.queries import absent_for, lawful, matrix_as_of, row_of
from decisioning.scoring import propensity
from decisioning.scoring.core import LinearModel
from governance.catalogue.actions import seed_standard
from governance.types import Invalid
from tests.factories import configuration as make

BUY, LOOK = "event.Order Completed", "event.Product Viewed"
ORDER = {"type": "track", "event": "Order Completed", "userId": "c-1"}
VIEW = {**ORDER, "event": "Product Viewed"}


def test_a_feature_has_the_purposes_that_all_its_sources_share():
    told = lawful_purposes(
        {
            BUY: frozenset({"analytics", "model_training"}),
            "event.Order Refunded": frozenset({"analytics"}),
        }
    )

    assert told["orders_7d"] == {"analytics", "model_training"}
    assert told["refund_rate_365d"] == {"analytics"}


def test_an_element_of_its_own_says_more_than_its_sources():
    told = lawful_purposes(
        {BUY: frozenset({"analytics"}), "feature.orders_7d": frozenset({"service"})}
    )

    assert (told["orders_7d"], told["orders_1d"]) == ({"service"}, {"analytics"})


@pytest.mark.parametrize("missing", ["cart_rate_30d", "visits_7d", "trait_recency"])
def test_what_no_element_declares_is_undeclared(missing: str):
    assert missing not in lawful_purposes({LOOK: frozenset({"analytics"})})


def test_an_absent_feature_is_unknown_and_never_zero():
    table = np.ones((2, len(FEATURES)))

    kept = without(table, ["orders_30d"])

    assert np.isnan(kept[:, FEATURE_INDEX["orders_30d"]]).all()
    assert np.nansum(kept) == 2 * (len(FEATURES) - 1)
    assert table.sum() == 2 * len(FEATURES)


def test_what_belongs_to_a_session_ends_with_it():
    session = [FEATURE_INDEX["session_views"], FEATURE_INDEX["session_carts"]]
    stored = np.ones(len(FEATURES), dtype=np.float32)

    fresh, late = held(stored.copy(), 1_800), held(stored.copy(), 1_801)

    assert [i for i, _ in SHORT_LIVED] == session
    assert not np.isnan(fresh).any()
    assert np.isnan(late[session]).all()
    assert np.isnan(late).sum() == len(session)
    assert held(stored[:3].copy(), 9_999).tolist() == [1, 1, 1]


def send(now: datetime, *several: dict[str, Any], source: str = "api:shop") -> int:
    events.ingest(several, source=source, now=now)
    return Customer.objects.get(identities__value="c-1").pk


@pytest.mark.django_db
def test_every_standard_feature_is_declared(now: datetime) -> None:
    seed_standard(now)

    assert set(lawful()) >= {f.key for f in FEATURES if not f.key.startswith("trait_")}


@pytest.mark.django_db
def test_what_may_not_be_learned_from_is_absent_for_training(now: datetime) -> None:
    make.element("looks", now=now, field=LOOK, lawful_purposes=["analytics"])
    learn = ["analytics", "model_training"]
    make.element("buys", now=now, field=BUY, lawful_purposes=learn)

    absent = set(absent_for("model_training"))

    assert {"product_views_7d", "visits_7d", "cart_rate_30d"} <= absent
    assert not {"orders_7d", "spend_90d", "days_since_last_order"} & absent


@pytest.mark.django_db
def test_a_planted_leak_does_not_reach_the_training_table(now: datetime) -> None:
    hello = {"type": "identify", "userId": "c-1", "traits": {"recency": 3}}
    before = now - timedelta(days=2)
    who = send(
        before,
        hello,
        {**ORDER, "timestamp": (before - timedelta(days=1)).isoformat()},
    )
    _, honest = matrix_as_of([who], as_of=now)

    late = (now - timedelta(hours=1)).isoformat()
    send(now + timedelta(days=1), {**ORDER, "timestamp": late})
    send(now + timedelta(days=1), ORDER, {**hello, "traits": {"recency": 99}})
    back_dated = {**hello, "traits": {"newbie": True}, "timestamp": late}
    send(now + timedelta(days=1), back_dated)

    _, later = matrix_as_of([who], as_of=now)
    assert later.tobytes() == honest.tobytes()
    told = dict(zip((f.key for f in FEATURES), later[0].tolist(), strict=True))
    assert (told["orders_all"], told["trait_recency"]) == (1, 3)
    assert np.isnan(told["trait_newbie"])
    _, known_now = matrix_as_of([who], as_of=now + timedelta(days=2))
    assert known_now[0][FEATURE_INDEX["orders_all"]] == 3


@pytest.mark.django_db
def test_the_past_that_a_file_brings_counts_by_its_own_dates(now: datetime) -> None:
    past = (now - timedelta(days=10)).isoformat()
    who = send(now, {**ORDER, "timestamp": past}, source="import:orders:1")

    _, then = matrix_as_of([who], as_of=now - timedelta(days=5))

    assert then[0][FEATURE_INDEX["orders_all"]] == 1


@pytest.mark.django_db
def test_a_stored_vector_can_be_rebuilt_to_the_byte(now: datetime) -> None:
    who = send(
        now - timedelta(minutes=7),
        {"type": "identify", "userId": "c-1", "traits": {"history": 0.1, "mens": True}},
        {**ORDER, "properties": {"revenue": 33.33, "sku": "s-1"}},
        {**VIEW, "properties": {"category": "bread"}},
    )
    stored = CustomerFeatures.objects.get(pk=who)
    used = np.array(stored.values, dtype=np.float32)

    send(now, {**ORDER, "timestamp": (now - timedelta(days=3)).isoformat()}, VIEW)
    _, rebuilt = matrix_as_of([who], as_of=stored.computed_at)

    assert rebuilt[0].tobytes() == used.tobytes()
    assert CustomerFeatures.objects.get(pk=who).values != stored.values


@pytest.mark.django_db
def test_windows_move_on_without_events_and_sessions_end(now: datetime) -> None:
    who = send(now, {**VIEW, "properties": {"category": "bread"}})

    assert actions.end_sessions(now=now + timedelta(minutes=20)) == []
    assert actions.end_sessions(now=now + timedelta(minutes=31)) == [who]
    assert actions.end_sessions(now=now + timedelta(minutes=90)) == []
    after = row_of(who)
    actions.refresh_all(now=now + timedelta(days=31))
    month_later = row_of(who)

    assert after is not None
    assert month_later is not None
    assert (after.get("session_views"), after.get("product_views_30d")) == (0, 1)
    assert month_later.get("product_views_30d") == 0


@pytest.mark.parametrize(
    ("back", "n"), [([0, 1, 2, 4], 3), ([1, 2], 2), ([2, 3], 0), ([], None), ([0], 1)]
)
def test_a_streak_ends_today_or_yesterday(
    back: list[int], n: float | None, now: datetime
) -> None:
    seen = [("Page Viewed", now - timedelta(days=d), None, {}) for d in back]

    told = compute(seen, {}, now=now)[FEATURE_INDEX["visit_streak_30d"]]

    assert (None if np.isnan(told) else told) == n


@pytest.mark.django_db
def test_everybodys_scores_stop_where_a_feature_is_no_longer_declared(
    now: datetime,
) -> None:
    who = send(now, ORDER)
    names, offers = ("orders_7d",), ("coats",)
    model = LinearModel(names, offers, np.ones((1, 1)), np.zeros(1))

    with pytest.raises(Invalid, match="does not declare orders_7d"):
        list(propensity.scores(model, {}, [who]))
    make.element("buys", now=now, field=BUY, lawful_purposes=["analytics"])
    told = list(propensity.scores(model, {}, [who]))

    assert [(customer, key) for customer, key, _, _ in told] == [
        (who, "propensity:coats")
    ]
