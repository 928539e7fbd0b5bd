from datetime import timedelta
from typing import Any

import pytest

from decisioning.caps.models import Budget, Contact
from decisioning.customers.models import Customer
from decisioning.engine import actions as engine
from decisioning.engine import queries
from decisioning.engine.core.explain import NO_DATA
from decisioning.engine.models import Decision, StandingDecision
from decisioning.experiments.models import Assignment, Experiment
from governance.consent.models import ConsentHead
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import World, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def coats(world: World) -> World:
    place = shop.placement()
    offers = [shop.offer("coats", [place]), shop.offer("hats", [place], value_minor=10)]
    shop.use_case(world, offers, [place])
    shop.customer("c-1")
    return world


def test_the_best_allowed_offer_is_shown_logged_and_reserved(coats: World) -> None:
    told = ask("c-1")
    item = told["items"][0]
    assert told["mode"] == "personalised"
    assert (item["offer"], item["creative"], item["content"]) == (
        "coats",
        "a",
        {"headline": "coats"},
    )
    assert item["propensity"] == 1.0
    assert item["why"] == NO_DATA
    row = Decision.objects.get(pk=told["decisionId"])
    assert (row.mode, row.offer_key, row.consent_version) == (
        "personalised",
        "coats",
        1,
    )
    assert Contact.objects.get().decision_id == row.pk
    assert StandingDecision.objects.get().decision_id == row.pk
    assert Assignment.objects.get().arm == "new"


def test_asking_again_gives_the_same_decision_and_reserves_nothing(
    coats: World,
) -> None:
    first, again = ask("c-1"), ask("c-1")
    assert first["decisionId"] == again["decisionId"]
    assert first["items"] == again["items"]
    assert (Contact.objects.count(), Decision.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("switches", "reason"),
    [
        ({"personalisation_off": True}, "consent.personalisation_off"),
        ({"channels_off": frozenset({"web"})}, "consent.channel_off"),
        ({"paused_until": {"": shop.LATER}}, "consent.paused"),
    ],
)
def test_after_off_the_very_next_decision_is_the_default(
    coats: World, switches: Any, reason: str
) -> None:
    before = ask("c-1")
    shop.say(Customer.objects.get(), "grant", **switches)
    after = ask("c-1")
    assert (after["mode"], after["reason"]) == ("default", reason)
    assert after["items"][0]["content"] == {"headline": "Welcome"}
    contact = Contact.objects.get(decision_id=before["decisionId"])
    assert contact.released_at is not None


def test_a_refused_topic_is_not_shown_however_much_it_is_worth(world: World) -> None:
    place = shop.placement()
    offers = [
        shop.offer("coats", [place], topic="outdoor"),
        shop.offer("mugs", [place], topic="indoor", value_minor=10),
    ]
    shop.use_case(world, offers, [place])
    who = shop.customer("c-1")
    before = ask("c-1")
    shop.say(who, "grant", no_topic="outdoor")

    after = ask("c-1")

    assert before["items"][0]["offer"] == "coats"
    assert after["items"][0]["offer"] == "mugs"
    told = {c.offer: c.reason for c in queries.trace(after["decisionId"]).candidates}
    assert told == {"coats": "consent.withdrawn", "mugs": "chosen"}


def test_a_standing_decision_falls_to_a_lower_own_limit(world: World) -> None:
    places = [shop.placement("a"), shop.placement("b")]
    offer = shop.offer("coats", places)
    shop.use_case(world, [offer], places)
    shop.customer("c-1")
    ask("c-1", "a")
    assert ask("c-1", "b")["mode"] == "personalised"
    ConsentHead.objects.update(max_contacts_per_week=1)

    again = ask("c-1", "b")

    assert (again["mode"], again["reason"]) == ("default", "caps.own_limit")


@pytest.mark.parametrize("arm", ["control", "other"])
def test_a_standing_decision_falls_when_the_arms_are_drawn_anew(
    coats: World, arm: str
) -> None:
    assert ask("c-1")["experiment"]["arm"] == "new"
    shares = {"control": 0.0, "new": 0.0, "other": 0.0, arm: 1.0}
    Experiment.objects.update(
        arms=[{"key": key, "share": share} for key, share in shares.items()]
    )

    assert ask("c-1")["experiment"]["arm"] == arm


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("deny", "consent.withdrawn"),
        ("object", "consent.objected"),
        ("", "consent.unknown"),
    ],
)
def test_without_consent_the_default_is_shown(
    coats: World, says: str, reason: str
) -> None:
    shop.customer("c-2", says=says)
    told = ask("c-2")
    assert (told["mode"], told["reason"]) == ("default", reason)
    assert not Contact.objects.exists()


