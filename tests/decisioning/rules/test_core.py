from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisioning.rules.core import (
    EVERYONE,
    All,
    Any,
    Compare,
    Did,
    Exists,
    In,
    InvalidRule,
    KnownProfile,
    Not,
    Rule,
    Where,
    canonical_json,
    digest,
    dump,
    evaluate,
    fields_used,
    funnel_steps,
    load,
    unmet,
)
from tests.decisioning.rules.strategies import NOW, Person, people, rules

SIX = Compare("trait.recency", "le", 6)


def known(**traits: object) -> KnownProfile:
    return KnownProfile(traits=traits)


@pytest.mark.parametrize(
    ("rule", "traits", "holds"),
    [
        (SIX, {"recency": 6}, True),
        (SIX, {"recency": 6.5}, False),
        (SIX, {}, False),
        (SIX, {"recency": None}, False),
        (SIX, {"recency": "3"}, False),
        (SIX, {"recency": True}, False),
        (SIX, {"recency": float("nan")}, False),
        (SIX, {"recency": np.float32(6)}, True),
        (Not(SIX), {}, True),
        (Compare("trait.recency", "ne", 6), {}, False),
        (Compare("trait.recency", "ne", 6), {"recency": "6"}, False),
        (Compare("trait.recency", "ne", 6), {"recency": 7}, True),
        (Compare("trait.a", "eq", True), {"a": 1}, False),
        (Compare("trait.a", "eq", 1), {"a": True}, False),
        (Compare("trait.a", "eq", 1), {"a": 1.0}, True),
        (In("trait.a", ("x", 1)), {"a": 1.0}, True),
        (In("trait.a", ("x", 1)), {"a": True}, False),
        (In("trait.a", ("x", 1)), {"a": [1]}, False),
        (Exists("trait.a"), {"a": []}, True),
        (Exists("trait.a"), {"a": None}, False),
        (Exists("trait.a"), {"a": False}, True),
        (All(), {}, True),
        (Any(), {}, False),
        (Any((SIX, Exists("trait.a"))), {"a": 1}, True),
        (All((SIX, Exists("trait.a"))), {"a": 1}, False),
    ],
)
def test_a_rule_holds_by_the_table(
    rule: Rule, traits: dict[str, object], holds: bool
) -> None:
    assert evaluate(rule, known(**traits), NOW) is holds


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (Did("Order Completed"), True),
        (Did("Order Completed", 2), True),
        (Did("Order Completed", 3), False),
        (Did("Order Completed", 2, 30), False),
        (Did("Order Completed", 1, 10), True),
        (Did("Order Completed", 1, 9), False),
        (Did("Order Completed", 1, None, (Where("price", "gt", 5),)), True),
        (Did("Order Completed", 2, None, (Where("price", "gt", 5),)), False),
        (Did("Never Seen"), False),
    ],
)
def test_events_count_within_the_window_and_by_their_properties(
    rule: Rule, holds: bool
) -> None:
    at = NOW - timedelta(days=10) + timedelta(seconds=1)
    events = [
        ("Order Completed", at, {"price": 9}),
        ("Order Completed", NOW - timedelta(days=30), {"price": 5}),
        ("Order Completed", NOW + timedelta(seconds=1), {"price": 99}),
    ]
    assert evaluate(rule, KnownProfile(events=events), NOW) is holds


def test_every_source_is_read_from_its_own_place() -> None:
    profile = KnownProfile(
        traits={"k": 1}, features={"k": 2}, scores={"k": 3}, context={"k": 4}
    )
    for value, source in enumerate(("trait", "feature", "score", "context"), 1):
        assert evaluate(Compare(f"{source}.k", "eq", value), profile, NOW)


def problems_of(data: object) -> tuple[str, ...]:
    try:
        load(data)
    except InvalidRule as refused:
        return tuple(str(problem) for problem in refused.problems)
    return ()


@given(rules)
def test_json_reads_back_as_the_same_rule_with_the_same_digest(rule: Rule) -> None:
    problems = problems_of(canonical_json(rule))
    if problems:
        assert all("at least one cond" in p or "deep" in p for p in problems)
        return
    assert canonical_json(load(canonical_json(rule))) == canonical_json(rule)
    assert digest(load(dump(rule))) == digest(rule)


