"""The rule tree: what a rule may say.

A rule is true or false for a customer at a moment, never unknown. A comparison
with a value that is missing, or of another kind (text against a number), is
false, and its ``Not`` is therefore true; ``Exists`` tells missing from present.
Every reader of the tree keeps to this.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Op = Literal["eq", "ne", "lt", "le", "gt", "ge"]
Scalar: TypeAlias = bool | int | float | str
Source = Literal["trait", "feature", "score", "context"]
Path: TypeAlias = tuple[int, ...]

OPS: tuple[Op, ...] = get_args(Op)
SOURCES: tuple[Source, ...] = get_args(Source)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts it holds for everyone."""

    parts: "tuple[Rule, ...]" = ()


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds; without parts it holds for nobody."""

    parts: "tuple[Rule, ...]" = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold, be it because a value is missing."""

    part: "Rule"


@dataclass(frozen=True, slots=True)
class Compare:
    """A field is there, has the value's kind and compares as told.

    Texts compare by code point, so ISO dates written as text order rightly.
    """

    field: str
    op: Op
    value: Scalar


@dataclass(frozen=True, slots=True)
class In:
    """A field equals one of the values."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """A field has a value: present, not null and not NaN."""

    field: str


@dataclass(frozen=True, slots=True)
class Where:
    """A comparison on one property of an event, with the meaning of `Compare`."""

    property: str
    op: Op
    value: Scalar


@dataclass(frozen=True, slots=True)
class Did:
    """The event happened at least so often in the window that ends now.

    ``within_days`` is a rolling window ``(now - days, now]``; ``None`` means ever.
    Later events do not count. All of ``where`` must hold for the same event.
    """

    event: str
    at_least: int = 1
    within_days: int | None = None
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Then:
    """Did one thing, and afterwards did, or did not do, another within some days.

    ``second.within_days`` counts from each time the first happened: the second happened
    in ``(first, first + days]``. Not having done it is known only once those days are
    over, so until then the condition does not hold.
    """

    first: Did
    second: Did
    happened: bool = True


@dataclass(frozen=True, slots=True)
class May:
    """The customer allows a purpose on a channel now, as the consent ledger says."""

    purpose: str
    channel: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class InSegment:
    """The customer is in another segment, by its rule of this moment.

    Readers that look at customers want it replaced first, by `resolved`.
    """

    key: str


FieldLeaf: TypeAlias = Compare | In | Exists
AskedLeaf: TypeAlias = Did | Then | May | InSegment
Leaf: TypeAlias = FieldLeaf | AskedLeaf
Rule: TypeAlias = All | Any | Not | Leaf

EVERYONE = All()


def split_field(field: str) -> tuple[str, str]:
    """Source and key of a field reference.

    Parameters
    ----------
    field
        ``source.key``; the key may itself hold dots.

    Returns
    -------
    tuple of str
        ``("trait", "recency")`` for ``"trait.recency"``.
    """
    source, _, key = field.partition(".")
    return source, key


def children(rule: Rule) -> tuple[Rule, ...]:
    """Parts directly below a node; none below a leaf.

    Parameters
    ----------
    rule
        Any node of a tree.

    Returns
    -------
    tuple of Rule
        In the order of the tree.
    """
    if isinstance(rule, All | Any):
        return rule.parts
    return (rule.part,) if isinstance(rule, Not) else ()


def walk(rule: Rule, path: Path = ()) -> Iterator[tuple[Path, Rule]]:
    """Every node with its path, parents first.

    Parameters
    ----------
    rule
        Where to start.
    path
        Zero-based path of ``rule`` itself.

    Yields
    ------
    tuple
        Path and node.
    """
    yield path, rule
    for i, child in enumerate(children(rule)):
        yield from walk(child, (*path, i))


def leaves_of(rule: Rule) -> tuple[Leaf, ...]:
    """Conditions of a rule, in the order of the tree.

    Parameters
    ----------
    rule
        The tree.

    Returns
    -------
    tuple of Leaf
        One that stands twice is there twice.
    """
    return tuple(
        node for _, node in walk(rule) if not isinstance(node, All | Any | Not)
    )


def fields_used(rule: Rule) -> tuple[str, ...]:
    """Field and event references a rule reads, sorted, each once.

    Parameters
    ----------
    rule
        Any tree.

    Returns
    -------
    tuple of str
        ``trait.…``, ``feature.…``, ``score.…``, ``context.…``, ``event.<name>``, for
        a condition on a property ``event.<name>.<property>``, ``consent.<purpose>`` and
        ``segment.<key>``.
    """
    used: set[str] = set()
    for _, node in walk(rule):
        match node:
            case Compare(field) | In(field) | Exists(field):
                used.add(field)
            case May(purpose):
                used.add(f"consent.{purpose}")
            case InSegment(key):
                used.add(f"segment.{key}")
        for did in dids_of(node):
            used.add(f"event.{did.event}")
            used.update(f"event.{did.event}.{w.property}" for w in did.where)
    return tuple(sorted(used))


def dids_of(node: Rule) -> tuple[Did, ...]:
    """Happenings that one node itself asks for.

    Parameters
    ----------
    node
        Any node; the parts of a group are not looked at.

    Returns
    -------
    tuple of Did
        Two for a sequence, none for a leaf that reads a field.
    """
    if isinstance(node, Then):
        return (node.first, node.second)
    return (node,) if isinstance(node, Did) else ()


def segments_used(rule: Rule) -> tuple[str, ...]:
    """Keys of the segments that a rule names itself, sorted, each once.

    Parameters
    ----------
    rule
        Any tree.

    Returns
    -------
    tuple of str
        Not those that the named segments name in turn.
    """
    keys = {node.key for _, node in walk(rule) if isinstance(node, InSegment)}
    return tuple(sorted(keys))


def top_conditions(rule: Rule) -> tuple[Rule, ...]:
    """Conditions that must all hold, as a person reads the rule from the top.

    Parameters
    ----------
    rule
        Any tree.

    Returns
    -------
    tuple of Rule
        The parts of an outer `All`, otherwise the rule alone.
    """
    return rule.parts if isinstance(rule, All) else (rule,)


def funnel_steps(rule: Rule) -> tuple[Rule, ...]:
    """Rules whose counts show who is left after each top condition.

    Parameters
    ----------
    rule
        Any tree.

    Returns
    -------
    tuple of Rule
        First everyone, then one condition more at each step; the last one selects
        the same customers as ``rule``.
    """
    parts = top_conditions(rule)
    return tuple(All(parts[:n]) for n in range(len(parts) + 1))
