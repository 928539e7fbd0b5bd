"""The five kinds of data about one person, each with source, freshness and expiry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from console.templatetags.fmt import number, when_text
from decisioning.customers.queries import Customer
from decisioning.engine.portrait import Portrait
from decisioning.features.core import FEATURES
from governance.catalogue.queries import DataElement

HIDDEN = "•••"
KINDS = {
    "behavioural": "Behavioural",
    "transactional": "Transactional",
    "contextual": "Contextual",
    "preference": "Preference and profile",
    "predictive": "Predictive",
}
NOTHING = {
    "behavioural": "Nothing is recorded of what this person looked at or opened.",
    "transactional": "No order or refund is recorded.",
    "contextual": "Read from each request and not kept with the person.",
    "preference": "They have told us nothing, and no file did.",
    "predictive": "Nothing has been predicted.",
}
DEFAULT_DAYS = 395
SCORES_DAYS = 90
ORDERS = frozenset({"Order Completed", "Order Refunded", "Order Cancelled"})


@dataclass(frozen=True, slots=True)
class Known:
    """One thing known: what, its value, where from, how fresh, until when."""

    label: str
    value: str
    source: str
    seen: str
    expires: str
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: str
    rows: list[dict[str, Any]]
    counted: list[dict[str, Any]]
    nothing: str

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.counted)


HEADINGS = [
    {"label": label} for label in ("What", "Value", "Where from", "As of", "Kept until")
]


def groups(
    customer: Customer,
    found: Portrait,
    elements: Sequence[DataElement],
    *,
    is_masked: bool,
    now: datetime,
) -> list[Group]:
    by_field = {element.field: element for element in elements}
    kinds = _sorted(
        *_happened(found, by_field, now),
        *_told(customer, found, by_field, now),
        *_predicted(found, by_field, now),
        *(("contextual", _contextual(e)) for e in elements if _is_of_the_moment(e)),
    )
    counted = _sorted(*_counted(found, by_field, now))
    return [
        Group(
            key,
            label,
            [_row(known, is_masked) for known in kinds[key]],
            [_row(known, is_masked) for known in counted[key]],
            NOTHING[key],
        )
        for key, label in KINDS.items()
    ]


def _sorted(*pairs: tuple[str, Known]) -> dict[str, list[Known]]:
    found: dict[str, list[Known]] = {key: [] for key in KINDS}
    for kind, known in pairs:
        found[kind].append(known)
    return found


def _is_of_the_moment(element: DataElement) -> bool:
    return element.source_type == "contextual"


def _row(known: Known, is_masked: bool) -> dict[str, Any]:
    return {
        "cells": [
            {"text": known.label},
            {"text": HIDDEN if is_masked else known.value},
            {"text": known.source, "muted": True},
            {"text": known.seen, "muted": True},
            {
                "text": known.expires,
                "muted": not known.is_stale,
                "tone": "caution" if known.is_stale else "",
            },
        ]
    }


Fields = Mapping[str, DataElement]


def _known(
    label: str,
    value: str,
    source: str,
    at: datetime | None,
    days: int,
    now: datetime,
) -> Known:
    ends = at + timedelta(days=days) if at else None
    is_over = ends is not None and ends <= now
    return Known(
        label,
        value,
        source,
        when_text(at) if at else "Not dated",
        "Due to be deleted"
        if is_over
        else when_text(ends.date())
        if ends
        else "Not dated",
        is_over,
    )


def _happened(
    found: Portrait, fields: Fields, now: datetime
) -> Iterator[tuple[str, Known]]:
    for seen in found.seen:
        element = fields.get(f"event.{seen.name}")
        is_order = seen.name in ORDERS
        kind = element.source_type if element else ""
        yield (
            kind if kind in KINDS else "transactional" if is_order else "behavioural",
            _known(
                seen.name,
                f"{number(seen.n)} {'time' if seen.n == 1 else 'times'}",
                seen.source,
                seen.last_at,
                element.ttl_days if element else DEFAULT_DAYS,
                now,
            ),
        )


def _counted(
    found: Portrait, fields: Fields, now: datetime
) -> Iterator[tuple[str, Known]]:
    for feature in FEATURES:
        value = found.features.get(feature.key)
        if value is None or feature.source_type not in ("behavioural", "transactional"):
            continue
        element = fields.get(f"feature.{feature.key}")
        yield (
            feature.source_type,
            _known(
                element.label if element else feature.label.capitalize(),
                amount(value, feature.unit),
                "Counted from events",
                found.features_at,
                min(element.ttl_days if element else SCORES_DAYS, SCORES_DAYS),
                now,
            ),
        )


def _told(
    customer: Customer, found: Portrait, fields: Fields, now: datetime
) -> Iterator[tuple[str, Known]]:
    for key, value in sorted(customer.traits.items()):
        element = fields.get(f"trait.{key}")
        at, source = found.told.get(key, (customer.created_at, ""))
        kind = element.source_type if element else ""
        yield (
            kind if kind in ("transactional", "behavioural") else "preference",
            _known(
                element.label if element else key.replace("_", " ").capitalize(),
                plain(value),
                source or (element.collected_where if element else "Not recorded"),
                at,
                element.ttl_days if element else DEFAULT_DAYS,
                now,
            ),
        )


def _predicted(
    found: Portrait, fields: Fields, now: datetime
) -> Iterator[tuple[str, Known]]:
    for score in found.scores:
        element = fields.get(f"score.{score.key}")
        yield (
            "predictive",
            _known(
                element.label if element else score.key.replace(":", ": "),
                number(score.value, 3),
                f"Model {score.model}",
                score.at,
                SCORES_DAYS,
                now,
            ),
        )


def amount(value: float, unit: str) -> str:
    """A count with its unit; money and ratios with two decimals."""
    if unit in ("money", "ratio"):
        return number(value, 2)
    if unit == "yes/no":
        return "Yes" if value else "No"
    whole = number(value, None if value == int(value) else 1)
    return f"{whole} {unit.removesuffix('s') if value == 1 else unit}"


def _contextual(element: DataElement) -> Known:
    where, _, kept = element.collected_where.partition(";")
    return Known(
        element.label,
        "Not kept",
        where,
        "At each request",
        kept.strip().capitalize() or "Not kept",
        False,
    )


def plain(value: Any) -> str:
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if value is None or value == "":
        return "Not recorded"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return number(value) if isinstance(value, int | float) else str(value)
