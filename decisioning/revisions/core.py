"""What of an object counts as its content, and the digest of that content."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from governance.types import Digest, digest_of

DOMAIN = "pc/object/v1"


class Kind(StrEnum):
    """Kinds of configuration objects that a use case refers to."""

    OFFER = "offer"
    CREATIVE = "creative"
    PLACEMENT = "placement"
    SEGMENT = "segment"
    CAP = "cap"
    BUDGET = "budget"


CONTENT_FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.OFFER: (
        "key",
        "name",
        "topic",
        "benefit",
        "starts_at",
        "ends_at",
        "priority",
        "value_minor",
        "margin_minor",
        "cost_minor",
        "currency",
        "eligibility",
        "why_signal",
    ),
    Kind.CREATIVE: ("offer_key", "placement_key", "key", "content"),
    Kind.PLACEMENT: ("key", "channel", "default_content"),
    Kind.SEGMENT: ("key", "rule"),
    Kind.CAP: ("key", "scope", "scope_key", "n", "window"),
    Kind.BUDGET: (
        "key",
        "scope",
        "scope_key",
        "limit_minor",
        "currency",
        "starts_at",
        "ends_at",
    ),
}


def content_of(kind: Kind, row: Any) -> dict[str, Any]:
    """Content of an object as plain JSON values.

    Parameters
    ----------
    kind
        Which fields count.
    row
        A model instance, or anything with those attributes.

    Returns
    -------
    dict
        Names, timestamps of editing and revision numbers are not content.
    """
    return {name: plain(getattr(row, name)) for name in CONTENT_FIELDS[kind]}


def plain(value: Any) -> Any:
    """A value as JSON knows it.

    Parameters
    ----------
    value
        Times become ISO text in UTC, durations seconds.

    Returns
    -------
    Any
        Equal values give equal results.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return value


def digest(kind: Kind, content: Mapping[str, Any]) -> Digest:
    """SHA-256 of an object's canonical content.

    Parameters
    ----------
    kind
        Kept apart by name, so that two kinds never share a digest.
    content
        As ``content_of`` gives it.

    Returns
    -------
    Digest
        Sixty-four hexadecimal digits.
    """
    return digest_of({"kind": kind.value, "content": dict(content)}, domain=DOMAIN)


def digest_of_row(kind: Kind, row: Any) -> Digest:
    """Digest of what a row's columns say now, whatever its stored digest says.

    Parameters
    ----------
    kind, row
        As for ``content_of``.

    Returns
    -------
    Digest
        Compare it with the digest that was signed.
    """
    return digest(kind, content_of(kind, row))


def is_narrower(kind: Kind, signed: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Whether live content provably allows no more than the signed content did.

    Parameters
    ----------
    kind
        Only caps and budgets can be compared; everything else is False.
    signed, live
        Contents as ``content_of`` gives them.

    Returns
    -------
    bool
        A lower cap, a longer window or a smaller budget, and nothing else changed.
    """
    if kind is Kind.CAP:
        same = all(signed[f] == live[f] for f in ("key", "scope", "scope_key"))
        return same and live["n"] <= signed["n"] and live["window"] >= signed["window"]
    if kind is Kind.BUDGET:
        same = all(
            signed[f] == live[f]
            for f in ("key", "scope", "scope_key", "currency", "starts_at", "ends_at")
        )
        return same and 0 <= live["limit_minor"] <= signed["limit_minor"]
    return False
