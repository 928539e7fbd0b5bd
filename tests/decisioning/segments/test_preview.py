"""Who is in a segment: counts, words, sample, overlap; and what cannot be saved."""

from datetime import datetime, timedelta

import pytest

from decisioning.events.models import Event
from decisioning.rules.core import EVERYONE, load
from decisioning.segments import queries
from decisioning.segments.core import small_cell
from decisioning.segments.models import Segment
from governance.types import Actor, Invalid, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db

BOUGHT_TWICE = {
    "did": "Order Completed",
    "at_least": 2,
    "within_days": 30,
    "where": [{"property": "category", "op": "eq", "value": "shoes"}],
}
NESTED = {
    "all": [
        {"field": "trait.history", "op": "ge", "value": 100},
        {
            "any": [
                {"field": "trait.channel", "op": "in", "values": ["Web"]},
                BOUGHT_TWICE,
            ]
        },
        {"not": {"field": "trait.newbie", "op": "eq", "value": True}},
    ]
}


@pytest.fixture
def analyst(now: datetime) -> Actor:
    make.element("history", now=now, label="Past spend")
    make.element("channel", now=now, kind="text", choices=["Web", "Phone"])
    make.element("newbie", now=now, kind="yes_no")
    return make.actor("ana", Role.ANALYST, now=now)


@pytest.fixture
def people(now: datetime) -> None:
    rows = make.customers(
        [
            {"history": 500, "channel": "Web", "newbie": False},
            {"history": 500, "channel": "Phone", "newbie": False},
            {"history": 500, "channel": "Web", "newbie": True},
            {"history": 50, "channel": "Web", "newbie": False},
            {},
        ],
        now=now,
    )
    Event.objects.bulk_create(
        Event(
            customer_id=rows[1].pk,
            type="track",
            name="Order Completed",
            occurred_at=now - timedelta(days=day),
            received_at=now,
            properties={"category": "shoes"},
            source="test",
        )
        for day in (1, 2)
    )


def test_each_step_counts_who_is_left(
    analyst: Actor, people: None, now: datetime
) -> None:
    found = queries.preview(load(NESTED), now=now)

    assert (found.n, found.n_all) == (2, 5)
    assert [step.n_left for step in found.steps] == [5, 3, 3, 2]
    assert found.steps[0].words == "Everyone."
    assert "Past spend".lower() in found.steps[1].words.lower()
    assert found.share == pytest.approx(0.4)
    assert queries.count(load(NESTED), now=now) == 2


def test_the_sample_shows_pseudonyms_and_known_traits_only(
    analyst: Actor, people: None, now: datetime
) -> None:
    found = queries.preview(load(NESTED), now=now)

    assert [one.pseudonym for one in found.sample] == ["p-00000", "p-00001"]
    assert dict(found.sample[0].traits)["newbie"] == "no"


def test_it_names_the_data_elements_it_reads(
    analyst: Actor, people: None, now: datetime
) -> None:
    found = queries.preview(load(NESTED), now=now)

    assert {"history", "channel", "newbie"} <= set(found.elements)
    assert any("Order Completed" in name for name in found.elements)


def test_everyone_is_everyone(analyst: Actor, people: None, now: datetime) -> None:
    found = queries.preview(EVERYONE, now=now)

    assert (found.n, found.n_all, len(found.steps)) == (5, 5, 1)


def test_merged_customers_are_counted_once(
    analyst: Actor, people: None, now: datetime
) -> None:
    from decisioning.customers.models import Customer

    first, second = Customer.objects.order_by("pk")[:2]
    Customer.objects.filter(pk=second.pk).update(merged_into=first)

    assert queries.preview(EVERYONE, now=now).n_all == 4


def test_overlap_counts_both_and_the_other(
    analyst: Actor, people: None, now: datetime
) -> None:
    web = {"field": "trait.channel", "op": "eq", "value": "Web"}
    make.segment(analyst, now, "Web buyers", rule=web)
    own = make.segment(analyst, now, "Spenders")

    (found,) = queries.overlaps(load(own.rule), now=now, but_not=own.key)

    assert (found.name, found.n_both, found.n_other) == ("Web buyers", 2, 3)


def test_a_rule_survives_saving_and_loading(analyst: Actor, now: datetime) -> None:
    make.segment(analyst, now, rule=NESTED)

    stored = Segment.objects.get().rule
    assert stored["rule"] == NESTED
    assert load(stored) == load(NESTED)


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("{not json", "rule"),
        ({"all": [{"field": "trait.nowhere", "op": "eq", "value": 1}]}, "rule › 1"),
        ({"field": "context.device", "op": "eq", "value": "mobile"}, "rule › field"),
        (
            {"all": [{"field": "trait.history", "op": "ge", "value": "x"}]},
            "rule › 1 › value",
        ),
        ({"did": "Danced"}, "rule › did"),
        ({"any": [{"not": {"all": []}}]}, "rule › 1 › 1"),
    ],
)
def test_a_rule_that_cannot_be_read_names_the_path(
    analyst: Actor, now: datetime, rule: object, path: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        make.segment(analyst, now, rule=rule)

    assert refusal.value.fields["rule"].startswith(path)
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("n", "shown"), [(0, "0"), (9, "<10"), (10, "10"), (4646, "4,646")]
)
def test_small_counts_are_not_said_aloud(n: int, shown: str) -> None:
    assert small_cell(n) == shown
