"""A few customers put to all rules at once: what one event costs.

Rules are compiled once for each state of the configuration. One read brings what they
ask of these customers, happenings already answered by the index of events, so that
neither the number of customers nor a long history is felt; most events move nobody and
write nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from decisioning.features.core import FEATURE_INDEX, FRESH_FOR
from decisioning.rules.core import (
    All,
    Compare,
    CompiledRules,
    Did,
    KnownProfile,
    May,
    Not,
    Rule,
    Then,
    canonical_json,
    compile_python,
    fields_used,
    walk,
)
from decisioning.rules.core import Any as AnyOf
from decisioning.rules.sql import compile_sql
from decisioning.segments import queries
from decisioning.segments.models import Segment
from decisioning.types import bigints
from governance.consent import queries as consent
from governance.consent.core import ORDINARY, Head

# With more people than this one statement that does it all in the database is faster.
FEW: Final = 64
PATIENCE: Final = "250ms"
VERSION: Final = "SELECT number, changed_at FROM governance_servingversion WHERE id = 1"
READ: Final = """
SELECT c.id, c.traits::text, ARRAY[{features}]::float8[],
    (SELECT jsonb_object_agg(s.score_key, s.value) FROM decisioning_score s
        WHERE s.customer_id = c.id AND s.score_key = ANY(%s::text[]))::text,
    {head}, ARRAY[{happened}]::boolean[],
    ARRAY(SELECT m.segment_id FROM decisioning_segmentmembership m
        WHERE m.customer_id = c.id AND m.left_at IS NULL),
    ARRAY(SELECT m.id FROM decisioning_customer o
        JOIN decisioning_segmentmembership m
            ON m.customer_id = o.id AND m.left_at IS NULL
        WHERE o.merged_into_id = c.id)
FROM decisioning_customer c
LEFT JOIN decisioning_customerfeatures f ON f.customer_id = c.id
LEFT JOIN governance_consenthead h ON h.person_id = c.id
WHERE c.id = ANY(%s::bigint[]) AND c.merged_into_id IS NULL"""
WRITE: Final = """
WITH gone AS (
    UPDATE decisioning_segmentmembership m
    SET left_at = GREATEST(%s::timestamptz, m.entered_at), exit_cause = 'event'
    FROM unnest(%s::bigint[], %s::bigint[]) AS g(customer_id, segment_id)
    WHERE m.customer_id = g.customer_id AND m.segment_id = g.segment_id
        AND m.left_at IS NULL
    RETURNING 1
), merged AS (
    UPDATE decisioning_segmentmembership m
    SET left_at = GREATEST(%s::timestamptz, m.entered_at), exit_cause = 'event'
    WHERE m.id = ANY(%s::bigint[])
    RETURNING 1
), come AS (
    INSERT INTO decisioning_segmentmembership
        (segment_id, customer_id, entered_at, entry_cause, exit_cause)
    SELECT n.segment_id, n.customer_id, %s::timestamptz, 'event', ''
    FROM unnest(%s::bigint[], %s::bigint[]) AS n(customer_id, segment_id)
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM come),
    (SELECT count(*) FROM gone) + (SELECT count(*) FROM merged)"""


class Version(NamedTuple):
    """State of the configuration; any change of a segment, by any way in, moves it."""

    number: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """All live rules, compiled; bit ``i`` of an answer is segment ``ids[i]``.

    Happenings are asked of the database: each distinct one is a leaf that reads
    ``context`` under the number of its place.
    """

    version: Version
    ids: tuple[int, ...]
    ready: Mapping[int, Rule]
    compiled: CompiledRules
    happenings: tuple[Did | Then, ...]
    features: tuple[str, ...]
    scores: tuple[str, ...]
    asks_consent: bool


_current: Rules | None = None


def current() -> Rules:
    """The rules as they stand, compiled anew when anything governed has changed."""
    global _current
    with connection.cursor() as cursor:
        cursor.execute(VERSION)
        row = cursor.fetchone()
    assert row is not None
    version = Version(*row)
    if _current is None or _current.version != version:
        _current = _compiled(version)
    return _current


def _compiled(version: Version) -> Rules:
    rows = Segment.objects.filter(retired_at=None).order_by("pk")
    found = list(rows.values_list("pk", "key", "rule"))
    by_key = {key: queries.readable(rule) for _, key, rule in found}
    ready = {pk: queries.ready(by_key[key], by_key, key=key) for pk, key, _ in found}
    places: dict[str, int] = {}
    happenings: list[Did | Then] = []
    trees = [_with_answers(rule, places, happenings) for rule in ready.values()]
    used = {field for tree in trees for field in fields_used(tree)}
    nodes = (node for tree in trees for _, node in walk(tree))
    return Rules(
        version=version,
        ids=tuple(ready),
        ready=ready,
        compiled=compile_python(trees),
        happenings=tuple(happenings),
        features=_keys(used, "feature."),
        scores=_keys(used, "score."),
        asks_consent=any(isinstance(node, May) for node in nodes),
    )


def _keys(used: Collection[str], source: str) -> tuple[str, ...]:
    keys = sorted(ref.removeprefix(source) for ref in used if ref.startswith(source))
    return tuple(key for key in keys if source != "feature." or key in FEATURE_INDEX)


def _with_answers(
    rule: Rule, places: dict[str, int], happenings: list[Did | Then]
) -> Rule:
    match rule:
        case All(parts):
            return All(tuple(_with_answers(p, places, happenings) for p in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_with_answers(p, places, happenings) for p in parts))
        case Not(part):
            return Not(_with_answers(part, places, happenings))
        case Did() | Then():
            key = canonical_json(rule)
            if key not in places:
                places[key] = len(happenings)
                happenings.append(rule)
            return Compare(f"context.{places[key]}", "eq", value=True)
        case _:
            return rule


@contextmanager
def briefly() -> Iterator[None]:
    """Wait for nobody's locks longer than a moment; what held before holds after."""
    before = _lock_timeout("SELECT current_setting('lock_timeout')", [])
    change = "SELECT set_config('lock_timeout', %s, true)"
    _lock_timeout(change, [PATIENCE])
    yield
    _lock_timeout(change, [before])


