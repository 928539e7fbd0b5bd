"""Rules that name other segments: put in place, loops and strangers refused."""

import pytest

from decisioning.rules.core import (
    EVERYONE,
    All,
    Any,
    Catalogue,
    Compare,
    Did,
    EventInfo,
    InSegment,
    InvalidRule,
    KnownProfile,
    Loop,
    May,
    Not,
    Rule,
    Then,
    TooLarge,
    UnknownSegment,
    Unresolved,
    check,
    describe,
    dump,
    evaluate,
    fields_used,
    load,
    reached,
    resolved,
    segments_used,
)
from tests.decisioning.rules.strategies import NOW

RICH = Compare("trait.spend", "ge", 100)
NEW = Compare("trait.newbie", "eq", value=True)
LOOKED = Then(Did("Product Viewed", 1, 30), Did("Order Completed", 1, 3), False)
WORDS = Catalogue(
    fields={},
    events={
        "Product Viewed": EventInfo("Product Viewed", "looked at a product", "views"),
        "Order Completed": EventInfo("Order Completed", "placed an order", "orders"),
    },
    segments={"rich": "Rich"},
    consents={"direct_marketing": "direct marketing"},
    channels={"email": "by e-mail"},
)


def test_the_named_rule_stands_in_its_place_however_deep() -> None:
    rules: dict[str, Rule] = {"rich": RICH, "old": All((InSegment("rich"), Not(NEW)))}

    found = resolved(Any((Not(InSegment("old")), InSegment("rich"))), rules)

    assert found == Any((Not(All((RICH, Not(NEW)))), RICH))


def test_a_rule_without_names_is_left_as_it_is() -> None:
    rule = All((RICH, Not(NEW)))

    assert resolved(rule, {}) is rule


def test_a_circle_is_named_by_its_way_round() -> None:
    rules: dict[str, Rule] = {"a": InSegment("b"), "b": Not(InSegment("c"))}

    with pytest.raises(Loop, match="b → c → b"):
        resolved(InSegment("b"), rules | {"c": InSegment("b")})
    with pytest.raises(Loop, match="a → b → a"):
        resolved(InSegment("b"), {"b": InSegment("a")}, within=("a",))


def test_a_name_that_leads_nowhere_is_told() -> None:
    with pytest.raises(UnknownSegment, match="'gone'"):
        resolved(InSegment("gone"), {})


def test_names_that_double_at_each_level_end_somewhere() -> None:
    rules: dict[str, Rule] = {"s0": RICH}
    for n in range(12):
        rules[f"s{n + 1}"] = Any((InSegment(f"s{n}"), InSegment(f"s{n}")))

    assert resolved(InSegment("s5"), rules)
    with pytest.raises(TooLarge, match="over 1000 conditions"):
        resolved(InSegment("s12"), rules)


def test_everything_that_decides_is_reached_even_in_a_circle() -> None:
    rules: dict[str, Rule] = {"a": InSegment("b"), "b": InSegment("a")}

    assert reached(InSegment("a"), rules) == ("a", "b")
    assert reached(RICH, rules) == ()
    assert segments_used(All((InSegment("a"), InSegment("a")))) == ("a",)


def test_a_customer_is_not_put_to_a_rule_that_still_names_segments() -> None:
    with pytest.raises(Unresolved):
        evaluate(InSegment("rich"), KnownProfile(), NOW)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            LOOKED,
            "Has looked at a product in the last 30 days, then not placed an order "
            "within 3 days.",
        ),
        (
            Then(Did("Product Viewed"), Did("Order Completed", 1, 1)),
            "Has looked at a product, then placed an order within 1 day.",
        ),
        (May("direct_marketing", "email"), "Allows direct marketing by e-mail."),
        (
            Not(May("direct_marketing", "email", "food")),
            "Does not allow direct marketing by e-mail about “food” (or never said).",
        ),
        (InSegment("rich"), "Is in “Rich”."),
        (Not(InSegment("rich")), "Is not in “Rich”."),
    ],
)
def test_the_new_conditions_read_as_sentences(rule: Rule, words: str) -> None:
    assert describe(rule, WORDS) == words


@pytest.mark.parametrize(
    "rule",
    [LOOKED, May("direct_marketing"), May("x", "email", "food"), InSegment("rich")],
)
def test_the_new_conditions_survive_the_round_trip(rule: Rule) -> None:
    assert load(dump(rule)) == rule


def test_lineage_names_both_steps_and_what_is_asked() -> None:
    rule = All((LOOKED, May("direct_marketing"), InSegment("rich")))

    assert WORDS.elements_used(rule) == ("orders", "views")
    assert fields_used(rule) == (
        "consent.direct_marketing",
        "event.Order Completed",
        "event.Product Viewed",
        "segment.rich",
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"did": "A", "then": {"did": "B"}}, "rule › then › within_days: say within"),
        ({"did": "A", "then_not": "B"}, "rule › then_not: write did and within_days"),
        (
            {"did": "A", "at_least": 2, "then": {"did": "B", "within_days": 1}},
            "not understood here: at_least",
        ),
        (
            {
                "did": "A",
                "then": {"did": "B", "within_days": 1},
                "then_not": {"did": "B", "within_days": 1},
            },
            "not understood here: then_not",
        ),
        (
            {"did": "A", "then": {"did": "", "within_days": 1}},
            "rule › then › did: write a text",
        ),
        ({"may": ""}, "rule › may: write a text"),
        ({"segment": 7}, "rule › segment: write a text"),
        ({"may": "x", "segment": "y"}, "rule: write one of all"),
    ],
)
def test_a_broken_new_condition_names_its_place(data: object, told: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        load(data)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (InSegment("gone"), "rule › segment: 'gone' is not a segment"),
        (May("spying", "email"), "rule › may: 'spying' is not a purpose"),
        (May("direct_marketing", "pigeon"), "rule › channel: choose one of email"),
        (
            Then(Did("Product Viewed"), Did("Danced", 1, 1)),
            "rule › then › did: 'Danced' is not a known event",
        ),
    ],
)
def test_a_new_condition_about_nothing_is_refused(rule: Rule, told: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        check(rule, WORDS)
    assert told in str(refused.value)


def test_a_place_without_segments_and_consent_takes_neither() -> None:
    bare = Catalogue(fields={}, events={})

    for rule in (InSegment("rich"), May("direct_marketing")):
        with pytest.raises(InvalidRule):
            check(rule, bare)
    check(EVERYONE, bare)
