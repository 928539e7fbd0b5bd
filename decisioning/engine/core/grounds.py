"""What a choice rested on: the signals without which it would have come out otherwise.

A signal is a driver of a choice where a variation in it alone changes the choice: the
rule that let the candidate in would not hold, or its score would be lower. The
customer's sentence names drivers and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from types import MappingProxyType

from decisioning.engine.core.explain import sentence_of
from decisioning.engine.core.types import (
    Case,
    Factors,
    Ground,
    Person,
    PlacementTable,
)
from decisioning.engine.core.weighing import Weight, weights
from decisioning.rules.core import (
    All,
    Any,
    Not,
    Rule,
    fields_used,
)

PERSONAL = frozenset({"trait", "feature", "score", "event"})
MOST_JOINED = 2
MOST_SEARCHED = 8
NOTHING: Mapping[str, str] = MappingProxyType({})
Conditions = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """The sentence of one choice and the signals behind it.

    ``named`` are in the sentence; ``read`` all that could have changed the choice, the
    named ones first; ``shares`` says by how much of the score each named one counts, 1
    where the choice would not have been made at all. ``conditions`` are those of the
    rule, where the sentence was found by varying them.
    """

    sentence: str
    named: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    conditions: Conditions | None = None


def is_personal(name: str) -> bool:
    """Whether a rule's field says something about the person.

    Parameters
    ----------
    name
        As ``fields_used`` gives it.

    Returns
    -------
    bool
        False for the moment's context, consent, and segments by name.
    """
    return name.partition(".")[0] in PERSONAL


def leaf_signals(leaf: Rule, signals: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of the data elements that one condition reads.

    Parameters
    ----------
    leaf
        A condition without parts.
    signals
        Element by field; a field that nobody declared stands for itself.

    Returns
    -------
    tuple of str
        A property of an event counts as that event.
    """
    names = [name for name in fields_used(leaf) if is_personal(name)]
    events = [name for name in names if name.startswith("event.")]
    roots = [e for e in events if not any(e.startswith(f"{o}.") for o in events)]
    found = [name for name in names if name not in events] + roots
    return tuple(dict.fromkeys(signals.get(name, name) for name in found))


def signals_of(rule: Rule, signals: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of all data elements that a rule reads, in the order of the tree.

    Parameters
    ----------
    rule
        Segments resolved.
    signals
        Element by field.

    Returns
    -------
    tuple of str
    """
    return tuple(dict.fromkeys(_all_signals(rule, signals)))


def _all_signals(rule: Rule, signals: Mapping[str, str]) -> Iterable[str]:
    parts = _parts(rule)
    if parts is None:
        return leaf_signals(rule, signals)
    return [key for part in parts for key in _all_signals(part, signals)]


def _parts(rule: Rule) -> tuple[Rule, ...] | None:
    match rule:
        case All(parts) | Any(parts):
            return parts
        case Not(part):
            return (part,)
        case _:
            return None


def certain_signals(rule: Rule, signals: Mapping[str, str]) -> tuple[str, ...]:
    """Signals each of which alone would end a rule that holds.

    Parameters
    ----------
    rule
        Segments resolved.
    signals
        Element by field.

    Returns
    -------
    tuple of str
        Those of the conditions that must all hold; whoever meets one of several
        alternatives may meet another too.
    """
    match rule:
        case All(parts):
            return tuple(
                dict.fromkeys(k for p in parts for k in certain_signals(p, signals))
            )
        case Any((only,)):
            return certain_signals(only, signals)
        case Any(_):
            return ()
        case Not(part):
            return () if _parts(part) is not None else leaf_signals(part, signals)
        case _:
            return leaf_signals(rule, signals)


def holds(
    rule: Rule,
    conditions: Iterator[bool],
    keys: Collection[str] = (),
    signals: Mapping[str, str] = NOTHING,
) -> bool:
    """Whether a rule holds where the named signals are the other way round.

    Parameters
    ----------
    rule
        Segments resolved.
    conditions
        Truth of each condition, in the order of the tree; used up.
    keys
        Elements to vary: conditions that read one count as the opposite.
    signals
        Element by field.

    Returns
    -------
    bool
    """
    match rule:
        case All(parts) | Any(parts):
            answers = [holds(part, conditions, keys, signals) for part in parts]
            return all(answers) if isinstance(rule, All) else any(answers)
        case Not(part):
            return not holds(part, conditions, keys, signals)
    is_varied = not set(keys).isdisjoint(leaf_signals(rule, signals))
    return next(conditions) != is_varied


def rule_drivers(ground: Ground, conditions: Conditions) -> tuple[str, ...]:
    """The fewest signals that together end a rule which holds for a person.

    Parameters
    ----------
    ground
        With the rule that let the candidate in.
    conditions
        Truth of each of its conditions, in the order of the tree.

    Returns
    -------
    tuple of str
        At most two; empty where no two of them would end it.
    """
    keys = ground.in_rule[:MOST_SEARCHED]
    for n in range(1, MOST_JOINED + 1):
        for chosen in combinations(keys, n):
            if not holds(ground.rule, iter(conditions), chosen, ground.signals):
                return chosen
    return ()


def why(
    table: PlacementTable,
    case: Case,
    person: Person,
    now: datetime,
    place: int,
    scored: Factors,
    allowed: Sequence[int],
) -> Why | None:
    """Explain one choice by what it rested on.

    Parameters
    ----------
    table, case, person, now
        As they decided.
    place
        The chosen candidate.
    scored
        The factors of all candidates.
    allowed
        Places that might have been chosen.

    Returns
    -------
    Why or None
        ``None`` where no sentence would be true and clear: the choice must not be
        personalised then.
    """
    if not table.grounds:
        return Why(table.sentences[place])
    ground = table.grounds[place]
    weighed = weights(table, case, person, scored, place, allowed)
    read = tuple(dict.fromkeys((*ground.in_rule, *weighed)))
    if ground.hides.intersection(read):
        return None
    conditions = None
    if ground.in_rule and not ground.certain:
        conditions = table.rules.conditions(ground.rule, person, now, table.policy)
    named, shares = _named(ground, conditions, weighed)
    if not named and read:
        return None
    text = sentence_of(ground.words, named) if named else ground.plain
    if text is None:
        return None
    read = tuple(dict.fromkeys((*named, *read)))
    return Why(text, named, read, shares, conditions)


def _named(
    ground: Ground, conditions: Conditions | None, weighed: Mapping[str, Weight]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """A rule's signal counts wholly; a score's by whether it decides, and its share."""
    if ground.certain:
        return ground.certain[:1], (1.0,)
    found = rule_drivers(ground, conditions) if conditions is not None else ()
    if found:
        return found, (1.0,) * len(found)
    ranked = sorted(weighed.items(), key=lambda i: (not i[1].decides, -i[1].share))
    for key, weight in ranked[:1]:
        stated = max(math.floor(weight.share * 100) / 100, 0.0)
        if weight.decides or stated:
            return (key,), (stated,)
    return (), ()
