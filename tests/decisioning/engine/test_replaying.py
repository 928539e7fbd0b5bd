"""A logged decision decided again: the same, and only if everything is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from decisioning.engine import replaying
from decisioning.engine.core.pinned import unpin
from decisioning.engine.models import Decision, ServedTable
from governance.consent import actions as consent
from governance.consent import queries as consents
from governance.installation.queries import now as clock
from governance.types import Actor
from tests.decisioning.engine import world as shop

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
ELIGIBLE = {
    "version": 1,
    "rule": {
        "any": [
            {"field": "trait.tier", "op": "in", "values": ["gold"]},
            {"field": "feature.orders_30d", "op": "ge", "value": 2},
            {"not": {"did": "Order Completed", "at_least": 1, "within_days": 30}},
        ]
    },
}


def says_yes(person):
    return consent.record(
        by=SYSTEM,
        now=clock(),
        person_id=person.pk,
        purpose="personalise_onsite",
        channel="web",
        action="grant",
        source="tests",
    )


@pytest.fixture
def decided(world):
    """Decisions of several kinds, with rules, a model, caps, a holdout, a refusal."""
    place = shop.placement()
    offers = [
        shop.offer(f"coat-{n}", [place], value_minor=100 + n, eligibility=ELIGIBLE)
        for n in range(4)
    ]
    shop.cap(1)
    shop.model("likes", [o.key for o in offers], [[0.1], [0.3], [0.2], [0.25]])
    arms = [
        {"key": "control", "share": 0.5},
        {"key": "new", "share": 0.5, "role": "treatment"},
    ]
    shop.use_case(
        world,
        offers,
        [place],
        arms=arms,
        logic={"scores": ["likes"], "exploration_rate": 0.5},
    )
    for n in range(24):
        traits = {"tier": "gold"} if n % 3 else {}
        person = shop.customer(f"c-{n}", says="", traits=traits)
        shop.knows(person, {"orders_30d": float(n % 4)}, {}, orders=n % 2)
        if n % 6:
            says_yes(person)
        shop.ask(f"c-{n}")
    shop.ask("nobody")
    return list(Decision.objects.all())


def test_every_kind_of_decision_comes_out_the_same(decided):
    kinds = {(row.mode, row.reason) for row in decided}
    assert {mode for mode, _ in kinds} == {"personalised", "control", "default"}

    tally = replaying.sample(100, seed="a")

    assert [one.differences for one in tally.different] == []
    assert (tally.n_same, tally.n) == (25, 25)


def test_a_capped_decision_comes_out_capped_at_the_same_moment(world):
    place, other = shop.placement(), shop.placement("home.foot")
    offers = [shop.offer("coats", [place, other])]
    shop.cap(1)
    shop.use_case(world, offers, [place, other])
    says_yes(shop.customer("c-1", says=""))
    shop.ask("c-1")
    told = shop.ask("c-1", "home.foot")
    assert told["reason"] == "caps.limit_reached"

    found = replaying.replay(told["decisionId"])

    assert found.is_same, found


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("offer_key", "coat-0"),
        ("why", "You're seeing this."),
        ("reason", "budget.exhausted"),
        ("propensity", 0.123),
        ("content", {"headline": "another"}),
    ],
)
def test_a_decision_that_was_served_otherwise_is_told_apart(decided, column, value):
    row = next(r for r in decided if r.mode == "personalised")
    if getattr(row, column) == value:
        row = next(
            r
            for r in decided
            if r.mode == "personalised" and getattr(r, column) != value
        )
    setattr(row, column, value)

    found = replaying.again(row)

    assert [each.column for each in found.differences] == [column]


def test_consent_is_that_of_then_not_of_now(decided):
    row = next(r for r in decided if r.mode == "personalised")
    consent.record(
        by=SYSTEM,
        now=clock(),
        person_id=row.customer_id,
        purpose="personalise_onsite",
        channel="web",
        action="withdraw",
        source="tests",
    )

    assert replaying.again(row).is_same
    assert consents.head_at(row.customer_id, 99) is None


def test_a_pinned_table_is_made_again_to_the_letter(decided):
    stored = ServedTable.objects.get()
    table = unpin(stored.content)

    assert (table.digest, table.pinned) == (stored.digest, stored.content)
    assert table.n == 4


def test_what_cannot_be_decided_again_says_why(decided):
    row = decided[0]
    row.candidates = []
    assert "past their time" in replaying.again(row).missing
    row.customer_id = -5
    assert "erased" in replaying.again(row).missing


def test_the_command_tells_and_ends_with_one_on_a_difference(decided, monkeypatch):
    out = StringIO()
    call_command("replay", sample=10, stdout=out)
    assert "10 of 10 decisions come out the same." in out.getvalue()
    call_command("replay", decision=str(decided[0].pk), stdout=out)
    assert "The same choice" in out.getvalue()

    real = replaying._person
    monkeypatch.setattr(
        replaying, "_person", lambda row: replace(real(row), pseudonym="p-other")
    )
    with pytest.raises(CommandError, match="come out otherwise") as told:
        call_command("replay", sample=25, stdout=out)
    assert told.value.returncode == 1


def test_out_of_order_choices_hold_in_the_order_in_which_they_were_made(db):
    person = shop.customer("c-late", says="")
    start = clock() - timedelta(days=9)
    days = [("grant", 1), ("withdraw", 5), ("grant", 3), ("off", 4), ("on", 2)]
    for action, day in days:
        consent.record(
            by=SYSTEM,
            now=clock(),
            person_id=person.pk,
            purpose="personalise_onsite",
            action=action,
            source="tests",
            occurred_at=start + timedelta(days=day),
        )

    def held(day):
        head = consents.head_held(person.pk, start + timedelta(days=day))
        choices = [cell.choice.value for cell in head.cells.values()]
        return choices, head.personalisation_off

    assert held(0.5) == ([], False)
    assert held(3.5) == (["grant"], False)
    assert held(4.5) == (["grant"], True)
    assert held(6) == (["deny"], True)
    assert consents.head_known(person.pk, start).cells == {}
    assert consents.head_known(person.pk, clock()) == consents.head(person.pk)
