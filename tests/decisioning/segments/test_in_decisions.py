"""Segments in decisions: the rules they name in place, what events are needed."""

from types import SimpleNamespace
from typing import Any

import pytest

from decisioning.engine import compiling
from decisioning.engine.core.types import Happening, Person
from decisioning.rules.core import Any as NobodyOf
from decisioning.rules.core import Compare, Did, InSegment, Not, Then, dump, evaluate
from tests.decisioning.rules.strategies import NOW

RICH = Compare("trait.spend", "ge", 100)
LOOKED = Then(Did("Product Viewed", 1, 30), Did("Order Completed", 1, 3), False)


def audience(rules: dict[str, Any]) -> Any:
    live: Any = SimpleNamespace(
        segments={key: SimpleNamespace(rule=dump(rule)) for key, rule in rules.items()}
    )
    case = SimpleNamespace(
        content=SimpleNamespace(reach=SimpleNamespace(segment="top"))
    )
    return compiling._audience(case, live)


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ({"top": Not(InSegment("rich")), "rich": RICH}, Not(RICH)),
        ({"top": InSegment("gone")}, NobodyOf()),
        ({"top": InSegment("b"), "b": InSegment("top")}, NobodyOf()),
        ({"b": RICH}, NobodyOf()),
    ],
)
def test_an_audience_is_compiled_with_the_rules_it_names(
    rules: dict[str, Any], wanted: Any
) -> None:
    assert audience(rules) == wanted


@pytest.mark.parametrize(
    ("rules", "names", "days"),
    [
        ([LOOKED], ("Order Completed", "Product Viewed"), 30),
        ([LOOKED, Did("Hi", 1, 90)], ("Hi", "Order Completed", "Product Viewed"), 90),
        ([Then(Did("A"), Did("B", 1, 3))], ("A", "B"), None),
        ([RICH], (), 0),
    ],
)
def test_the_events_of_a_sequence_are_read_as_far_back_as_its_first_step(
    rules: list[Any], names: tuple[str, ...], days: int | None
) -> None:
    window = None if days is None else days * compiling.DAY

    assert compiling._events_needed(rules) == (names, window)


def test_a_person_in_a_decision_answers_a_sequence() -> None:
    start = NOW.timestamp() - 10 * 86_400
    viewed = Happening("Product Viewed", start, {})
    bought = Happening("Order Completed", start + 2 * 86_400, {})

    assert evaluate(LOOKED, Person(1, events=[viewed]), NOW)
    assert not evaluate(LOOKED, Person(1, events=[viewed, bought]), NOW)
