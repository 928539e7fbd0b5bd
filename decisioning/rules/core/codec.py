"""Rules as JSON: one stable, versioned, canonical form and its digest.

The form, version 1::

    {"version": 1, "rule": NODE}
    NODE = {"all": [NODE, …]} | {"any": [NODE, …]} | {"not": NODE}
         | {"field": "trait.recency", "op": "le", "value": 6}
         | {"field": "trait.channel", "op": "in", "values": ["Web", "Phone"]}
         | {"field": "trait.channel", "op": "exists"}
         | {"did": "Order Completed", "at_least": 2, "within_days": 30,
            "where": [{"property": "category", "op": "eq", "value": "shoes"}]}
         | {"did": "Product Viewed", "within_days": 30,
            "then_not": {"did": "Order Completed", "within_days": 3}}
         | {"may": "direct_marketing", "channel": "email"}
         | {"segment": "good-buyers"}

``then`` stands where ``then_not`` does when the second thing must have happened.
"""

import hashlib
import json
from typing import assert_never

from decisioning.rules.core.problems import InvalidRule, Problem
from decisioning.rules.core.reading import FORMAT_VERSION, Reader
from decisioning.rules.core.tree import (
    All,
    Any,
    Compare,
    Did,
    Exists,
    In,
    InSegment,
    May,
    Not,
    Rule,
    Scalar,
    Then,
)

__all__ = [
    "FORMAT_VERSION",
    "InvalidRule",
    "Problem",
    "canonical_json",
    "digest",
    "dump",
    "load",
]


def load(data: object) -> Rule:
    """Read a rule from parsed JSON or from its text.

    Parameters
    ----------
    data
        The versioned envelope, a bare node, or either as text.

    Returns
    -------
    Rule
        The tree, within the limits of depth and size.

    Raises
    ------
    InvalidRule
        With every problem found, each with its path and what to do.
    """
    if isinstance(data, str | bytes):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            raise InvalidRule([Problem("rule", "write the rule as JSON")]) from None
    return Reader().read(data)


def dump(rule: Rule) -> dict[str, object]:
    """Write a rule as JSON data that `load` reads back.

    Parameters
    ----------
    rule
        The tree.

    Returns
    -------
    dict
        The versioned envelope.
    """
    return {"version": FORMAT_VERSION, "rule": node_data(rule)}


def canonical_json(rule: Rule) -> str:
    """Write the one text of a rule.

    Sorted keys, no spaces, whole numbers without a point.

    Parameters
    ----------
    rule
        The tree.

    Returns
    -------
    str
        Equal exactly for rules that are written alike.
    """
    return json.dumps(
        dump(rule), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def digest(rule: Rule) -> str:
    """SHA-256 of the canonical text.

    Parameters
    ----------
    rule
        The tree.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(canonical_json(rule).encode()).hexdigest()


def node_data(rule: Rule) -> dict[str, object]:  # noqa: PLR0911, C901
    """One node as JSON data, without the envelope.

    Parameters
    ----------
    rule
        Any node.

    Returns
    -------
    dict
        Defaults are left out.
    """
    match rule:
        case All(parts):
            return {"all": [node_data(part) for part in parts]}
        case Any(parts):
            return {"any": [node_data(part) for part in parts]}
        case Not(part):
            return {"not": node_data(part)}
        case Compare(field, op, value):
            return {"field": field, "op": op, "value": _whole(value)}
        case In(field, values):
            return {"field": field, "op": "in", "values": [_whole(v) for v in values]}
        case Exists(field):
            return {"field": field, "op": "exists"}
        case Did():
            return _did_data(rule)
        case Then():
            return _then_data(rule)
        case May(purpose, channel, topic):
            told = {"may": purpose, "channel": channel, "topic": topic}
            return {key: text for key, text in told.items() if text}
        case InSegment(key):
            return {"segment": key}
        case _:
            assert_never(rule)


def _did_data(did: Did) -> dict[str, object]:
    data: dict[str, object] = {"did": did.event, "at_least": did.at_least}
    if did.within_days is not None:
        data["within_days"] = did.within_days
    if did.where:
        data["where"] = [
            {"property": w.property, "op": w.op, "value": _whole(w.value)}
            for w in did.where
        ]
    return data


def _then_data(then: Then) -> dict[str, object]:
    first, second = _did_data(then.first), _did_data(then.second)
    for step in (first, second):
        del step["at_least"]
    return {**first, "then" if then.happened else "then_not": second}


def _whole(value: Scalar) -> Scalar:
    return int(value) if isinstance(value, float) and value.is_integer() else value
