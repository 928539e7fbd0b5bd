"""Rules that name other segments: the named rule put in place, loops refused."""

from collections.abc import Mapping
from typing import Final

from decisioning.rules.core.tree import (
    All,
    Any,
    InSegment,
    Not,
    Rule,
    segments_used,
    walk,
)

# Names within names may double with each level; past this the readers would crawl.
MAX_RESOLVED: Final = 1_000


class Loop(ValueError):
    """A segment would be defined by itself; `keys` is the way round."""

    code = "rules.loop"

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        super().__init__(f"would go round in a circle: {' → '.join(keys)}")


class UnknownSegment(LookupError):
    """A rule names a segment that there is not."""

    code = "rules.unknown_segment"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"there is no segment {key!r}")


class TooLarge(ValueError):
    """With every named rule in place the tree has too many nodes."""

    code = "rules.too_large"

    def __init__(self) -> None:
        super().__init__(
            f"has over {MAX_RESOLVED} conditions, with the segments it names in place"
        )


def resolved(
    rule: Rule, rules: Mapping[str, Rule], *, within: tuple[str, ...] = ()
) -> Rule:
    """Put the rule of each named segment in its place.

    Parameters
    ----------
    rule
        Any tree.
    rules
        Trees by the key of their segment.
    within
        Keys whose own rules are being resolved, outermost first.

    Returns
    -------
    Rule
        Without `InSegment`, selecting the same customers; ``rule`` itself where it
        names none.

    Raises
    ------
    Loop, UnknownSegment, TooLarge
        Where that cannot be done.
    """
    if not segments_used(rule):
        return rule
    found = _resolved(rule, rules, within)
    if sum(1 for _ in walk(found)) > MAX_RESOLVED:
        raise TooLarge
    return found


def _resolved(rule: Rule, rules: Mapping[str, Rule], within: tuple[str, ...]) -> Rule:
    match rule:
        case All(parts):
            return All(tuple(_resolved(part, rules, within) for part in parts))
        case Any(parts):
            return Any(tuple(_resolved(part, rules, within) for part in parts))
        case Not(part):
            return Not(_resolved(part, rules, within))
        case InSegment(key):
            if key in within:
                raise Loop((*within[within.index(key) :], key))
            if key not in rules:
                raise UnknownSegment(key)
            return resolved(rules[key], rules, within=(*within, key))
        case _:
            return rule


def reached(rule: Rule, rules: Mapping[str, Rule]) -> tuple[str, ...]:
    """Every segment whose rule decides about this one, near or far.

    Parameters
    ----------
    rule
        Any tree.
    rules
        Trees by the key of their segment; unknown keys are named and not followed.

    Returns
    -------
    tuple of str
        Sorted, each once, whatever circles there are.
    """
    found: set[str] = set()
    waiting = list(segments_used(rule))
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += segments_used(rules[key]) if key in rules else ()
    return tuple(sorted(found))
