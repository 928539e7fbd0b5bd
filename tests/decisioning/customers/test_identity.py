"""Devices that two people use, addresses as keyed hashes, refusals that travel."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from decisioning.customers.core import ANONYMOUS, USER, Link, plan
from decisioning.customers.models import CustomerIdentity
from decisioning.events.models import Event
from governance.consent import actions as consent
from governance.consent import suppressions
from governance.consent.queries import head
from governance.rights.models import Complaint
from governance.types import Actor
from tests.decisioning.customers.test_merging import identify, of, order, send

SYSTEM = Actor.system("test")
HOUR = timedelta(hours=1)


def signs_in(user: str, device: str) -> Link:
    return Link(user, device, joins=True)


def test_a_second_account_on_a_device_sets_the_device_apart() -> None:
    known = {(USER, "u"): 1, (ANONYMOUS, "a"): 1}

    made = plan([signs_in("v", "a")], known, {1})

    assert made.shared == [(ANONYMOUS, "a")]
    assert len({made.owner[USER, "u"], made.owner[USER, "v"]}) == 2
    assert made.owner[ANONYMOUS, "a"] not in (1, made.owner[USER, "v"])
    assert made.joins == []


def test_a_shared_device_joins_nobody_any_more() -> None:
    known = {(USER, "u"): 1, (ANONYMOUS, "a"): 2}

    made = plan([signs_in("u", "a")], known, {1}, {(ANONYMOUS, "a")})

    assert made.joins == []
    assert made.owner[ANONYMOUS, "a"] == 2
    assert made.shared == []


@pytest.fixture
def shared(db: None, now: datetime) -> datetime:
    send(now - 3 * HOUR, identify({"hat": 3}, userId="u", anonymousId="a"))
    send(now - 2 * HOUR, identify(userId="v", anonymousId="a"))
    return now


def test_what_happens_on_a_shared_device_is_neither_accounts(shared: datetime) -> None:
    send(shared, order(anonymousId="a"))

    visitor = of("anonymous", "a")
    assert visitor not in (of("user", "u"), of("user", "v"))
    assert Event.objects.filter(customer_id=visitor.pk).count() == 1
    assert of("user", "v").traits == {}
    assert CustomerIdentity.objects.get(value="a").shared_at is not None


def test_signing_in_again_does_not_bring_a_shared_device_back(shared: datetime) -> None:
    send(shared - HOUR, order(anonymousId="a"))

    send(shared, identify(userId="u", anonymousId="a"))

    assert of("anonymous", "a") != of("user", "u")
    assert not Event.objects.filter(
        customer_id=of("user", "u").pk, name="Order Completed"
    ).exists()


def test_the_owner_of_a_device_keeps_it_while_nobody_else_signs_in(
    db: None, now: datetime
) -> None:
    send(now - HOUR, identify(userId="u", anonymousId="a"))

    send(now, order(anonymousId="a"), identify(userId="u", anonymousId="a"))

    assert of("anonymous", "a") == of("user", "u")


def email_of(person: int) -> list[str]:
    found = CustomerIdentity.objects.filter(kind="email", customer_id=person)
    return list(found.values_list("value", flat=True))


def test_an_address_becomes_an_identity_as_a_keyed_hash(
    db: None, now: datetime
) -> None:
    send(now, identify({"email": " Una@Example.org "}, userId="u"))

    (stored,) = email_of(of("user", "u").pk)
    assert stored == suppressions.hash_of("email", "una@example.org")
    assert "una" not in stored.lower()


def test_a_new_address_replaces_the_old_identity(db: None, now: datetime) -> None:
    send(now - HOUR, identify({"email": "old@example.org"}, userId="u"))

    send(now, identify({"email": "new@example.org"}, userId="u"))

    assert email_of(of("user", "u").pk) == [
        suppressions.hash_of("email", "new@example.org")
    ]


def test_the_same_address_joins_nobody(db: None, now: datetime) -> None:
    send(now - HOUR, identify({"email": "both@example.org"}, userId="u"))

    send(
        now,
        identify({"email": "both@example.org"}, userId="v"),
        identify({"email": "both@example.org"}, anonymousId="a"),
    )

    assert len({of("user", "u"), of("user", "v"), of("anonymous", "a")}) == 3
    assert email_of(of("user", "v").pk) == []


def test_a_suppressed_address_bars_whoever_brings_it_back(
    db: None, now: datetime
) -> None:
    suppressions.add(
        by=SYSTEM,
        now=now,
        channel="email",
        addresses=["back@example.org"],
        why="erased",
        source="erasure",
    )

    send(now, identify({"email": "Back@example.org"}, userId="u"))

    found = head(of("user", "u").pk)
    assert found is not None
    assert "email" in found.suppressed


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        ({"action": "topic_off", "topic": "tea"}, lambda h: "tea" in h.topics_off),
        ({"action": "suppress", "channel": "sms"}, lambda h: "sms" in h.suppressed),
        (
            {"action": "age", "evidence": {"status": "child"}},
            lambda h: h.age.value == "child",
        ),
        (
            {"action": "limit", "evidence": {"per_week": 1}},
            lambda h: h.max_per_week == 1,
        ),
    ],
    ids=["topic", "suppression", "child", "limit"],
)
def test_a_visitors_limits_become_the_accounts(
    db: None, now: datetime, row, holds
) -> None:
    send(now - 2 * HOUR, order(anonymousId="a"), order(userId="u"))
    told = consent.ConsentRow(person_id=of("anonymous", "a").pk, purpose="", **row)
    consent.record_bulk(by=SYSTEM, now=now, rows=[told], source="test")

    send(now, identify(userId="u", anonymousId="a"))

    found = head(of("user", "u").pk)
    assert found is not None
    assert holds(found)


def test_a_visitors_complaint_follows_them(db: None, now: datetime) -> None:
    complaint = {"type": "track", "event": "Complaint Raised", "anonymousId": "a"}
    send(
        now - HOUR, {**complaint, "properties": {"text": "Too many"}}, order(userId="u")
    )

    send(now, identify(userId="u", anonymousId="a"))

    assert Complaint.objects.get().person_id == of("user", "u").pk


def resolved(user: str | None, device: str | None) -> int | None:
    from decisioning.engine.reading import WHO

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.id FROM (SELECT 1) one {WHO}",
            {"user": user, "anonymous": device},
        )
        row = cursor.fetchone()
    return row[0] if row else None


def test_a_decision_for_somebody_unknown_is_not_made_for_the_devices_owner(
    db: None, now: datetime
) -> None:
    send(now, identify(userId="u", anonymousId="a"), order(anonymousId="b"))

    assert resolved("u", "a") == of("user", "u").pk
    assert resolved(None, "a") == of("user", "u").pk
    assert resolved("v", "a") is None
    assert resolved("v", "b") == of("anonymous", "b").pk


def on(device: object) -> dict[str, object]:
    return {"context": {"device": {"id": device}}}


def test_a_device_without_a_browsers_id_is_a_visitor_of_its_own(
    db: None, now: datetime
) -> None:
    send(now - HOUR, order(**on("tv-1")))
    visitor = of("device", "tv-1")

    send(now, identify(userId="u", **on("tv-1")))

    assert of("device", "tv-1") == of("user", "u") == visitor
    assert Event.objects.filter(customer_id=visitor.pk).count() == 2


def test_a_device_of_two_accounts_belongs_to_neither(db: None, now: datetime) -> None:
    send(now - 3 * HOUR, identify(userId="u", anonymousId="a", **on("tablet")))
    send(now - 2 * HOUR, identify(userId="v", anonymousId="b", **on("tablet")))

    send(now, order(**on("tablet")))

    assert of("device", "tablet") not in (of("user", "u"), of("user", "v"))
    assert of("anonymous", "a") == of("user", "u")
    assert of("anonymous", "b") == of("user", "v")
    shop = Event.objects.get(name="Order Completed")
    assert shop.customer_id == of("device", "tablet").pk


@pytest.mark.parametrize(
    "told",
    [
        "00000000-0000-0000-0000-000000000000",
        "9774d56d682e549c",
        "unknown",
        "",
        True,
        ["x"],
        "x" * 300,
    ],
)
def test_what_many_devices_say_alike_names_none(
    db: None, now: datetime, told: object
) -> None:
    send(now, identify(userId="u", **on(told)))

    assert not CustomerIdentity.objects.filter(kind="device").exists()


def test_what_came_before_the_second_account_leaves_with_the_device(
    db: None, now: datetime
) -> None:
    send(now - 3 * HOUR, identify({"hat": 3}, userId="u", anonymousId="a"))
    send(now - 2 * HOUR, order(anonymousId="a"), identify({"hat": 9}, anonymousId="a"))
    assert of("user", "u").traits == {"hat": 9}

    send(now, identify(userId="v", anonymousId="a"))

    device = of("anonymous", "a")
    assert of("user", "u").traits == {"hat": 3}
    assert device.traits == {"hat": 9}
    assert Event.objects.get(name="Order Completed").customer_id == device.pk
    assert of("user", "u").last_seen_at == now - 3 * HOUR
