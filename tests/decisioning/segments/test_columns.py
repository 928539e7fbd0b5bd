"""The picture of columns selects the customers for whom the rule in memory is true."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from decisioning.customers.models import Customer
from decisioning.rules.core import Rule, evaluate, load
from decisioning.segments import columns, pictures, queries
from decisioning.segments.columns import Picture
from governance.consent.core import ORDINARY
from governance.types import Actor, Role
from tests.decisioning.rules.strategies import NOW, Person, people, rules
from tests.decisioning.rules.test_sql_agrees_with_core import (
    store,
    telling_people,
    telling_rules,
)
from tests.factories import configuration as make

PLACES = {"orders_30d": 0, "spend": 1, "recency": 2}


@pytest.fixture(autouse=True)
def _places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "FEATURE_INDEX", PLACES)


def assert_agreement(persons: list[Person], trees: list[Rule]) -> None:
    with transaction.atomic():
        by_id = store(persons)
        picture = Picture(NOW, ORDINARY)
        for rule in trees:
            wanted = {pk for pk, p in by_id.items() if evaluate(rule, p.profile(), NOW)}
            held = {int(pk) for pk in picture.ids[picture.mask(rule)]}
            assert held & set(by_id) == wanted, rule
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(
    st.lists(people, min_size=1, max_size=6), st.lists(rules, min_size=5, max_size=20)
)
def test_columns_and_memory_select_the_same_customers(
    persons: list[Person], trees: list[Rule]
) -> None:
    assert_agreement(persons, trees)


@pytest.mark.django_db
def test_columns_agree_on_every_kind_of_value() -> None:
    assert_agreement(telling_people(), telling_rules())


@pytest.fixture
def crowd(now: datetime) -> Actor:
    make.element("history", now=now, label="Past spend")
    make.customers([{"history": i} for i in range(300)], now=now)
    return make.actor("ana", Role.ANALYST, now=now)


@pytest.mark.django_db
def test_a_preview_on_a_picture_says_what_the_database_says(
    crowd: Actor, now: datetime
) -> None:
    make.segment(crowd, now)
    rule = load(
        {
            "all": [
                {"field": "trait.history", "op": "lt", "value": 250},
                {"not": {"segment": "good-buyers"}},
            ]
        }
    )
    picture = Picture(now, ORDINARY)

    drawn = queries.preview(rule, now=now, picture=picture)
    read = queries.preview(rule, now=now)

    assert (drawn.n, drawn.n_all, drawn.steps) == (read.n, read.n_all, read.steps)
    assert drawn.n == 100
    assert (drawn.elements, drawn.words) == (read.elements, read.words)
    assert queries.overlaps(rule, now=now, picture=picture) == queries.overlaps(
        rule, now=now
    )
    assert len(drawn.sample) == 8
    assert not drawn.is_of_this_moment


@pytest.mark.django_db
def test_a_picture_is_of_its_moment(crowd: Actor, now: datetime) -> None:
    picture = Picture(now, ORDINARY)
    rule = load(make.AT_LEAST_100)
    assert int(picture.mask(rule).sum()) == 200

    Customer.objects.all().update(traits={"history": 1})

    assert int(picture.mask(rule).sum()) == 200
    assert int(Picture(now, ORDINARY).mask(rule).sum()) == 0


@pytest.mark.django_db
def test_few_customers_are_counted_by_the_database(crowd: Actor, now: datetime) -> None:
    assert pictures.current(now) is None


@pytest.mark.django_db
def test_many_are_counted_on_a_picture_that_is_drawn_again_when_it_is_old(
    crowd: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "COUNTED_BY_DATABASE", -2)
    pictures.forget()

    first = pictures.current(now)
    assert first is not None
    first.mask(load(make.AT_LEAST_100))
    again = pictures.current(now + timedelta(seconds=9))
    late = pictures.current(now + pictures.USABLE + timedelta(seconds=1))

    assert again is first
    assert late is not None
    assert late.at > first.at
    assert late.column_keys == ["field trait.history"]
    pictures.forget()
