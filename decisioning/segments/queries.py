from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection

from decisioning.features.core import FEATURE_INDEX, FRESH_FOR
from decisioning.rules.core import (
    EVERYONE,
    Catalogue,
    InvalidRule,
    Loop,
    May,
    Rule,
    TooLarge,
    UnknownSegment,
    describe,
    load,
    reached,
    resolved,
    top_conditions,
    walk,
)
from decisioning.rules.core import Any as AnyOf
from decisioning.rules.sql import compile_sql
from decisioning.segments.catalogue import rule_catalogue
from decisioning.segments.columns import Picture
from decisioning.segments.core import Overlap, Preview, Sampled, Step
from decisioning.segments.models import Segment, SegmentVersion
from governance.consent import queries as consent
from governance.consent.core import ORDINARY, Policy
from governance.types import NotFound

__all__ = [
    "Overlap",
    "Preview",
    "Segment",
    "SegmentVersion",
    "count",
    "in_words",
    "member_ids",
    "overlaps",
    "preview",
    "ready",
    "rule_catalogue",
    "rules_by_key",
    "segment",
    "segments",
    "segments_of",
    "uses",
    "versions",
]

SAMPLE_SIZE = 8
LIVE = "FROM decisioning_customer c WHERE c.merged_into_id IS NULL"
NOBODY: Rule = AnyOf()


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


def versions(key: str) -> list[SegmentVersion]:
    """Which rule held when, newest first."""
    found = SegmentVersion.objects.filter(segment__key=key)
    return list(found.order_by("-effective_at", "-id"))


def rules_by_key(*, without: str = "") -> dict[str, Rule]:
    """Rules of all live segments, as they stand; one query."""
    rows = Segment.objects.filter(retired_at=None).exclude(key=without)
    return {key: readable(rule) for key, rule in rows.values_list("key", "rule")}


def readable(stored: Any) -> Rule:
    """A stored rule as a tree; one that can no longer be read holds for nobody."""
    return _readable(json.dumps(stored))


@lru_cache(maxsize=2_000)
def _readable(text: str) -> Rule:
    try:
        return load(text)
    except InvalidRule:
        return NOBODY


def ready(
    rule: Rule, rules: Mapping[str, Rule] | None = None, *, key: str = ""
) -> Rule:
    """The rule with the segments it names put in place, ready to be asked.

    A name that leads nowhere or in a circle holds for nobody, as it does in decisions.
    """
    known = rules_by_key() if rules is None else rules
    try:
        return resolved(rule, known, within=(key,) if key else ())
    except (Loop, UnknownSegment, TooLarge):
        return NOBODY


def uses(key: str) -> tuple[str, ...]:
    """Every segment whose rule decides about this one, itself included."""
    rules = rules_by_key()
    return (key, *(k for k in reached(rules.get(key, NOBODY), rules) if k != key))


def count(rule: Rule, *, now: datetime) -> int:
    condition, params = _sql(ready(rule), now)
    return int(_row(f"SELECT count(*) {LIVE} AND ({condition})", params)[0])


