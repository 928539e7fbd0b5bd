"""Offers, creatives and placements: what is refused, and why."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning.offers import actions as offers
from decisioning.offers.models import Creative, Offer
from governance.types import Actor, Invalid, NotFound, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
CONTENT = {"headline": "Free delivery today", "url": "/delivery"}


@pytest.fixture
def owner(now: datetime) -> Actor:
    return make.actor("olga", Role.MARKETING_OWNER, now=now)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", " ", "Give the offer a name"),
        ("name", "x" * 121, "Keep it to 120"),
        ("value_minor", -1, "0 or more"),
        ("value_minor", 10**19, "0 or more"),
        ("margin_minor", 1201, "cannot be more than the value"),
        ("priority", 101, "0 to 100"),
        ("priority", float("nan"), "0 to 100"),
        ("currency", "pounds", "three letters"),
        ("starts_at", None, "from when"),
        ("benefit", "great", "good for the customer"),
        ("topic", "a\x00b", "cannot be stored"),
        ("why_signal", "x" * 141, "Keep it to 140"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_saved(
    owner: Actor, now: datetime, field: str, value: Any, told: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        make.offer(owner, now, **{field: value})

    assert told in refusal.value.fields[field]
    assert not Offer.objects.exists()


def test_an_end_before_the_start_is_refused(owner: Actor, now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        make.offer(owner, now, ends_at=now - timedelta(days=2))

    assert "later than the start" in refusal.value.fields["ends_at"]


def test_eligibility_is_checked_and_the_error_names_the_path(
    owner: Actor, now: datetime
) -> None:
    rule = {"all": [{"field": "trait.nowhere", "op": "eq", "value": 1}]}

    with pytest.raises(Invalid) as refusal:
        make.offer(owner, now, eligibility=rule)

    assert "rule › 1 › field" in refusal.value.fields["eligibility"]


def test_eligibility_may_read_the_moment_and_is_stored_versioned(
    owner: Actor, now: datetime
) -> None:
    rule = {"field": "context.device", "op": "eq", "value": "mobile"}

    make.offer(owner, now, eligibility=rule)

    assert Offer.objects.get().eligibility == {"version": 1, "rule": rule}


def test_a_rule_for_everyone_is_no_rule(owner: Actor, now: datetime) -> None:
    make.offer(owner, now, eligibility={"all": []})

    assert Offer.objects.get().eligibility is None


def test_two_offers_of_one_name_are_refused(owner: Actor, now: datetime) -> None:
    make.offer(owner, now)

    with pytest.raises(Invalid, match="Another offer has this name"):
        make.offer(owner, now)


def test_a_name_without_latin_letters_still_gets_a_key(
    owner: Actor, now: datetime
) -> None:
    offer = make.offer(owner, now, "無料配送")

    assert offer.key.startswith("offer-")


def test_an_unknown_field_is_an_error(owner: Actor, now: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        make.offer(owner, now, discount=3)

    assert refusal.value.fields == {"discount": "There is no such field."}


@pytest.mark.parametrize("key", ["", "Home", "a/b", "../etc", "home hero", "x" * 61])
def test_a_placement_key_that_breaks_references_is_refused(
    owner: Actor, now: datetime, key: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        make.placement(owner, now, key)

    assert "home.hero" in refusal.value.fields["key"]


@pytest.mark.parametrize(
    ("content", "slot"),
    [
        ({}, "headline"),
        ({"headline": "x" * 91}, "headline"),
        ({"headline": "Hi", "sound": "x"}, "sound"),
        ({"headline": "Hi", "body": 3}, "body"),
        ({"headline": "Hi", "url": "javascript:alert(1)"}, "url"),
        ({"headline": "Hi", "url": "//elsewhere.example"}, "url"),
        ({"headline": "Hi", "image": "javascript:alert(1)"}, "image"),
    ],
)
def test_content_that_cannot_be_shown_is_refused(
    owner: Actor, now: datetime, content: dict[str, Any], slot: str
) -> None:
    make.offer(owner, now)
    make.placement(owner, now)

    with pytest.raises(Invalid) as refusal:
        offers.save_creative(
            by=owner,
            now=now,
            offer_key="free-delivery",
            placement_key="home.hero",
            key="plain",
            content=content,
        )

    assert slot in refusal.value.fields
    assert not Creative.objects.exists()


def test_a_creative_saved_again_is_the_same_creative(
    owner: Actor, now: datetime
) -> None:
    make.offer(owner, now)
    make.placement(owner, now)
    where = {"offer_key": "free-delivery", "placement_key": "home.hero", "key": "plain"}

    offers.save_creative(by=owner, now=now, content=CONTENT, **where)
    offers.save_creative(
        by=owner, now=now, content={**CONTENT, "button": "See how"}, **where
    )

    creative = Creative.objects.get()
    assert (creative.revision, creative.content["button"]) == (2, "See how")


def test_a_creative_for_an_offer_that_is_not_there_is_not_found(
    owner: Actor, now: datetime
) -> None:
    make.placement(owner, now)

    with pytest.raises(NotFound):
        offers.save_creative(
            by=owner,
            now=now,
            offer_key="none",
            placement_key="home.hero",
            key="plain",
            content=CONTENT,
        )


def test_a_retired_offer_is_off_the_list_at_once(owner: Actor, now: datetime) -> None:
    from decisioning.offers import queries

    make.offer(owner, now)

    offers.retire_offer(by=owner, now=now, key="free-delivery")

    assert queries.offers() == []
    assert [o.key for o in queries.offers(with_retired=True)] == ["free-delivery"]


@pytest.mark.parametrize(
    ("slot", "text", "words"),
    [
        ("headline", "Hurry, almost gone", "urges without a real end date"),
        ("body", "You looked at blue jeans yesterday", "what we saw them do"),
        ("button", "No thanks, I'd rather pay more", "shames people"),
    ],
)
def test_copy_that_pushes_or_watches_is_not_saved(owner, now, slot, text, words):
    make.offer(owner, now)
    make.placement(owner, now)

    with pytest.raises(Invalid) as caught:
        offers.save_creative(
            by=owner,
            now=now,
            offer_key="free-delivery",
            placement_key="home.hero",
            key="a",
            content={"headline": "New tents", slot: text},
        )

    assert words in caught.value.fields[slot]