def _lock_timeout(statement: str, params: list[str]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])


def move_few(
    customer_ids: Collection[int], rules: Rules, *, now: datetime
) -> tuple[int, int]:
    """Move these customers in and out; how many came in and how many left."""
    come: list[tuple[int, int]] = []
    gone: list[tuple[int, int]] = []
    merged: list[int] = []
    policy = consent.policy() if rules.asks_consent else ORDINARY
    for customer_id, profile, stays, of_merged in _read(customer_ids, rules, now):
        held = rules.compiled.satisfied(profile, now, policy)
        wanted = {pk for i, pk in enumerate(rules.ids) if held >> i & 1}
        come += [(customer_id, pk) for pk in wanted - stays]
        gone += [(customer_id, pk) for pk in (stays - wanted) & set(rules.ids)]
        merged += of_merged
    if not (come or gone or merged):
        return 0, 0
    return _write(come, gone, merged, now)


def _read(
    customer_ids: Collection[int], rules: Rules, now: datetime
) -> list[tuple[int, KnownProfile, set[int], list[int]]]:
    asked, params = [], list[Any]()
    for happening in rules.happenings:
        sql, values = compile_sql(happening, now, feature_index=FEATURE_INDEX)
        asked.append(f"({sql})")
        params += values
    stored, oldest = _stored_features(rules.features, now)
    statement = READ.format(
        features=stored,
        head="h.version, h.cells::text" if rules.asks_consent else "NULL, NULL",
        happened=", ".join(asked),
    )
    with connection.cursor() as cursor:
        asked_of = [*oldest, list(rules.scores), *params, bigints(customer_ids)]
        cursor.execute(statement, asked_of)
        return [_known(row, rules) for row in cursor.fetchall()]


def _stored_features(keys: Sequence[str], now: datetime) -> tuple[str, list[datetime]]:
    """Columns of the stored array; what has outlived its time is unknown."""
    columns, oldest = [], []
    for key in keys:
        column = f"f.values[{FEATURE_INDEX[key] + 1}]"
        if key in FRESH_FOR:
            column = f"CASE WHEN f.computed_at >= %s::timestamptz THEN {column} END"
            oldest.append(now - FRESH_FOR[key])
        columns.append(column)
    return ", ".join(columns), oldest


def _known(
    row: Sequence[Any], rules: Rules
) -> tuple[int, KnownProfile, set[int], list[int]]:
    customer_id, traits, features, scores, version, cells, answers, stays, merged = row
    profile = KnownProfile(
        traits=json.loads(traits),
        features=dict(zip(rules.features, features, strict=True)),
        scores=json.loads(scores) if scores else {},
        context={str(i): answer for i, answer in enumerate(answers)},
        head=_head(version, cells),
    )
    return customer_id, profile, set(stays), list(merged)


def _head(version: int | None, cells: str | None) -> Head | None:
    if version is None or cells is None:
        return None
    return consent.head_from(version, json.loads(cells))


def _write(
    come: Sequence[tuple[int, int]],
    gone: Sequence[tuple[int, int]],
    merged: Sequence[int],
    now: datetime,
) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            [
                now,
                bigints(customer for customer, _ in gone),
                bigints(segment for _, segment in gone),
                now,
                bigints(merged),
                now,
                bigints(customer for customer, _ in come),
                bigints(segment for _, segment in come),
            ],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