def test_the_customers_own_limit_holds(coats: World) -> None:
    ConsentHead.objects.update(max_contacts_per_week=0)
    told = ask("c-1")
    assert (told["mode"], told["reason"]) == ("default", "caps.own_limit")


@pytest.mark.parametrize(
    ("scope", "scope_key", "is_held"),
    [
        ("all", "", True),
        ("channel", "web", True),
        ("channel", "email", False),
        ("offer", "coats", True),
        ("topic", "outdoor", True),
        ("topic", "indoor", False),
        ("use_case", "warm-up", True),
    ],
)
def test_a_cap_counts_what_is_in_its_scope(
    world: World, scope: str, scope_key: str, is_held: bool
) -> None:
    places = [shop.placement("a"), shop.placement("b")]
    offers = [shop.offer("coats", places, topic="outdoor")]
    shop.use_case(world, offers, places)
    shop.cap(1, scope, scope_key)
    shop.customer("c-1")
    assert ask("c-1", "a")["mode"] == "personalised"
    second = ask("c-1", "b")
    expected = (
        ("default", "caps.limit_reached") if is_held else ("personalised", "chosen")
    )
    assert (second["mode"], second["reason"]) == expected
    if is_held:
        told = queries.trace(second["decisionId"])
        [opens] = told.next_at.values()
        assert opens == Contact.objects.get().reserved_at + timedelta(days=7)


def test_a_reservation_that_is_not_shown_in_time_is_released_and_refunded(
    world: World,
) -> None:
    places = [shop.placement("a"), shop.placement("b")]
    money = shop.budget(150, scope_key="coats")
    offers = [shop.offer("coats", places, cost_minor=100)]
    shop.use_case(world, offers, places, reach={"budget": money.key})
    shop.cap(1)
    shop.customer("c-1")
    ask("c-1", "a")
    assert engine.release_unshown() == 0
    Contact.objects.update(release_at=shop.START)
    assert engine.release_unshown() == 1
    assert engine.release_unshown() == 0
    assert Budget.objects.get().used_minor == 0
    assert ask("c-1", "b")["mode"] == "personalised"


def test_a_shown_contact_is_never_released(coats: World) -> None:
    ask("c-1")
    Contact.objects.update(release_at=shop.START, shown_at=shop.START)
    assert engine.release_unshown() == 0


def test_control_holdout_and_those_not_reached_get_the_placements_default(
    world: World,
) -> None:
    place = shop.placement()
    arms = [
        {"key": "control", "share": 0.3},
        {"key": "holdout", "share": 0.3},
        {"key": "new", "share": 0.4},
    ]
    shop.use_case(
        world, [shop.offer("coats", [place])], [place], exposure=0.5, arms=arms
    )
    seen: dict[str, list[dict[str, Any]]] = {}
    for n in range(60):
        shop.customer(f"c-{n}")
        told = ask(f"c-{n}")
        seen.setdefault(told["reason"], []).append(told)
    assert set(seen) == {
        "chosen",
        "experiment.control",
        "experiment.holdout",
        "experiment.not_allocated",
    }
    for reason, answers in seen.items():
        shown = {"headline": "coats" if reason == "chosen" else "Welcome"}
        assert all(a["items"][0]["content"] == shown for a in answers)
    counted = sum(
        len(answers) for reason, answers in seen.items() if "not_" not in reason
    )
    assert Assignment.objects.count() == counted
    assert {a["mode"] for a in seen["experiment.control"]} == {"control"}
    assert {a["mode"] for a in seen["experiment.holdout"]} == {"holdout"}
    assert all(a["experiment"] is None for a in seen["experiment.not_allocated"])
    again = ask("c-0")
    first = next(a for answers in seen.values() for a in answers)
    if first["mode"] != "default":
        assert again["mode"] == first["mode"]


def test_a_scaled_use_case_keeps_a_holdout(world: World) -> None:
    place = shop.placement()
    shop.use_case(
        world,
        [shop.offer("coats", [place])],
        [place],
        state="scaled",
        experiment={"holdout_share": 0.5},
    )
    Experiment.objects.update(state="finished")
    for n in range(24):
        shop.customer(f"c-{n}")
    modes = {ask(f"c-{n}")["mode"] for n in range(24)}
    assert modes == {"personalised", "holdout"}


