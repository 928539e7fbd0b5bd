from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from decisioning.features.core import FEATURE_INDEX
from decisioning.rules.core import (
    EVERYONE,
    Catalogue,
    Rule,
    describe,
    load,
    top_conditions,
)
from decisioning.rules.sql import compile_sql
from decisioning.segments.catalogue import rule_catalogue
from decisioning.segments.core import Overlap, Preview, Sampled, Step
from decisioning.segments.models import Segment
from governance.types import NotFound

__all__ = [
    "Overlap",
    "Preview",
    "Segment",
    "count",
    "overlaps",
    "preview",
    "rule_catalogue",
    "segment",
    "segments",
]

SAMPLE_SIZE = 8
LIVE = "FROM decisioning_customer c WHERE c.merged_into_id IS NULL"


def segments(*, text: str = "", with_retired: bool = False) -> list[Segment]:
    found = Segment.objects.select_related("created_by").order_by("name")
    if text:
        found = found.filter(name__icontains=text)
    return list(found if with_retired else found.filter(retired_at=None))


def segment(key: str) -> Segment:
    found = Segment.objects.select_related("created_by").filter(key=key).first()
    if found is None:
        raise NotFound("There is no such segment.")
    return found


def count(rule: Rule, *, now: datetime) -> int:
    condition, params = compile_sql(rule, now, feature_index=FEATURE_INDEX)
    return int(_row(f"SELECT count(*) {LIVE} AND ({condition})", params)[0])


def preview(
    rule: Rule, *, now: datetime, catalogue: Catalogue | None = None
) -> Preview:
    """Whom the rule selects now; one pass counts every step of the funnel."""
    catalogue = catalogue or rule_catalogue()
    conditions = top_conditions(rule)
    n_all, *counts = _cumulative(conditions, now)
    return Preview(
        n=counts[-1],
        n_all=n_all,
        words=describe(rule, catalogue),
        steps=tuple(
            Step(describe(condition, catalogue), n)
            for condition, n in zip((EVERYONE, *conditions), counts, strict=True)
        ),
        sample=_sample(rule, now, catalogue),
        elements=catalogue.elements_used(rule),
    )


def _cumulative(conditions: Sequence[Rule], now: datetime) -> list[int]:
    """All customers, then those left after each condition.

    A condition is evaluated only for those whom the ones before left in.
    """
    branches, params = [], list[Any]()
    for i, condition in enumerate(conditions):
        sql, values = compile_sql(condition, now, feature_index=FEATURE_INDEX)
        branches.append(f"WHEN NOT ({sql}) THEN {i}")
        params.extend(values)
    passed = f"CASE {' '.join(branches)} ELSE {len(conditions)} END"
    columns = [
        f"count(*) FILTER (WHERE passed >= {i})" for i in range(len(conditions) + 1)
    ]
    inner = f"SELECT {passed if branches else '0'} AS passed {LIVE} OFFSET 0"
    found = _row(f"SELECT count(*), {', '.join(columns)} FROM ({inner}) AS t", params)  # noqa: S608
    return list(found)


def _tests(conditions: Sequence[Rule], now: datetime) -> tuple[str, list[Any]]:
    columns, params = ["c.id"], list[Any]()
    for i, condition in enumerate(conditions):
        sql, values = compile_sql(condition, now, feature_index=FEATURE_INDEX)
        columns.append(f"({sql}) AS t{i}")
        params.extend(values)
    return f"SELECT {', '.join(columns)} {LIVE} OFFSET 0", params


def overlaps(rule: Rule, *, now: datetime, but_not: str = "") -> list[Overlap]:
    """How the rule's customers fall into each saved segment, in one pass."""
    others = [found for found in segments() if found.key != but_not]
    if not others:
        return []
    tests, params = _tests([rule, *(load(other.rule) for other in others)], now)
    columns = [
        f"count(*) FILTER (WHERE t0 AND t{i}), count(*) FILTER (WHERE t{i})"
        for i in range(1, len(others) + 1)
    ]
    row = _row(f"SELECT {', '.join(columns)} FROM ({tests}) AS tested", params)  # noqa: S608
    return [
        Overlap(other.key, other.name, row[2 * i], row[2 * i + 1])
        for i, other in enumerate(others)
    ]


def _sample(rule: Rule, now: datetime, catalogue: Catalogue) -> tuple[Sampled, ...]:
    condition, params = compile_sql(rule, now, feature_index=FEATURE_INDEX)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.pseudonym, c.traits {LIVE} AND ({condition})"
            " ORDER BY c.pseudonym LIMIT %s",
            [*params, SAMPLE_SIZE],
        )
        rows = cursor.fetchall()
    return tuple(Sampled(name, _readable(traits, catalogue)) for name, traits in rows)


def _readable(traits: Any, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    known = json.loads(traits) if isinstance(traits, str) else traits
    return tuple(
        (catalogue.fields[f"trait.{key}"].label, _words(value))
        for key, value in sorted(known.items())
        if f"trait.{key}" in catalogue.fields
    )


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _row(statement: str, params: list[Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)
