"""Features carried on by a tally: the same as counted from the log, at a fixed cost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from decisioning.customers import merging, people
from decisioning.customers.models import Customer, IdentityMerge
from decisioning.engine import retention
from decisioning.events import actions as events
from decisioning.events import storing
from decisioning.events.models import Event
from decisioning.features import actions
from decisioning.features.core import FEATURES
from decisioning.features.models import CustomerFeatures, CustomerTally
from decisioning.features.sql import features_statement
from governance.types import Actor, Role
from tests.decisioning.customers.test_merging import of

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PRIVACY = Actor(None, "petra", "Petra", frozenset({Role.PRIVACY_REVIEWER}))
EVERYBODY = patch("decisioning.features.carrying.LONG", 0)
NAMES = ("Order Completed", "Order Refunded", "Product Viewed", "Page Viewed", "X")
backs = st.one_of(
    st.sampled_from([timedelta(days=d) for d in (0, 1, 7, 30, 90, 365)]),
    st.sampled_from([timedelta(minutes=30), -timedelta(hours=3)]),
    st.integers(0, 500 * 86_400).map(lambda s: timedelta(seconds=s)),
)
sent = st.tuples(
    st.sampled_from(["user", "device", "both"]),
    st.sampled_from("pq"),
    st.sampled_from(NAMES),
    backs,
    st.integers(0, 50),
    st.sampled_from(["bread", "flour", "salt"]),
)
deeds = st.sampled_from(
    ["send", "send", "send", "again", "night", "unmerge", "retain", "erase", "refresh"]
)
stories = st.lists(
    st.tuples(
        deeds,
        st.lists(sent, min_size=1, max_size=5),
        st.sampled_from([timedelta(0), timedelta(minutes=31), timedelta(days=31)]),
    ),
    min_size=2,
    max_size=7,
)
Story = list[tuple[str, list[tuple[Any, ...]], timedelta]]


def event(n: str, now: datetime, told: tuple[Any, ...]) -> dict[str, Any]:
    who, person, name, back, revenue, sku = told
    device = {"anonymousId": f"device-of-{person}"} if who != "user" else {}
    user = {"userId": person} if who != "device" else {}
    return {
        "type": "track",
        "event": name,
        "messageId": n,
        "timestamp": (now - back).isoformat(),
        "properties": {"revenue": revenue, "sku": sku, "category": sku[:1]},
        **device,
        **user,
    }


def counted_anew(customer_id: int, as_of: datetime) -> list[float | None]:
    statement, params = features_statement([customer_id], as_of=as_of)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT values::float8[] FROM ({statement}) f", params)
        [(values,)] = cursor.fetchall()
    return list(values)


def assert_all_right(customer_ids: set[int] | None = None) -> None:
    live = Customer.objects.filter(merged_into=None).values_list("pk", flat=True)
    for row in CustomerFeatures.objects.filter(pk__in=customer_ids or set(live)):
        wanted = counted_anew(row.pk, row.computed_at)
        differing = [
            (f.key, a, b)
            for f, a, b in zip(FEATURES, row.values, wanted, strict=True)
            if a != b
        ]
        assert differing == []


def night(now: datetime) -> None:
    actions.refresh_all(now=now)


def refresh(now: datetime) -> None:
    actions.refresh(Customer.objects.values_list("pk", flat=True), now=now)


def unmerge(now: datetime) -> None:
    for merge in IdentityMerge.objects.filter(undone_at=None).order_by("-pk"):
        merging.undo_merge(by=PRIVACY, now=now, merge_id=merge.pk)
    refresh(now)


def retain(now: datetime) -> None:
    retention.enforce(now=now)
    refresh(now)


def erase(now: datetime) -> None:
    someone = Customer.objects.filter(merged_into=None).order_by("pk").first()
    if someone is not None:
        people.erase(by=PRIVACY, now=now, person_id=someone.pk)
        gone = CustomerTally.objects.filter(pk=someone.pk)
        assert not gone.exists()
    refresh(now)


DEEDS: dict[str, Callable[[datetime], None]] = {
    "night": night,
    "refresh": refresh,
    "unmerge": unmerge,
    "retain": retain,
    "erase": erase,
}


def lived(story: Story) -> None:
    now, before = START, list[dict[str, Any]]()
    for i, (deed, told, passed) in enumerate(story):
        now += passed
        if deed in DEEDS:
            DEEDS[deed](now)
        elif deed == "again":
            events.ingest(before, source="test", now=now)
        else:
            before = [event(f"{i}-{j}", now, each) for j, each in enumerate(told)]
            events.ingest(before, source="test", now=now)
        assert_all_right()


@settings(max_examples=25, deadline=None)
@given(stories)
def test_whatever_happens_the_carried_equal_the_counted(
    tmp_path_factory: pytest.TempPathFactory, story: Story
) -> None:
    folder = tmp_path_factory.getbasetemp()
    files = override_settings(DATA_DIR=folder, MEDIA_ROOT=folder / "files")
    with transaction.atomic(), EVERYBODY, files:
        lived(story)
        transaction.set_rollback(True)


def orders(n: int, now: datetime, *, user: str = "u") -> list[dict[str, Any]]:
    return [
        event(
            f"{user}-{i}",
            now - timedelta(hours=5 * i + 1),
            ("user", user, "Order Completed", timedelta(0), 5, "bread"),
        )
        for i in range(n)
    ]


def test_a_long_history_is_carried_and_a_short_one_is_not(now: datetime) -> None:
    events.ingest(orders(201, now), source="test", now=now)
    events.ingest(orders(200, now, user="v"), source="test", now=now)

    assert [row.pk for row in CustomerTally.objects.all()] == [of("user", "u").pk]


def test_nobody_is_carried_whose_events_change_or_go(now: datetime) -> None:
    with EVERYBODY:
        events.ingest(orders(3, now), source="test", now=now)
        events.ingest(orders(3, now, user="v"), source="test", now=now)
        u, v = of("user", "u").pk, of("user", "v").pk

        Event.objects.filter(pk=Event.objects.filter(customer_id=u)[0].pk).delete()
        assert set(CustomerTally.objects.values_list("pk", flat=True)) == {v}
        Event.objects.filter(customer_id=u).update(customer_id=v)
        assert not CustomerTally.objects.exists()
        refresh(now)

    assert_all_right({u, v})
    assert CustomerFeatures.objects.get(pk=v).values[3] == 5


def test_a_month_made_later_leaves_tallies_as_they_are(now: datetime) -> None:
    far = now + timedelta(hours=20)
    with EVERYBODY:
        events.ingest([*orders(3, now)], source="test", now=now)
        storing.keep_months(now=far + timedelta(days=200), ahead=1)

        assert CustomerTally.objects.count() == 1


def test_what_comes_with_an_earlier_clock_does_not_turn_time_back(
    now: datetime,
) -> None:
    with EVERYBODY:
        events.ingest(orders(3, now), source="test", now=now)
        late = orders(5, now)[3:]
        events.ingest(late, source="test", now=now - timedelta(seconds=1))

    row = CustomerFeatures.objects.get()
    assert (row.computed_at, row.values[3]) == (now, 5)
    assert_all_right()


def test_a_tally_of_other_definitions_is_as_good_as_none(now: datetime) -> None:
    with EVERYBODY:
        events.ingest(orders(3, now), source="test", now=now)
        CustomerTally.objects.update(definition="before", packed=b"nonsense")

        refresh(now)

    assert CustomerTally.objects.get().definition != "before"
    assert_all_right()


def test_the_night_puts_right_what_was_wrong(now: datetime) -> None:
    with EVERYBODY:
        events.ingest(orders(3, now), source="test", now=now)
        events.ingest(orders(9, now, user="v"), source="test", now=now)
        wrong = CustomerTally.objects.get(pk=of("user", "u").pk)
        right = CustomerTally.objects.get(pk=of("user", "v").pk)
        CustomerTally.objects.filter(pk=right.pk).update(packed=wrong.packed)

        night(now + timedelta(hours=1))

    assert_all_right()


def log_rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + COALESCE(idx_tup_fetch, 0))"
            " FROM pg_stat_xact_user_tables WHERE relname LIKE 'decisioning_event%'"
        )
        [(n,)] = cursor.fetchall()
    return int(n)


def rows_read_for_one_more(n: int, now: datetime) -> int:
    user = f"with-{n}"
    events.ingest(orders(n, now, user=user), source="test", now=now)
    later = now + timedelta(minutes=1)
    more = event(
        f"more-{n}",
        later,
        ("user", user, "Order Completed", timedelta(0), 5, "bread"),
    )
    before = log_rows_read()
    events.ingest([more], source="test", now=later)
    return log_rows_read() - before


def test_one_event_reads_no_more_of_the_log_however_long_it_is(now: datetime) -> None:
    short, long = rows_read_for_one_more(250, now), rows_read_for_one_more(2_500, now)

    assert 1 <= long <= short <= 10
    assert np.isfinite(CustomerFeatures.objects.latest("computed_at").values[3])
