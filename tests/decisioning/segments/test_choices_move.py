"""What somebody allows or takes back moves them in and out of segments at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from decisioning.customers.models import Customer
from decisioning.segments import actions, moving
from decisioning.segments.models import SegmentMembership
from governance.consent import actions as consent
from governance.consent import queries as consents
from governance.consent.core import may
from governance.installation.queries import now as clock
from governance.types import Actor, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("tests")
MAY_WRITE = {"may": "direct_marketing", "channel": "email"}


@pytest.fixture
def analyst() -> Actor:
    make.element("history", now=clock(), label="Past spend")
    return make.actor("ana", Role.ANALYST, now=clock())


@pytest.fixture
def person(analyst: Actor) -> int:
    row, *_ = make.customers([{"history": 500}] * 4, now=clock())
    make.segment(analyst, clock(), "May write", rule=MAY_WRITE)
    make.segment(analyst, clock(), "Good buyers", rule=make.AT_LEAST_100)
    actions.follow([row.pk], now=clock())
    return int(row.pk)


def choose(person: int, action: str) -> None:
    consent.record(
        by=SYSTEM,
        now=clock(),
        person_id=person,
        purpose="direct_marketing",
        channel="email",
        action=action,
        source="preferences",
    )


def stays(person: int, key: str = "may-write") -> list[tuple[bool, str, str]]:
    rows = SegmentMembership.objects.filter(customer_id=person, segment__key=key)
    told = rows.order_by("pk").values_list("left_at", "entry_cause", "exit_cause")
    return [(left is None, came, went) for left, came, went in told]


def test_a_grant_lets_in_and_a_withdrawal_puts_out_at_once(person: int) -> None:
    assert stays(person) == []

    choose(person, "grant")
    assert stays(person) == [(True, "event", "")]

    choose(person, "withdraw")
    assert stays(person) == [(False, "event", "event")]
    assert stays(person, "good-buyers") == [(True, "event", "")]


def test_pausing_turning_off_and_on_again_move_too(person: int) -> None:
    choose(person, "grant")
    told = {"by": SYSTEM, "now": clock(), "person_id": person, "source": "test"}

    consent.pause(**told, days=7)
    assert [is_in for is_in, *_ in stays(person)] == [False]
    consent.unpause(**told)
    consent.turn_everything_off(**told)
    consent.turn_on(**told)

    assert [is_in for is_in, *_ in stays(person)] == [False, False, True]


def test_many_choices_at_once_move_all_of_them(person: int) -> None:
    others = list(Customer.objects.exclude(pk=person).values_list("pk", flat=True))
    rows = [
        consent.ConsentRow(
            person_id=each,
            purpose="direct_marketing",
            channel="email",
            action="grant",
            evidence={"evidence": "complete"},
        )
        for each in others
    ]

    consent.record_bulk(by=SYSTEM, now=clock(), rows=rows, source="test")

    inside = SegmentMembership.objects.filter(segment__key="may-write", left_at=None)
    assert len(others) == 3
    assert sorted(inside.values_list("customer_id", flat=True)) == sorted(others)


def test_a_grant_that_runs_out_puts_out_when_it_is_written_down(person: int) -> None:
    consent.record(
        by=SYSTEM,
        now=clock(),
        person_id=person,
        purpose="direct_marketing",
        channel="email",
        action="grant",
        source="test",
        valid_until=clock() + timedelta(hours=1),
    )

    consent.expire_due(now=clock() + timedelta(hours=2))

    assert [is_in for is_in, *_ in stays(person)] == [False]


def test_a_withdrawal_holds_though_nobody_can_be_moved(
    person: int,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    choose(person, "grant")
    sent: list[str] = []
    monkeypatch.setattr(
        actions.current_app, "send_task", lambda name, **_: sent.append(name)
    )

    def stuck(*_: Any, **__: Any) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(moving, "move_few", stuck)
    with django_capture_on_commit_callbacks(execute=True):
        choose(person, "withdraw")

    head = consents.head(person)
    answer = may(
        head, "direct_marketing", "email", now=clock(), policy=consents.policy()
    )
    assert not answer
    assert sent == ["decisioning.rebuild_segments"]


def test_the_short_patience_ends_with_the_move(person: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '7s'")
        choose(person, "grant")
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("7s",)


def test_where_no_rule_asks_about_consent_a_choice_costs_one_look(
    analyst: Actor, now: datetime, django_assert_num_queries: Any
) -> None:
    make.segment(analyst, now, rule=make.AT_LEAST_100)
    moving.current()

    with django_assert_num_queries(1):
        actions.follow_choices([1], now=now)


def test_new_words_that_end_old_grants_start_one_rebuild(
    person: int,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(
        actions.current_app, "send_task", lambda name, **_: sent.append(name)
    )
    told = {"by": SYSTEM, "now": clock(), "key": "marketing"}
    consent.add_notice(**told, text="We write to you.")

    with django_capture_on_commit_callbacks(execute=True):
        consent.add_notice(**told, text="We write, and pass it on.", is_material=True)

    assert sent == ["decisioning.rebuild_segments"]
