"""Whether a well-formed rule is about things that exist, in values that fit."""

from collections.abc import Collection, Iterator
from typing import Final

from decisioning.rules.core.catalogue import Catalogue, EventInfo, FieldInfo, Kind
from decisioning.rules.core.problems import InvalidRule, Problem, at
from decisioning.rules.core.tree import (
    SOURCES,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    May,
    Path,
    Rule,
    Scalar,
    Then,
    Where,
    split_field,
    walk,
)
from decisioning.rules.core.truth import kind_of

SEGMENT_SOURCES: Final = ("trait", "feature", "score")
WANTED: Final[dict[Kind, str]] = {
    "number": "write a number",
    "text": "write a text",
    "yes_no": "choose yes or no",
}


def check(
    rule: Rule, catalogue: Catalogue, *, sources: Collection[str] = SOURCES
) -> None:
    """Refuse a rule that does not fit the catalogue.

    Parameters
    ----------
    rule
        A tree within the limits of `load`.
    catalogue
        What there is.
    sources
        Which sources this place allows; segments pass `SEGMENT_SOURCES`, because the
        context of a request is known to eligibility alone.

    Raises
    ------
    InvalidRule
        With every problem found, each with its path and what to do.
    """
    problems = tuple(_problems(rule, catalogue, sources))
    if problems:
        raise InvalidRule(problems)


def _problems(
    rule: Rule, catalogue: Catalogue, sources: Collection[str]
) -> Iterator[Problem]:
    for path, node in walk(rule):
        if isinstance(node, Compare | In | Exists):
            yield from _field_problems(node, path, catalogue, sources)
        elif isinstance(node, Did):
            yield from _event_problems(node, at(path), catalogue)
        elif isinstance(node, Then):
            word = "then" if node.happened else "then_not"
            yield from _event_problems(node.first, at(path), catalogue)
            yield from _event_problems(node.second, at(path, word), catalogue)
        elif isinstance(node, May):
            yield from _consent_problems(node, path, catalogue)
        elif isinstance(node, InSegment) and node.key not in catalogue.segments:
            message = f"{node.key!r} is not a segment that can be used here"
            yield Problem(at(path, "segment"), message)


def _consent_problems(node: May, path: Path, catalogue: Catalogue) -> Iterator[Problem]:
    if node.purpose not in catalogue.consents:
        known = _or(catalogue.consents) or "none here"
        message = f"{node.purpose!r} is not a purpose: {known}"
        yield Problem(at(path, "may"), message)
    if node.channel and node.channel not in catalogue.channels:
        message = f"choose one of {_or(catalogue.channels)}"
        yield Problem(at(path, "channel"), message)


def _field_problems(
    node: Compare | In | Exists,
    path: Path,
    catalogue: Catalogue,
    sources: Collection[str],
) -> Iterator[Problem]:
    where, (source, _) = at(path, "field"), split_field(node.field)
    if source not in sources:
        yield Problem(where, f"{source} cannot be used here: {_or(sources)} can")
        return
    info = catalogue.fields.get(node.field)
    if info is None:
        yield Problem(where, f"{node.field!r} is not in the catalogue: choose a field")
    elif isinstance(node, Compare):
        yield from _value_problems(node.value, info, at(path, "value"))
    elif isinstance(node, In):
        for i, value in enumerate(node.values):
            yield from _value_problems(value, info, at(path, "values", str(i + 1)))


def _event_problems(did: Did, place: str, catalogue: Catalogue) -> Iterator[Problem]:
    info = catalogue.events.get(did.event)
    if info is None:
        if not catalogue.open_events:
            message = f"{did.event!r} is not a known event: choose one from the list"
            yield Problem(f"{place} › did", message)
        return
    for i, where in enumerate(did.where):
        yield from _where_problems(where, info, f"{place} › where › {i + 1}")


def _where_problems(where: Where, event: EventInfo, place: str) -> Iterator[Problem]:
    if event.properties is None:
        return
    info = event.properties.get(where.property)
    if info is None:
        message = f"{event.name} has no property {where.property!r}: choose another"
        yield Problem(f"{place} › property", message)
    else:
        yield from _value_problems(where.value, info, f"{place} › value")


def _value_problems(value: Scalar, info: FieldInfo, place: str) -> Iterator[Problem]:
    if kind_of(value) != info.kind:
        yield Problem(place, WANTED[info.kind])
    elif info.choices and value not in info.choices:
        yield Problem(place, f"choose one of {', '.join(info.choices)}")


def _or(words: Collection[str]) -> str:
    return ", ".join(sorted(words))
