"""Identities become one customer only where that is safe."""

import pytest

from decisioning.customers.core import Join, Link, plan

KNOWN = {("user", "ada"): 1, ("anonymous", "phone"): 2, ("user", "bob"): 3}


def test_each_new_identity_is_a_new_customer_once() -> None:
    made = plan([Link("x", None), Link("x", None), Link(None, "y")], {}, ())

    assert made.n_new == 2
    assert made.owner == {("user", "x"): -1, ("anonymous", "y"): -2}


def test_an_identify_joins_a_visitor_to_the_account() -> None:
    made = plan([Link("ada", "phone", joins=True)], KNOWN, {1, 3})

    assert made.joins == [Join(kept=1, merged=2, reason="identify")]


def test_a_track_that_names_both_joins_nothing() -> None:
    made = plan([Link("ada", "phone")], KNOWN, {1, 3})

    assert made.joins == []


def test_a_visitor_without_account_takes_the_first_user_id() -> None:
    made = plan([Link("cyd", "phone", joins=True)], KNOWN, {1, 3})

    assert made.owner["user", "cyd"] == 2
    assert made.n_new == 0


def test_a_shared_device_does_not_make_one_person_of_two() -> None:
    links = [Link("ada", "phone", joins=True), Link("bob", "phone", joins=True)]

    made = plan(links, KNOWN, {1, 3})

    assert made.joins == []
    assert made.owner["anonymous", "phone"] == 2
    assert made.shared == [("anonymous", "phone")]


def test_a_device_is_an_identity_beside_the_browser() -> None:
    links = [
        Link("ada", "one", joins=True, device="tablet"),
        Link("bob", "two", joins=True, device="tablet"),
    ]

    made = plan(links, KNOWN, {1, 3})

    assert made.owner["anonymous", "one"] == 1
    assert made.owner["anonymous", "two"] == 3
    assert made.owner["device", "tablet"] not in (1, 3)


def test_an_alias_of_somebody_elses_device_sets_it_apart() -> None:
    known = {**KNOWN, ("anonymous", "phone"): 1}

    made = plan(
        [Link("bob", None, "phone", joins=True)],
        known,
        {1, 3},
        accounts={("anonymous", "phone"): "ada"},
    )

    assert made.refused == []
    assert made.left == {("anonymous", "phone"): 1}


@pytest.mark.parametrize("previous", ["phone", "tablet"])
def test_an_alias_joins_a_known_or_unknown_device(previous: str) -> None:
    made = plan([Link("ada", None, previous, joins=True)], KNOWN, {1, 3})

    assert made.refused == []
    assert bool(made.joins) == (previous == "phone")
    assert ("anonymous", previous) in made.owner


def test_an_alias_of_two_identified_people_is_refused() -> None:
    made = plan([Link("ada", None, "bob", joins=True, position=5)], KNOWN, {1, 3})

    assert made.refused == [5]
    assert made.joins == []
