"""Third reader: the rule in plain words."""

from dataclasses import dataclass
from typing import Final, assert_never

from decisioning.rules.core.catalogue import Catalogue, FieldInfo
from decisioning.rules.core.tree import (
    All,
    Any,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    Leaf,
    May,
    Not,
    Op,
    Path,
    Rule,
    Scalar,
    Then,
    Where,
)

IS: Final[dict[Op, str]] = {
    "eq": "is",
    "ne": "is not",
    "lt": "is under",
    "le": "is at most",
    "gt": "is over",
    "ge": "is at least",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the builder: what it is, its words, and the lines below it.

    ``kind`` is ``all``, ``any``, ``not``, or the leaf's name such as ``did``.
    """

    path: Path
    kind: str
    text: str
    lines: "tuple[Line, ...]" = ()


def describe(rule: Rule, catalogue: Catalogue) -> str:
    """One plain sentence about whom the rule selects.

    Parameters
    ----------
    rule
        Any tree.
    catalogue
        Where the words come from; what it does not know is named as written.

    Returns
    -------
    str
        Begins with a capital and ends with a full stop.
    """
    if rule == All():
        return "Everyone."
    words = describe_condition(rule, catalogue)
    start = 1 if words.startswith("(") else 0
    return f"{words[:start]}{words[start : start + 1].upper()}{words[start + 1 :]}."


def describe_condition(rule: Rule, catalogue: Catalogue, *, inner: bool = False) -> str:
    """Word one condition to stand within a sentence.

    Parameters
    ----------
    rule
        Any node.
    catalogue
        Where the words come from.
    inner
        Whether it stands beside others, so that groups need brackets.

    Returns
    -------
    str
        No capital, no full stop.
    """
    match rule:
        case All(parts):
            return _group(parts, "and", "everyone", catalogue, inner=inner)
        case Any(parts):
            return _group(parts, "or", "nobody", catalogue, inner=inner)
        case Not(part):
            return _negated(part, catalogue)
        case _:
            return _leaf(rule, catalogue)


def outline(rule: Rule, catalogue: Catalogue, path: Path = ()) -> Line:
    """Lay out the rule as nested lines for the builder.

    Parameters
    ----------
    rule
        Any tree.
    catalogue
        Where the words come from.
    path
        Zero-based path of ``rule`` itself.

    Returns
    -------
    Line
        With a line for each part below it.
    """
    match rule:
        case All(parts):
            return Line(path, "all", "all of", _lines(parts, catalogue, path))
        case Any(parts):
            return Line(path, "any", "at least one of", _lines(parts, catalogue, path))
        case Not(part):
            return Line(path, "not", "not", _lines((part,), catalogue, path))
        case _:
            return Line(path, type(rule).__name__.lower(), _leaf(rule, catalogue))


def _lines(
    parts: tuple[Rule, ...], catalogue: Catalogue, path: Path
) -> tuple[Line, ...]:
    return tuple(outline(p, catalogue, (*path, i)) for i, p in enumerate(parts))


def _group(
    parts: tuple[Rule, ...], word: str, empty: str, catalogue: Catalogue, *, inner: bool
) -> str:
    if len(parts) == 1:
        return describe_condition(parts[0], catalogue, inner=inner)
    words = [describe_condition(part, catalogue, inner=True) for part in parts]
    if not words:
        return empty
    text = f", {word} ".join(words) if len(words) == 2 else _series(words, word)
    return f"({text})" if inner else text


def _series(words: list[str], word: str) -> str:
    return f"{', '.join(words[:-1])}, {word} {words[-1]}"


def _negated(part: Rule, catalogue: Catalogue) -> str:
    match part:
        case Did(at_least=1):
            return _did(part, catalogue, negated=True)
        case Exists(field):
            return f"{_info(field, catalogue).label} is not on record"
        case May():
            return _may(part, catalogue, negated=True)
        case InSegment(key):
            return f"is not in “{catalogue.segments.get(key, key)}”"
        case Compare() | In():
            # Unlike "is over", the negation of "is at most" takes in the unknown.
            return f"not: {_leaf(part, catalogue)} (or it is not on record)"
        case _:
            words = describe_condition(part, catalogue)
            return f"not: ({words})"


def _leaf(leaf: Leaf, catalogue: Catalogue) -> str:  # noqa: PLR0911
    match leaf:
        case Compare(field, op, value):
            return _compare(_info(field, catalogue), op, value)
        case In(field, values):
            info = _info(field, catalogue)
            shown = [_value(value, info) for value in values]
            listed = shown[0] if len(shown) == 1 else _series(shown, "or")
            return f"{info.label} is {listed}"
        case Exists(field):
            return f"{_info(field, catalogue).label} is on record"
        case Did():
            return _did(leaf, catalogue)
        case Then(first, second, happened):
            word = "then" if happened else "then not"
            after = _did_words(second, catalogue)
            days = _days(second.within_days or 0)
            return f"{_did(first, catalogue)}, {word} {after} within {days}"
        case May():
            return _may(leaf, catalogue)
        case InSegment(key):
            return f"is in “{catalogue.segments.get(key, key)}”"
        case _:
            assert_never(leaf)


def _may(may: May, catalogue: Catalogue, *, negated: bool = False) -> str:
    purpose = catalogue.consents.get(may.purpose, f"“{may.purpose}”")
    parts = [f"{'does not allow' if negated else 'allows'} {purpose}"]
    if may.channel:
        parts.append(catalogue.channels.get(may.channel, f"by {may.channel}"))
    if may.topic:
        parts.append(f"about “{may.topic}”")
    return " ".join([*parts, "(or never said)"] if negated else parts)


def _compare(info: FieldInfo, op: Op, value: Scalar) -> str:
    if isinstance(value, bool):
        answer = "yes" if value == (op == "eq") else "no"
        return info.phrases.get(answer, f"{info.label}: {answer}")
    phrase = info.phrases.get(op)
    shown = _value(value, info)
    if phrase is not None:
        return phrase.replace("{value}", _value(value, None))
    return f"{info.label} {IS[op]} {shown}"


def _did(did: Did, catalogue: Catalogue, *, negated: bool = False) -> str:
    parts = [f"has {'not ' * negated}{_did_words(did, catalogue)}"]
    if did.at_least > 1:
        parts.append(f"at least {did.at_least} times")
    if did.within_days is not None:
        days = "day" if did.within_days == 1 else f"{did.within_days} days"
        parts.append(f"in the last {days}")
    elif negated:
        parts.append("so far")
    return " ".join(parts)


def _did_words(did: Did, catalogue: Catalogue) -> str:
    event = catalogue.events.get(did.event)
    words = event.did if event else f"done “{did.event}”"
    properties = (event and event.properties) or {}
    if not did.where:
        return words
    conditions = [_where(w, properties.get(w.property)) for w in did.where]
    return f"{words} ({' and '.join(conditions)})"


def _days(n: int) -> str:
    return "1 day" if n == 1 else f"{n} days"


def _where(where: Where, info: FieldInfo | None) -> str:
    return _compare(
        info or FieldInfo(where.property, where.property, "text"), where.op, where.value
    )


def _info(field: str, catalogue: Catalogue) -> FieldInfo:
    return catalogue.fields.get(field) or FieldInfo(field, field, "text")


def _value(value: Scalar, info: FieldInfo | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f"“{value}”"
    number = f"{int(value):,}" if float(value).is_integer() else f"{value:,}"
    return f"{number} {info.unit}".strip() if info else number
