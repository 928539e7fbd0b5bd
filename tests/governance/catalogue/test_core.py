from dataclasses import replace

import pytest

from governance.catalogue.core import (
    PURPOSES,
    Element,
    Identifiability,
    Purpose,
    SourceType,
    ancestors,
    element_problems,
)

GOOD = Element(key="a", label="A", plain_description="What it is", ttl_days=30)


def test_a_complete_element_has_no_problems():
    assert element_problems(GOOD, {}) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"plain_description": ""}, "plain_description"),
        ({"plain_description": "x" * 141}, "plain_description"),
        ({"ttl_days": None}, "ttl_days"),
        ({"ttl_days": 0}, "ttl_days"),
        ({"ttl_days": 401}, "ttl_reason"),
        ({"source_type": SourceType.PREDICTIVE}, "derived_from"),
        ({"derived_from": ("b",)}, "derived_from"),
    ],
)
def test_what_keeps_an_element_from_use_is_named(change, field):
    others = {
        "b": Element(key="b", label="B", derived_from=("c", "c")),
        "c": Element(key="c", label="C", derived_from=("a", "gone")),
    }
    assert [f for f, _ in element_problems(replace(GOOD, **change), others)] == [field]


def test_lineage_without_a_loop_is_fine():
    others = {"b": Element(key="b", label="B")}
    assert element_problems(replace(GOOD, derived_from=("b", "b")), others) == ()


def test_the_moment_and_the_aggregate_are_not_personal():
    assert GOOD.is_personal
    assert not replace(GOOD, source_type=SourceType.CONTEXTUAL).is_personal
    assert not replace(GOOD, identifiability=Identifiability.AGGREGATE).is_personal


def test_ancestors_end_even_in_a_loop():
    loop = {
        "a": Purpose(key="a", label="", parent="b"),
        "b": Purpose(key="b", label="", parent="a"),
    }
    assert ancestors("a", loop) == ("b",)
    assert ancestors("nothing") == ()
    assert ancestors("service", PURPOSES) == ()