def test_the_digest_tells_true_from_one_but_not_one_from_one_point_nought() -> None:
    one, point, yes = (digest(Compare("trait.a", "eq", v)) for v in (1, 1.0, True))
    assert one == point != yes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "rule: write the rule as JSON"),
        (3, "rule: write one of all, any, not, field, did, may"),
        ({"version": 2, "rule": {"all": []}}, "version: write 1"),
        ({"all": [{"any": []}]}, "rule › 1: add at least one condition"),
        ({"all": [{"all": [{"field": "x"}]}]}, "rule › 1 › 1 › field: name a field as"),
        ({"field": "trait.a", "op": "is", "value": 1}, "rule › op: write one of eq"),
        (
            {"all": [{"field": "trait.a", "op": "eq"}]},
            "rule › 1 › value: write a text, a number, true or false",
        ),
        (
            {"field": "trait.a", "op": "lt", "value": True},
            "rule › op: yes and no have no order",
        ),
        (
            {"field": "trait.a", "op": "eq", "value": 2**53 + 1},
            "rule › value: write a number between",
        ),
        (
            {"field": "trait.a", "op": "eq", "value": float("nan")},
            "rule › value: write a number between",
        ),
        (
            {"field": "trait.a", "op": "eq", "value": "a\x00"},
            "rule › value: remove the characters",
        ),
        ({"field": "trait.a", "op": "in", "values": []}, "rule › values: list at"),
        ({"field": "trait.a", "op": "exists", "hint": 1}, "not understood here: hint"),
        ({"did": "", "at_least": 1}, "rule › did: write a text"),
        ({"did": "X", "at_least": 0}, "rule › at_least: write a whole number from 1"),
        ({"did": "X", "at_least": True}, "rule › at_least: write a whole number"),
        ({"did": "X", "within_days": 9999}, "rule › within_days: write a whole number"),
        (
            {"did": "X", "where": [{"property": "p", "op": "in", "value": 1}]},
            "rule › where › 1 › op: write one of eq",
        ),
        ({"all": [{"did": "X"}] * 300}, "rule: use at most 200 conditions"),
    ],
)
def test_a_malformed_rule_is_refused_with_its_place_and_the_way_out(
    data: object, message: str
) -> None:
    with pytest.raises(InvalidRule) as refused:
        load(data)
    assert message in str(refused.value)


def test_all_problems_are_told_at_once() -> None:
    bad = {"field": "trait.a", "op": "eq", "value": None}
    with pytest.raises(InvalidRule) as refused:
        load({"all": [bad, {"did": "X"}, bad]})
    assert [p.path for p in refused.value.problems] == [
        "rule › 1 › value",
        "rule › 3 › value",
    ]


@pytest.mark.parametrize("levels", [9, 900, 100_000])
def test_depth_is_limited_without_exhausting_the_stack(levels: int) -> None:
    text = '{"not":' * levels + '{"did":"X"}' + "}" * levels
    with pytest.raises(InvalidRule):
        load(text)


KEYS = st.sampled_from(
    ["all", "any", "not", "field", "op", "value", "values", "did", "where"]
)
json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
    ),
)


@given(json_data)
def test_any_json_is_either_read_or_refused_with_problems(data: object) -> None:
    if not problems_of(data):
        assert digest(load(data)) == digest(load(dump(load(data))))


def test_fields_used_names_events_and_their_properties() -> None:
    rule = All(
        (Not(SIX), Did("X", 1, None, (Where("p", "eq", 1),)), Exists("score.clv"))
    )
    assert fields_used(rule) == ("event.X", "event.X.p", "score.clv", "trait.recency")


@given(rules, people)
def test_the_last_funnel_step_selects_as_the_rule_and_steps_only_narrow(
    rule: Rule, person: Person
) -> None:
    steps = [evaluate(r, person.profile(), NOW) for r in funnel_steps(rule)]
    assert steps[0] is True
    assert steps[-1] is evaluate(rule, person.profile(), NOW)
    assert steps == sorted(steps, reverse=True)


@given(rules, people)
def test_nothing_is_unmet_exactly_when_the_rule_holds(
    rule: Rule, person: Person
) -> None:
    holds = evaluate(rule, person.profile(), NOW)
    assert (unmet(rule, person.profile(), NOW) == ()) is holds


def test_unmet_names_the_conditions_that_failed() -> None:
    rule = All((SIX, Exists("trait.a"), Did("X")))
    assert unmet(rule, known(a=1), NOW) == ((0,), (2,))
    assert unmet(EVERYONE, known(), NOW) == ()
