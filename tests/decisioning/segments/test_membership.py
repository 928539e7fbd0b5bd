"""Who is in, who was in then: events move people at once, a rebuild puts time right."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.events.actions import ingest
from decisioning.events.models import Event
from decisioning.segments import actions, membership, moving, queries
from decisioning.segments.models import (
    Segment,
    SegmentBuild,
    SegmentMembership,
    SegmentVersion,
)
from governance.consent import actions as consent
from governance.types import Actor, Invalid, Refused, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db

BOUGHT = {"did": "Order Completed", "at_least": 1, "within_days": 30}
NOT_BOUGHT = {
    "did": "Product Viewed",
    "then_not": {"did": "Order Completed", "within_days": 3},
}


@pytest.fixture
def analyst(now: datetime) -> Actor:
    make.element("history", now=now, label="Past spend")
    return make.actor("ana", Role.ANALYST, now=now)


def bought(who: str, at: datetime, name: str = "Order Completed") -> dict[str, Any]:
    return {
        "type": "track",
        "messageId": f"{who}-{at.isoformat()}-{name}",
        "userId": who,
        "event": name,
        "timestamp": at.isoformat(),
        "properties": {},
    }


def stays(key: str) -> list[tuple[datetime, datetime | None]]:
    rows = SegmentMembership.objects.filter(segment__key=key).order_by("entered_at")
    return list(rows.values_list("entered_at", "left_at"))


EVIDENCE = {
    "purposes": ["direct_marketing"],
    "channels": ["email"],
    "wording": "Send me offers",
    "mechanism": "form",
    "collectedAt": "2026-01-01",
    "validUntil": "2027-01-01",
    "declaredBy": "test",
}


def who(name: str) -> int:
    return CustomerIdentity.objects.get(kind="user", value=name).customer_id


def of(key: str) -> list[int]:
    rows = SegmentMembership.objects.filter(segment__key=key, left_at=None)
    return sorted(rows.values_list("customer_id", flat=True))


def test_an_event_moves_its_customer_in_with_the_same_transaction(
    analyst: Actor, now: datetime
) -> None:
    make.segment(analyst, now, "Buyers", rule=BOUGHT)

    ingest([bought("a", now)], source="test", now=now)

    assert stays("buyers") == [(now, None)]
    assert SegmentMembership.objects.get().entry_cause == "event"


def test_an_event_moves_its_customer_out(analyst: Actor, now: datetime) -> None:
    make.segment(analyst, now, "No order yet", rule={"not": BOUGHT})
    ingest([bought("a", now, "Product Viewed")], source="test", now=now)
    later = now + timedelta(hours=1)

    ingest([bought("a", later)], source="test", now=later)

    assert stays("no-order-yet") == [(now, later)]


def test_an_event_of_one_customer_leaves_others_where_they_are(
    analyst: Actor, now: datetime
) -> None:
    make.segment(analyst, now, "Buyers", rule=BOUGHT)
    ingest([bought("a", now)], source="test", now=now)
    later = now + timedelta(days=40)

    ingest([bought("b", later)], source="test", now=later)

    assert stays("buyers") == [(now, None), (later, None)]


def test_time_alone_moves_people_at_the_next_rebuild(
    analyst: Actor, now: datetime
) -> None:
    make.segment(analyst, now, "Buyers", rule=BOUGHT)
    make.segment(analyst, now, "Looked only", rule=NOT_BOUGHT)
    events = [bought("a", now), bought("b", now, "Product Viewed")]
    ingest(events, source="test", now=now)
    assert stays("looked-only") == []
    later = now + timedelta(days=30)

    actions.rebuild_all(now=later)

    assert stays("buyers") == [(now, later)]
    assert stays("looked-only") == [(later, None)]


def test_a_report_asks_who_was_in_then(analyst: Actor, now: datetime) -> None:
    make.segment(analyst, now, "Buyers", rule=BOUGHT)
    ingest([bought("a", now)], source="test", now=now)
    end = now + timedelta(days=30)
    actions.rebuild_all(now=end)

    (customer,) = Customer.objects.values_list("pk", flat=True)
    moments = [now - timedelta(seconds=1), now, end - timedelta(seconds=1), end]
    was_in = [membership.members_at("buyers", at) for at in moments]
    assert was_in == [[], [customer], [customer], []]


def test_coming_back_is_a_second_stay(analyst: Actor, now: datetime) -> None:
    make.segment(analyst, now, "Buyers", rule=BOUGHT)
    again = now + timedelta(days=50)
    ingest([bought("a", now)], source="test", now=now)
    actions.rebuild_all(now=now + timedelta(days=40))

    ingest([bought("a", again)], source="test", now=again)

    assert stays("buyers") == [(now, now + timedelta(days=40)), (again, None)]


def test_moving_people_and_rebuilding_find_the_same_members(
    analyst: Actor, now: datetime
) -> None:
    for name, rule in {"Buyers": BOUGHT, "Rest": {"not": BOUGHT}}.items():
        make.segment(analyst, now, name, rule=rule)
    make.segment(analyst, now, "Both", rule={"any": [{"segment": "buyers"}, BOUGHT]})
    events = [
        bought(f"c{i}", now - timedelta(days=i), "Order Completed" if i % 3 else "Hi")
        for i in range(60)
    ]
    ingest(events, source="test", now=now)
    by_event = {key: of(key) for key in ("buyers", "rest", "both")}

    SegmentMembership.objects.all().delete()
    actions.rebuild_all(now=now)

    assert {key: of(key) for key in by_event} == by_event
    assert len(by_event["buyers"]) == 20


def test_the_cost_of_an_event_does_not_grow_with_customers_or_segments(
    analyst: Actor, now: datetime, django_assert_num_queries: Any
) -> None:
    ids = [c.pk for c in make.customers([{"history": 500}] * 30, now=now)]
    for n in range(6):
        make.segment(analyst, now, f"Segment {n}")

    actions.follow(ids[:1], now=now)
    with django_assert_num_queries(2):
        actions.follow(ids[:1], now=now)
    with django_assert_num_queries(3):
        actions.follow(ids, now=now)
    assert len(of("segment-5")) == 30


def test_a_rebuild_tells_how_many_moved_and_how_long_it_took(
    analyst: Actor, now: datetime
) -> None:
    make.customers([{"history": 500}] * 3 + [{"history": 5}], now=now)
    make.segment(analyst, now)

    build = actions.rebuild(key="good-buyers", now=now)

    assert build is not None
    assert (build.n_members, build.n_entered, build.n_left) == (3, 3, 0)
    assert build.error == ""


def test_two_rebuilds_of_one_segment_never_run_at_once(
    analyst: Actor, now: datetime, owner_connection: Any
) -> None:
    segment = make.segment(analyst, now)
    owner_connection.execute(
        "SELECT pg_advisory_xact_lock(%s, %s)", [membership.LOCKS, segment.pk]
    )

    assert actions.rebuild(key="good-buyers", now=now) is None
    owner_connection.rollback()
    assert actions.rebuild(key="good-buyers", now=now) is not None


def test_a_changed_rule_is_built_and_an_unchanged_one_is_not(
    analyst: Actor, now: datetime
) -> None:
    make.customers([{"history": 500}, {"history": 50}], now=now)
    make.segment(analyst, now)
    make.segment(analyst, now, "On top", rule={"segment": "good-buyers"})
    assert actions.rebuild_changed(now=now + timedelta(minutes=1)) == 2
    assert actions.rebuild_changed(now=now + timedelta(minutes=2)) == 0

    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE decisioning_segment SET rule = '{"version": 1, "rule":
            {"field": "trait.history", "op": "ge", "value": 10}}'
            WHERE key = 'good-buyers'"""
        )
    soon = queries.versions("good-buyers")[0].effective_at + timedelta(seconds=1)

    assert actions.rebuild_changed(now=soon) == 2
    assert len(of("good-buyers")) == len(of("on-top")) == 2


