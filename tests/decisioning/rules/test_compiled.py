"""Compiled rules say exactly what each rule says alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from decisioning.rules.core import (
    All,
    Any,
    Compare,
    KnownProfile,
    Not,
    Rule,
    compile_python,
    evaluate,
)
from tests.decisioning.rules.strategies import NOW, Person, people, rules


def one_by_one(trees: list[Rule], profile: KnownProfile) -> int:
    return sum(evaluate(rule, profile, NOW) << i for i, rule in enumerate(trees))


@settings(deadline=None, max_examples=150)
@given(
    st.lists(rules, max_size=40).flatmap(
        # Repeats and shared leaves are what compiling is for.
        lambda trees: (
            st.lists(st.sampled_from(trees), max_size=60) if trees else st.just(trees)
        )
    ),
    st.lists(people, min_size=1, max_size=4),
)
def test_the_bitset_holds_the_rules_that_hold(
    trees: list[Rule], persons: list[Person]
) -> None:
    compiled = compile_python(trees)
    for person in persons:
        profile = person.profile()
        assert compiled.satisfied(profile, NOW) == one_by_one(trees, profile)


def test_a_rule_too_wide_to_expand_is_still_right() -> None:
    pairs = tuple(
        Any((Compare(f"trait.x{i}", "eq", 1), Compare(f"trait.y{i}", "eq", 1)))
        for i in range(8)
    )
    trees: list[Rule] = [All(pairs), Not(All(pairs)), Compare("trait.x0", "eq", 1)]
    compiled = compile_python(trees)
    assert len(compiled.wide) == 1
    every = KnownProfile(traits={f"x{i}": 1 for i in range(8)})
    some = KnownProfile(traits={f"y{i}": 1 for i in range(7)})
    assert compiled.satisfied(every, NOW) == 0b101
    assert compiled.satisfied(some, NOW) == 0b010


def test_each_distinct_leaf_is_asked_once_and_each_field_fetched_once() -> None:
    asked: list[str] = []

    class Traits(dict[str, object]):
        def get(self, key: str, /) -> object:  # type: ignore[override]
            asked.append(key)
            return super().get(key)

    trees: list[Rule] = [
        Compare("trait.a", op, value)
        for op in ("lt", "ge")
        for value in (1, 2, 2.0)
        for _ in range(20)
    ]
    compiled = compile_python(trees)
    assert compiled.n_atoms == 4
    held = compiled.satisfied(KnownProfile(traits=Traits(a=1)), NOW)
    assert asked == ["a"]
    assert held.bit_count() == 60


def test_no_rules_give_no_bits() -> None:
    assert compile_python([]).satisfied(KnownProfile(), NOW) == 0