def member_ids(rule: Rule, *, now: datetime) -> list[int]:
    condition, params = _sql(ready(rule), now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.id {LIVE} AND ({condition})", params)
        return [row[0] for row in cursor.fetchall()]


def in_words(rule: Rule, catalogue: Catalogue) -> str:
    return describe(rule, catalogue)


def segments_of(customer_id: int, *, now: datetime) -> list[str]:
    """Keys of every segment that this customer is in now, by the rules themselves."""
    rules = rules_by_key()
    if not rules:
        return []
    columns, params = [], list[Any]()
    for key, rule in rules.items():
        condition, more = _sql(ready(rule, rules, key=key), now)
        columns.append(f"({condition})")
        params += more
    row = _row(
        f"SELECT {', '.join(columns)} FROM decisioning_customer c WHERE c.id = %s",  # noqa: S608
        [*params, customer_id],
        else_none=True,
    )
    return sorted(key for key, is_in in zip(rules, row, strict=False) if is_in)


def preview(
    rule: Rule,
    *,
    now: datetime,
    catalogue: Catalogue | None = None,
    picture: Picture | None = None,
) -> Preview:
    """Whom the rule selects now, or when the picture was drawn."""
    catalogue = catalogue or rule_catalogue()
    rules = rules_by_key()
    conditions = top_conditions(rule)
    asked = [ready(condition, rules) for condition in conditions]
    at = now if picture is None else picture.at
    if picture is None:
        n_all, *counts = _cumulative(asked, now)
        sample = _sample(ready(rule, rules), now, catalogue)
    else:
        n_all, *counts = counted_on(picture, asked)
        sample = _sample_of(_first_ids(picture, ready(rule, rules)), catalogue)
    return Preview(
        n=counts[-1],
        n_all=n_all,
        words=describe(rule, catalogue),
        steps=tuple(
            Step(describe(condition, catalogue), n)
            for condition, n in zip((EVERYONE, *conditions), counts, strict=True)
        ),
        sample=sample,
        elements=catalogue.elements_used(ready(rule, rules)),
        at=at,
        is_of_this_moment=picture is None,
    )


def counted_on(picture: Picture, conditions: Sequence[Rule]) -> list[int]:
    """All customers, then those left after each condition, as the picture has them."""
    left = np.ones(picture.n, dtype=bool)
    counts = [picture.n, picture.n]
    for condition in conditions:
        left &= picture.mask(condition)
        counts.append(int(np.count_nonzero(left)))
    return counts


def _first_ids(picture: Picture, rule: Rule) -> list[int]:
    places = np.flatnonzero(picture.mask(rule))[:SAMPLE_SIZE]
    return [int(customer_id) for customer_id in picture.ids[places]]


def _cumulative(conditions: Sequence[Rule], now: datetime) -> list[int]:
    """All customers, then those left after each condition.

    A condition is evaluated only for those whom the ones before left in.
    """
    branches, params = [], list[Any]()
    for i, condition in enumerate(conditions):
        sql, values = _sql(condition, now)
        branches.append(f"WHEN NOT ({sql}) THEN {i}")
        params.extend(values)
    passed = f"CASE {' '.join(branches)} ELSE {len(conditions)} END"
    columns = [
        f"count(*) FILTER (WHERE passed >= {i})" for i in range(len(conditions) + 1)
    ]
    inner = f"SELECT {passed if branches else '0'} AS passed {LIVE} OFFSET 0"
    found = _row(f"SELECT count(*), {', '.join(columns)} FROM ({inner}) AS t", params)  # noqa: S608
    return list(found)


def overlaps(
    rule: Rule, *, now: datetime, but_not: str = "", picture: Picture | None = None
) -> list[Overlap]:
    """How the rule's customers fall into each saved segment, in one pass."""
    others = [found for found in segments() if found.key != but_not]
    if not others:
        return []
    rules = rules_by_key()
    trees = [ready(rules[other.key], rules, key=other.key) for other in others]
    pairs = (
        _pairs(ready(rule, rules), trees, now)
        if picture is None
        else _pairs_on(picture, ready(rule, rules), trees)
    )
    return [
        Overlap(other.key, other.name, n_both, n_other)
        for other, (n_both, n_other) in zip(others, pairs, strict=True)
    ]


def _pairs(rule: Rule, others: Sequence[Rule], now: datetime) -> list[tuple[int, int]]:
    tests, params = _tests([rule, *others], now)
    columns = [
        f"count(*) FILTER (WHERE t0 AND t{i}), count(*) FILTER (WHERE t{i})"
        for i in range(1, len(others) + 1)
    ]
    row = _row(f"SELECT {', '.join(columns)} FROM ({tests}) AS tested", params)  # noqa: S608
    return list(zip(row[::2], row[1::2], strict=True))


def _pairs_on(
    picture: Picture, rule: Rule, others: Sequence[Rule]
) -> list[tuple[int, int]]:
    mine = picture.mask(rule)
    masks = (picture.remembered(other) for other in others)
    return [
        (int(np.count_nonzero(mine & mask)), int(np.count_nonzero(mask)))
        for mask in masks
    ]


def _tests(conditions: Sequence[Rule], now: datetime) -> tuple[str, list[Any]]:
    columns, params = ["c.id"], list[Any]()
    for i, condition in enumerate(conditions):
        sql, values = _sql(condition, now)
        columns.append(f"({sql}) AS t{i}")
        params.extend(values)
    return f"SELECT {', '.join(columns)} {LIVE} OFFSET 0", params


def _sql(rule: Rule, now: datetime) -> tuple[str, Sequence[Any]]:
    return compile_sql(
        rule,
        now,
        feature_index=FEATURE_INDEX,
        fresh_for=FRESH_FOR,
        policy=policy_for(rule),
    )


def policy_for(rule: Rule) -> Policy:
    """What holds for everybody's consent; read only where the rule asks about it."""
    asks = any(isinstance(node, May) for _, node in walk(rule))
    return consent.policy() if asks else ORDINARY


def _sample(rule: Rule, now: datetime, catalogue: Catalogue) -> tuple[Sampled, ...]:
    condition, params = _sql(rule, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.pseudonym, c.traits {LIVE} AND ({condition})"
            " ORDER BY c.pseudonym LIMIT %s",
            [*params, SAMPLE_SIZE],
        )
        return _sampled(cursor.fetchall(), catalogue)


def _sample_of(ids: Sequence[int], catalogue: Catalogue) -> tuple[Sampled, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.pseudonym, c.traits {LIVE} AND c.id = ANY(%s::bigint[])"
            " ORDER BY c.pseudonym",
            [list(ids)],
        )
        return _sampled(cursor.fetchall(), catalogue)


def _sampled(rows: Sequence[Any], catalogue: Catalogue) -> tuple[Sampled, ...]:
    return tuple(Sampled(name, _told(traits, catalogue)) for name, traits in rows)


def _told(traits: Any, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
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


def _row(
    statement: str, params: Sequence[Any], *, else_none: bool = False
) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    assert row is not None or else_none
    return tuple(row or ())
