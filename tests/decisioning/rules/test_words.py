import pytest

from decisioning.rules.core import (
    EVERYONE,
    All,
    Any,
    Catalogue,
    Compare,
    Did,
    EventInfo,
    Exists,
    FieldInfo,
    In,
    InvalidRule,
    Not,
    Rule,
    Where,
    check,
    describe,
    outline,
)
from decisioning.rules.core.check import SEGMENT_SOURCES

CATALOGUE = Catalogue(
    fields={
        f.ref: f
        for f in (
            FieldInfo(
                "trait.recency",
                "months since the last purchase",
                "number",
                "months",
                element="purchase_recency",
                phrases={"le": "last bought {value} months ago or later"},
            ),
            FieldInfo(
                "trait.womens",
                "bought women's clothing",
                "yes_no",
                phrases={"yes": "bought women's clothing"},
            ),
            FieldInfo("trait.channel", "channel", "text", choices=("Web", "Phone")),
            FieldInfo("context.device", "device", "text"),
        )
    },
    events={
        "Order Completed": EventInfo(
            "Order Completed",
            "placed an order",
            element="orders",
            properties={"price": FieldInfo("price", "price", "number", "EUR")},
        ),
        "Odd": EventInfo("Odd", "been odd"),
    },
)
RECENT = Compare("trait.recency", "le", 6)
WOMENS = Compare("trait.womens", "eq", True)
ORDERED = Did("Order Completed", 2, 30, (Where("price", "ge", 10),))


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (EVERYONE, "Everyone."),
        (
            All((WOMENS, RECENT)),
            "Bought women's clothing, and last bought 6 months ago or later.",
        ),
        (Compare("trait.womens", "ne", True), "Bought women's clothing: no."),
        (
            Compare("trait.recency", "gt", 1200),
            "Months since the last purchase is over 1,200 months.",
        ),
        (
            Not(RECENT),
            "Not: last bought 6 months ago or later (or it is not on record).",
        ),
        (
            In("trait.channel", ("Web", "Phone", "Post")),
            "Channel is “Web”, “Phone”, or “Post”.",
        ),
        (In("trait.channel", ("Web",)), "Channel is “Web”."),
        (Exists("trait.channel"), "Channel is on record."),
        (Not(Exists("trait.channel")), "Channel is not on record."),
        (
            ORDERED,
            "Has placed an order (price is at least 10 EUR) at least 2 times"
            " in the last 30 days.",
        ),
        (Not(Did("Order Completed")), "Has not placed an order so far."),
        (Did("Unknown", 1, 1), "Has done “Unknown” in the last day."),
        (
            All((Any((WOMENS, RECENT)), Did("Odd"))),
            "(Bought women's clothing, or last bought 6 months ago or later),"
            " and has been odd.",
        ),
        (
            Not(ORDERED),
            "Not: (has placed an order (price is at least 10 EUR)"
            " at least 2 times in the last 30 days).",
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(rule: Rule, sentence: str) -> None:
    assert describe(rule, CATALOGUE) == sentence


def test_the_outline_nests_as_the_tree_with_paths() -> None:
    line = outline(All((WOMENS, Any((RECENT, Not(ORDERED))))), CATALOGUE)
    assert [inner.kind for inner in line.lines] == ["compare", "any"]
    negated = line.lines[1].lines[1]
    assert (negated.path, negated.kind) == ((1, 1), "not")
    assert negated.lines[0].path == (1, 1, 0)
    assert negated.lines[0].text.startswith("has placed an order")


def test_elements_used_are_those_of_the_catalogue() -> None:
    rule = All((RECENT, WOMENS, ORDERED, Exists("score.clv")))
    assert CATALOGUE.elements_used(rule) == (
        "event.Order Completed.price",
        "orders",
        "purchase_recency",
        "score.clv",
        "trait.womens",
    )


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            All((RECENT, Compare("trait.recency", "eq", "6"))),
            "rule › 2 › value: write a number",
        ),
        (Compare("trait.womens", "eq", 1), "rule › value: choose yes or no"),
        (
            Compare("trait.channel", "eq", "Post"),
            "rule › value: choose one of Web, Phone",
        ),
        (In("trait.channel", ("Web", 3)), "rule › values › 2: write a text"),
        (Exists("trait.nope"), "rule › field: 'trait.nope' is not in the catalogue"),
        (
            Not(Exists("context.device")),
            "rule › 1 › field: context cannot be used here",
        ),
        (Did("Nope"), "rule › did: 'Nope' is not a known event"),
        (
            Did("Order Completed", where=(Where("colour", "eq", 1),)),
            "rule › where › 1 › property: Order Completed has no property 'colour'",
        ),
        (
            Did("Order Completed", where=(Where("price", "eq", "1"),)),
            "rule › where › 1 › value: write a number",
        ),
    ],
)
def test_a_rule_beside_the_catalogue_is_refused(rule: Rule, message: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        check(rule, CATALOGUE, sources=SEGMENT_SOURCES)
    assert message in str(refused.value)


def test_a_rule_within_the_catalogue_passes() -> None:
    check(All((RECENT, WOMENS, ORDERED, Exists("context.device"))), CATALOGUE)
    check(Did("Odd", where=(Where("anything", "eq", 1),)), CATALOGUE)