def test_a_test_without_a_running_experiment_reaches_nobody(coats: World) -> None:
    Experiment.objects.update(state="stopped")
    assert ask("c-1")["reason"] == "experiment.not_allocated"


def test_eligibility_and_audience_are_asked_of_traits_features_scores_and_events(
    world: World,
) -> None:
    place = shop.placement()
    rules = {
        "trait": {"field": "trait.tier", "op": "eq", "value": "gold"},
        "feature": {"field": "feature.orders_30d", "op": "ge", "value": 1},
        "score": {"field": "score.clv", "op": "gt", "value": 10},
        "event": {"did": "Order Completed", "at_least": 2, "within_days": 30},
        "context": {"field": "context.device", "op": "eq", "value": "mobile"},
    }
    offers = [
        shop.offer(name, [place], eligibility={"version": 1, "rule": rule})
        for name, rule in rules.items()
    ]
    shop.use_case(world, offers, [place])
    who = shop.customer("c-1", traits={"tier": "gold"})
    shop.knows(who, {"orders_30d": 2.0}, {"clv": 11.0}, orders=2)
    told = queries.trace(ask("c-1", device="mobile")["decisionId"])
    assert all(c.reason in ("chosen", "outranked") for c in told.candidates)
    shop.customer("c-2")
    told = queries.trace(ask("c-2", device="desktop")["decisionId"])
    assert {c.reason for c in told.candidates} == {"eligibility.offer_rule"}


def test_those_outside_the_audience_are_not_counted(world: World) -> None:
    place = shop.placement()
    shop.segment("gold", {"field": "trait.tier", "op": "eq", "value": "gold"})
    offers = [shop.offer("coats", [place])]
    shop.use_case(world, offers, [place], reach={"segment": "gold"})
    shop.customer("c-1", traits={"tier": "gold"})
    shop.customer("c-2")
    assert ask("c-1")["mode"] == "personalised"
    assert ask("c-2")["reason"] == "eligibility.audience"
    assert Assignment.objects.count() == 1


def test_every_way_to_fall_out_is_named(world: World) -> None:
    place, elsewhere = shop.placement(), shop.placement("cart")
    money = shop.budget(5, scope_key="dear")
    ways = {
        "eligibility.not_started": shop.offer("soon", [place], starts_at=shop.LATER),
        "eligibility.ended": shop.offer(
            "gone", [place], ends_at=shop.START + timedelta(days=1)
        ),
        "eligibility.no_creative": shop.offer("bare", [elsewhere]),
        "margin.below_floor": shop.offer("loss", [place], margin_minor=-1),
        "explanation.not_buildable": shop.offer(
            "mute", [place], why_signal="", eligibility=shop.KNOWN_TO_NOBODY
        ),
        "budget.exhausted": shop.offer("dear", [place], cost_minor=6),
        "chosen": shop.offer("coats", [place]),
    }
    assert money.limit_minor < ways["budget.exhausted"].cost_minor
    shop.use_case(world, list(ways.values()), [place])
    shop.customer("c-1", traits={"shelf": "top"})
    told = queries.trace(ask("c-1")["decisionId"])
    assert {c.reason: c.offer for c in told.candidates} == {
        reason: offer.key for reason, offer in ways.items()
    }
    assert sum(step.lost for step in told.funnel) + 1 == told.n_candidates
    assert told.funnel[-1].left == 1


def test_the_model_ranks_and_its_digest_is_logged(world: World) -> None:
    place = shop.placement()
    offers = [shop.offer("coats", [place]), shop.offer("hats", [place])]
    digest = shop.model("likes", ["coats", "hats"], [[1.0], [-1.0]])
    shop.use_case(world, offers, [place], logic={"scores": ["likes"]})
    for who, orders, best in (("c-1", 3.0, "coats"), ("c-2", -3.0, "hats")):
        shop.knows(shop.customer(who), {"orders_30d": orders}, {})
        told = ask(who)
        assert told["items"][0]["offer"] == best
        assert Decision.objects.get(pk=told["decisionId"]).model_digest == digest
    shop.customer("c-3")
    assert ask("c-3")["degraded"] == ["model"]


def test_the_use_case_of_higher_priority_decides_alone(world: World) -> None:
    place = shop.placement()
    low, high = shop.offer("low", [place]), shop.offer("high", [place], value_minor=1)
    shop.use_case(world, [low], [place], key="second", priority=10)
    shop.use_case(world, [high], [place], key="first", priority=90)
    shop.customer("c-1")
    assert ask("c-1")["items"][0]["offer"] == "high"
