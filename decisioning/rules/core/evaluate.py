"""First reader: whether the rule is true for this profile now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeAlias, assert_never

from decisioning.rules.core.tree import (
    All,
    Any,
    Compare,
    Did,
    Exists,
    In,
    Not,
    Op,
    Path,
    Rule,
    Scalar,
    Where,
    split_field,
    top_conditions,
)
from decisioning.rules.core.truth import (
    Test,
    comparison,
    is_present,
    kind_of,
    membership,
)


class Values(Protocol):
    """Anything that answers ``get`` with a value, or ``None`` for a missing one."""

    def get(self, key: str, /) -> object:
        """Value under a key."""


class Profile(Protocol):
    """What a rule may ask of one customer."""

    @property
    def traits(self) -> Values:
        """Declared and imported attributes."""

    @property
    def features(self) -> Values:
        """Computed features; NaN and ``None`` are unknown."""

    @property
    def scores(self) -> Values:
        """Scores by key."""

    @property
    def context(self) -> Values:
        """Facts of the moment."""

    def count(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> int:
        """Events in ``(since, until]`` that meet all of ``where``."""


Happened: TypeAlias = tuple[str, datetime, Mapping[str, object]]


def _nothing() -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """A profile held in memory; events are ``(name, occurred_at, properties)``."""

    traits: Values = field(default_factory=_nothing)
    features: Values = field(default_factory=_nothing)
    scores: Values = field(default_factory=_nothing)
    context: Values = field(default_factory=_nothing)
    events: Sequence[Happened] = ()

    def count(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> int:
        """Events in ``(since, until]`` that meet all of ``where``."""
        return sum(
            name == event
            and at <= until
            and (since is None or at > since)
            and matches(properties, where)
            for name, at, properties in self.events
        )


def evaluate(rule: Rule, profile: Profile, now: datetime) -> bool:
    """Whether the rule holds.

    Parameters
    ----------
    rule
        The tree.
    profile
        The customer.
    now
        Aware; the end of every window.

    Returns
    -------
    bool
        Never unknown; see the module `tree`.
    """
    match rule:
        case All(parts):
            return all(evaluate(part, profile, now) for part in parts)
        case Any(parts):
            return any(evaluate(part, profile, now) for part in parts)
        case Not(part):
            return not evaluate(part, profile, now)
        case Did():
            return did_enough(rule, profile, now)
        case Compare() | In() | Exists():
            return leaf_test(rule)(field_value(profile, rule.field))
        case _:
            assert_never(rule)


def unmet(rule: Rule, profile: Profile, now: datetime) -> tuple[Path, ...]:
    """Paths of the top conditions that do not hold: why the answer was no.

    Parameters
    ----------
    rule, profile, now
        As for `evaluate`.

    Returns
    -------
    tuple of Path
        Empty exactly when the rule holds.
    """
    if not isinstance(rule, All):
        return () if evaluate(rule, profile, now) else ((),)
    return tuple(
        (i,)
        for i, part in enumerate(top_conditions(rule))
        if not evaluate(part, profile, now)
    )


def leaf_test(leaf: Compare | In | Exists) -> Test:
    """Test of one field's value.

    Parameters
    ----------
    leaf
        A leaf that reads a field.

    Returns
    -------
    callable
        ``value -> bool``.
    """
    match leaf:
        case Compare(_, op, value):
            return comparison(op, value)
        case In(_, values):
            return membership(values)
        case Exists():
            return is_present
        case _:
            assert_never(leaf)


def field_value(profile: Profile, ref: str) -> object:
    """Return what the profile holds under a field reference.

    Parameters
    ----------
    profile
        The customer.
    ref
        ``source.key``.

    Returns
    -------
    object
        ``None`` when there is nothing.
    """
    source, key = split_field(ref)
    return values_of(profile, source).get(key)


def values_of(profile: Profile, source: str) -> Values:
    """Return the part of a profile that a source names.

    Parameters
    ----------
    profile
        The customer.
    source
        One of `SOURCES`.

    Returns
    -------
    Values
        Answers ``get``.

    Raises
    ------
    ValueError
        For a source that does not exist.
    """
    match source:
        case "trait":
            return profile.traits
        case "feature":
            return profile.features
        case "score":
            return profile.scores
        case "context":
            return profile.context
        case _:
            raise ValueError(f"there is no source of fields named {source!r}")


def did_enough(did: Did, profile: Profile, now: datetime) -> bool:
    """Whether the events of a `Did` happened often enough.

    Parameters
    ----------
    did
        The leaf.
    profile, now
        As for `evaluate`.

    Returns
    -------
    bool
        False for a customer without events.
    """
    days = did.within_days
    since = None if days is None else now - timedelta(days=days)
    return profile.count(did.event, since, now, did.where) >= did.at_least


def matches(properties: Mapping[str, object], where: Iterable[Where]) -> bool:
    """Whether an event's properties meet all conditions.

    Parameters
    ----------
    properties
        As the event carried them.
    where
        Conditions on single properties.

    Returns
    -------
    bool
        True without conditions.
    """
    return all(
        _where_test(kind_of(w.value), w.op, w.value)(properties.get(w.property))
        for w in where
    )


@lru_cache(maxsize=1024)
def _where_test(_kind: str | None, op: Op, value: Scalar) -> Test:
    # The kind is part of the key because True == 1 in Python.
    return comparison(op, value)
