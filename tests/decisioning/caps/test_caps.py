"""Caps and budgets: bounds, and who stands at their cap now."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning.caps import actions as caps
from decisioning.caps import queries
from decisioning.caps.core import window_words
from decisioning.caps.models import Budget, Cap, Contact
from governance.types import Actor, Invalid, Role
from tests.factories import configuration as make


@pytest.fixture
def owner(db: None, now: datetime) -> Actor:
    return make.actor("carl", Role.CHANNEL_OWNER, now=now)


def contact(customer_id: int, at: datetime, **more: Any) -> Contact:
    fields = {
        "decision_id": uuid.uuid4(),
        "channel": "web",
        "topic": "",
        "offer_key": "free-delivery",
        "use_case_key": "win-back",
        "placement_key": "home.hero",
        "reserved_at": at,
        "release_at": at + timedelta(minutes=15),
        "shown_at": at,
        **more,
    }
    return Contact.objects.create(customer_id=customer_id, **fields)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(minutes=90), "90 minutes"),
    ],
)
def test_a_window_reads_in_its_largest_whole_unit(
    window: timedelta, words: str
) -> None:
    assert window_words(window) == words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("scope", "planet"),
        ("n", -1),
        ("n", 10_001),
        ("window", timedelta(seconds=59)),
        ("window", timedelta(days=367)),
    ],
)
def test_a_cap_out_of_bounds_is_refused(
    owner: Actor, now: datetime, field: str, value: Any
) -> None:
    with pytest.raises(Invalid) as refusal:
        make.cap(owner, now, **{field: value})

    assert set(refusal.value.fields) == {field}
    assert not Cap.objects.exists()


def test_a_cap_on_one_channel_must_say_which(owner: Actor, now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        make.cap(owner, now, scope="channel")

    assert "which one" in refusal.value.fields["scope_key"]


def test_a_cap_on_everything_names_nothing(owner: Actor, now: datetime) -> None:
    make.cap(owner, now, scope="all", scope_key="web")

    assert Cap.objects.get().scope_key == ""


def test_customers_at_their_cap_are_those_with_n_contacts_in_the_window(
    owner: Actor, now: datetime
) -> None:
    cap = make.cap(owner, now, n=2)
    for person, days in ((1, (1, 2)), (2, (1, 8)), (3, (1,))):
        for day in days:
            contact(person, now - timedelta(days=day))

    assert queries.customers_at_cap(cap, now) == 1


def test_released_and_lapsed_contacts_do_not_count(owner: Actor, now: datetime) -> None:
    cap = make.cap(owner, now, n=1)
    contact(1, now - timedelta(hours=1), released_at=now)
    contact(2, now - timedelta(hours=1), shown_at=None)
    contact(3, now - timedelta(minutes=5), shown_at=None)

    assert queries.customers_at_cap(cap, now) == 1


@pytest.mark.parametrize(
    ("scope", "scope_key", "expected"),
    [
        ("channel", "web", 1),
        ("channel", "email", 0),
        ("offer", "free-delivery", 1),
        ("use_case", "other", 0),
    ],
)
def test_only_contacts_in_scope_count(
    owner: Actor, now: datetime, scope: str, scope_key: str, expected: int
) -> None:
    cap = make.cap(owner, now, n=1, scope=scope, scope_key=scope_key)
    contact(1, now - timedelta(hours=1))

    assert queries.customers_at_cap(cap, now) == expected


def test_a_budget_below_what_is_spent_is_refused(owner: Actor, now: datetime) -> None:
    budget = make.budget(owner, now)
    Budget.objects.update(used_minor=50_000)

    with pytest.raises(Invalid) as refusal:
        make.budget(owner, now, key=budget.key, limit_minor=40_000)

    assert "spent already" in refusal.value.fields["limit_minor"]
    assert Budget.objects.get().limit_minor == 100_000


def test_saving_a_budget_keeps_what_is_used(owner: Actor, now: datetime) -> None:
    budget = make.budget(owner, now)
    Budget.objects.update(used_minor=50_000)

    make.budget(owner, now, key=budget.key, limit_minor=90_000)

    row = Budget.objects.get()
    assert (row.limit_minor, row.used_minor) == (90_000, 50_000)


def test_a_retired_cap_is_off_the_list(owner: Actor, now: datetime) -> None:
    cap = make.cap(owner, now)

    caps.retire_cap(by=owner, now=now, key=cap.key)

    assert queries.caps() == []
