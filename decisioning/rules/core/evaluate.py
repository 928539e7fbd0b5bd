"""First reader: whether the rule is true for this profile now."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeAlias, assert_never

from decisioning.rules.core.tree import (
    All,
    Any,
    AskedLeaf,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    May,
    Not,
    Op,
    Path,
    Rule,
    Scalar,
    Then,
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
from governance.consent.core import ORDINARY, Head, Policy, may


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

    @property
    def head(self) -> Head | None:
        """What the customer allowed; ``None`` where nothing is known."""

    def count(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> int:
        """Events in ``(since, until]`` that meet all of ``where``."""

    def moments(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> Sequence[datetime]:
        """When those events happened, in any order."""


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
    head: Head | None = None

    def count(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> int:
        """Events in ``(since, until]`` that meet all of ``where``."""
        return len(self.moments(event, since, until, where))

    def moments(
        self,
        event: str,
        since: datetime | None,
        until: datetime,
        where: Sequence[Where],
    ) -> Sequence[datetime]:
        """When those events happened, in any order."""
        return [
            at
            for name, at, properties in self.events
            if name == event
            and at <= until
            and (since is None or at > since)
            and matches(properties, where)
        ]


def evaluate(
    rule: Rule, profile: Profile, now: datetime, policy: Policy = ORDINARY
) -> bool:
    """Whether the rule holds.

    Parameters
    ----------
    rule
        The tree.
    profile
        The customer.
    now
        Aware; the end of every window.
    policy
        What holds for everybody's consent.

    Returns
    -------
    bool
        Never unknown; see the module `tree`.
    """
    match rule:
        case All(parts):
            return all(evaluate(part, profile, now, policy) for part in parts)
        case Any(parts):
            return any(evaluate(part, profile, now, policy) for part in parts)
        case Not(part):
            return not evaluate(part, profile, now, policy)
        case Did() | Then() | May() | InSegment():
            return asked(rule, profile, now, policy)
        case Compare() | In() | Exists():
            return leaf_test(rule)(field_value(profile, rule.field))
        case _:
            assert_never(rule)


class Unresolved(ValueError):
    """A rule that still names another segment was put to a customer."""

    code = "rules.unresolved"

    def __init__(self, key: str) -> None:
        super().__init__(f"put the rule of segment {key!r} in its place first")


def asked(
    leaf: AskedLeaf, profile: Profile, now: datetime, policy: Policy = ORDINARY
) -> bool:
    """Whether a leaf that reads no field holds.

    Parameters
    ----------
    leaf
        A happening, a sequence or a consent.
    profile, now, policy
        As for `evaluate`.

    Returns
    -------
    bool
        False where nothing is known, except for a purpose that needs no consent.

    Raises
    ------
    Unresolved
        For another segment, whose rule belongs in its place.
    """
    match leaf:
        case Did():
            return did_enough(leaf, profile, now)
        case Then():
            return followed(leaf, profile, now)
        case May(purpose, channel, topic):
            answer = may(profile.head, purpose, channel, topic, now=now, policy=policy)
            return bool(answer)
        case InSegment(key):
            raise Unresolved(key)
        case _:
            assert_never(leaf)


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


def followed(then: Then, profile: Profile, now: datetime) -> bool:
    """Whether the first thing happened and the second did, or did not, follow.

    Parameters
    ----------
    then
        The leaf.
    profile, now
        As for `evaluate`.

    Returns
    -------
    bool
        True when one occurrence of the first is enough for it.
    """
    first, second = then.first, then.second
    span = timedelta(days=second.within_days or 0)
    days = first.within_days
    since = None if days is None else now - timedelta(days=days)
    until = now if then.happened else now - span
    starts = profile.moments(first.event, since, until, first.where)
    if not starts:
        return False
    ends = sorted(profile.moments(second.event, min(starts), now, second.where))
    return any(_has_end(start, ends, span) == then.happened for start in starts)


def _has_end(start: datetime, ends: Sequence[datetime], span: timedelta) -> bool:
    place = bisect_right(ends, start)
    return place < len(ends) and ends[place] <= start + span


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