def test_a_build_that_fails_is_on_record(
    analyst: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.segment(analyst, now)
    monkeypatch.setattr(membership, "REBUILD", "SELECT nothing -- {condition}")

    actions.rebuild_all(now=now)

    assert "ProgrammingError" in SegmentBuild.objects.get().error
    assert of("good-buyers") == []


def test_versions_have_dates_from_which_they_hold(
    analyst: Actor, now: datetime
) -> None:
    make.segment(analyst, now)
    later = now + timedelta(days=1)

    make.segment(analyst, later, key="good-buyers", rule=BOUGHT)

    newest, first = queries.versions("good-buyers")
    assert (first.effective_at, first.replaced_at) == (now, later)
    assert (newest.effective_at, newest.replaced_at) == (later, None)
    assert newest.rule["rule"] == BOUGHT


def test_a_new_name_is_not_a_new_version(analyst: Actor, now: datetime) -> None:
    make.segment(analyst, now)

    make.segment(analyst, now, "Better name", key="good-buyers")

    assert SegmentVersion.objects.count() == 1


def test_retiring_ends_the_version_and_every_stay(
    analyst: Actor, now: datetime
) -> None:
    make.customers([{"history": 500}] * 2, now=now)
    make.segment(analyst, now)
    actions.rebuild_all(now=now)
    later = now + timedelta(days=1)

    actions.retire(by=analyst, now=later, key="good-buyers")

    assert of("good-buyers") == []
    assert SegmentVersion.objects.get().replaced_at == later


def test_a_visitor_who_is_merged_leaves_with_the_merge(
    analyst: Actor, now: datetime
) -> None:
    make.segment(analyst, now, "Buyers", rule=BOUGHT)
    visit = bought("device", now) | {"userId": None, "anonymousId": "device"}
    ingest([bought("x", now, "Hello"), visit], source="test", now=now)
    assert len(of("buyers")) == 1
    later = now + timedelta(minutes=1)
    known = bought("x", later, "Signed In") | {"anonymousId": "device"}

    ingest([known | {"type": "identify", "traits": {}}], source="test", now=later)

    assert Customer.objects.exclude(merged_into=None).count() == 1
    assert of("buyers") == [who("x")]


@pytest.mark.parametrize("depth", [1, 3])
def test_a_circle_of_segments_is_refused_when_it_is_saved(
    analyst: Actor, now: datetime, depth: int
) -> None:
    make.segment(analyst, now, "S0")
    for n in range(depth):
        make.segment(analyst, now, f"S{n + 1}", rule={"segment": f"s{n}"})

    with pytest.raises(Invalid) as refusal:
        make.segment(analyst, now, "S0", key="s0", rule={"segment": f"s{depth}"})

    assert "circle" in refusal.value.fields["rule"]
    assert Segment.objects.get(key="s0").rule["rule"] == make.AT_LEAST_100


def test_a_segment_cannot_name_itself(analyst: Actor, now: datetime) -> None:
    make.segment(analyst, now, "Own")

    with pytest.raises(Invalid) as refusal:
        make.segment(analyst, now, "Own", key="own", rule={"segment": "own"})

    assert "not a segment that can be used here" in refusal.value.fields["rule"]


def test_a_circle_made_by_sql_holds_nobody(analyst: Actor, now: datetime) -> None:
    make.customers([{"history": 500}], now=now)
    make.segment(analyst, now, "A")
    make.segment(analyst, now, "B", rule={"segment": "a"})
    Segment.objects.filter(key="a").update(
        rule={"version": 1, "rule": {"not": {"segment": "b"}}}
    )

    assert queries.segments_of(Customer.objects.get().pk, now=now) == []


def test_a_segment_that_others_are_built_on_is_not_retired(
    analyst: Actor, now: datetime
) -> None:
    make.segment(analyst, now, "Base")
    make.segment(analyst, now, "On top", rule={"segment": "base"})

    with pytest.raises(Refused, match="“On top” is built on this segment"):
        actions.retire(by=analyst, now=now, key="base")


def test_a_segment_needs_a_business_goal(analyst: Actor, now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        make.segment(analyst, now, goal=" ")

    assert "business goal" in refusal.value.fields["goal"]


def test_events_of_nobody_cost_nothing(
    now: datetime, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        actions.follow([], now=now)
    actions.follow([1], now=now)
    with django_assert_num_queries(1):
        actions.follow([1], now=now)
    assert Event.objects.count() == 0


@pytest.mark.parametrize("few", [0, 64])
def test_few_people_and_many_are_moved_alike(
    analyst: Actor, now: datetime, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "FEW", few)
    make.segment(analyst, now, "Looked only", rule=NOT_BOUGHT)
    make.segment(analyst, now, "Buyers", rule=BOUGHT)
    may = {"may": "direct_marketing", "channel": "email"}
    make.segment(analyst, now, "May write", rule=may)
    make.segment(
        analyst,
        now,
        "Mixed",
        rule={
            "any": [
                {"all": [make.AT_LEAST_100, {"not": {"segment": "buyers"}}]},
                {"field": "feature.orders_30d", "op": "ge", "value": 2},
            ]
        },
    )
    old = now - timedelta(days=5)
    events = [
        bought("a", old, "Product Viewed"),
        bought("b", old, "Product Viewed"),
        bought("b", old + timedelta(days=1)),
        bought("c", old),
        bought("c", old + timedelta(days=2)),
        bought("d", now, "Hello") | {"type": "identify", "traits": {"history": 200}},
    ]
    ingest(events, source="test", now=now)
    grant = consent.ConsentRow(
        person_id=who("a"),
        purpose="direct_marketing",
        channel="email",
        action="grant",
        evidence=EVIDENCE,
    )
    consent.record_bulk(by=Actor.system(), now=now, rows=[grant], source="test")

    actions.follow([who(name) for name in "abcd"], now=now)

    assert of("looked-only") == [who("a")]
    assert of("buyers") == sorted([who("b"), who("c")])
    assert of("may-write") == [who("a")]
    assert of("mixed") == sorted([who("c"), who("d")])


def test_a_load_is_left_to_one_rebuild(
    analyst: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(
        actions.current_app, "send_task", lambda name, **_: sent.append(name)
    )
    ids = [c.pk for c in make.customers([{"history": 500}] * 3, now=now)]
    make.segment(analyst, now)

    with django_capture_on_commit_callbacks(execute=True):
        actions.follow(ids, now=now)
        actions.follow(ids, now=now)

    assert sent == ["decisioning.rebuild_segments"]
    assert of("good-buyers") == []


def test_rules_are_compiled_again_after_a_change_by_sql(
    analyst: Actor, now: datetime
) -> None:
    (one,) = make.customers([{"history": 50}], now=now)
    make.segment(analyst, now)
    actions.follow([one.pk], now=now)
    assert of("good-buyers") == []

    Segment.objects.update(rule={"version": 1, "rule": {"all": []}})
    actions.follow([one.pk], now=now)

    assert of("good-buyers") == [one.pk]
