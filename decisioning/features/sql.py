"""The same definitions as one SQL statement for a set of customers."""

from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from decisioning.features.core import (
    FEATURES,
    LARGEST,
    MINOR_PER_MAJOR,
    SECONDS_PER_DAY,
    SMALLEST,
    Feature,
    FromEvents,
)
from decisioning.types import bigints

Param: TypeAlias = str | int | float | date | datetime | list[str]
Expression: TypeAlias = tuple[str, list[Param]]

DAY: Final = "(e.occurred_at AT TIME ZONE 'UTC')::date"
TO_FLOAT4: Final = (
    f"CASE WHEN abs({{0}}) > {LARGEST!r} THEN NULL"
    f" WHEN abs({{0}}) < {SMALLEST!r} THEN 0 ELSE ({{0}})::float8::float4 END"
)


# What had come in by a moment. Files bring the past at once, by its own dates; the
# covariates of a finished experiment are what was known before it began, by definition.
KNOWN_BY: Final = " AND (e.received_at <= %s::timestamptz OR e.source LIKE 'import:%%')"
TRAITS_BY: Final = """(
    SELECT p.id, CASE WHEN p.basis = 'public_research' THEN p.traits ELSE COALESCE((
        SELECT jsonb_object_agg(told.key, told.value)
            FILTER (WHERE jsonb_typeof(told.value) <> 'null')
        FROM (SELECT DISTINCT ON (t.key) t.key, t.value
            FROM decisioning_event e, jsonb_each(e.properties->'traits') t
            WHERE e.customer_id = p.id AND e.type = 'identify'
                AND (e.source LIKE 'import:experiment:%%' OR (
                    e.occurred_at <= %s::timestamptz
                    AND e.received_at <= %s::timestamptz))
            ORDER BY t.key, e.occurred_at DESC, t.value::text COLLATE "C" DESC) told
        ), '{}') END AS traits
    FROM decisioning_customer p WHERE p.id = ANY(%s::bigint[])
)"""


def features_statement(
    customer_ids: list[int], *, as_of: datetime, as_known: bool = False
) -> tuple[str, list[Param]]:
    """``SELECT id, values, n_events`` for live and merged customers, one row each.

    ``values`` is a ``real[]`` in the order of `FEATURES`, NULL where unknown. Events
    are read once; unknown ids give no row. ``as_known`` also leaves out what came in
    after ``as_of``, traits told since included: so they stood at that moment.
    """
    columns, column_params = _columns(as_of)
    aggregates, params = _aggregates(as_of)
    ids = bigints(customer_ids)
    people, people_params, known = "decisioning_customer", list[Param](), ""
    times: list[Param] = [as_of]
    if as_known:
        people, people_params = TRAITS_BY, [as_of, as_of, ids]
        known, times = KNOWN_BY, [as_of, as_of]
    statement = (
        f"SELECT c.id, ARRAY[{columns}]::real[] AS values,"  # noqa: S608
        " COALESCE(a.n_events, 0) AS n_events\n"
        f"FROM {people} c LEFT JOIN LATERAL (\n"
        f"  SELECT e.customer_id, count(*) AS n_events, {aggregates}\n"
        "  FROM decisioning_event e\n"
        "  WHERE e.customer_id = c.id"
        f" AND e.occurred_at <= %s::timestamptz{known}\n"
        "  GROUP BY e.customer_id\n"
        ") a ON true\n"
        "WHERE c.id = ANY(%s::bigint[])"
    )
    return statement, [*column_params, *people_params, *params, *times, ids]


def _columns(as_of: datetime) -> Expression:
    made = [_column(i, feature, as_of) for i, feature in enumerate(FEATURES)]
    return ", ".join(sql for sql, _ in made), [p for _, more in made for p in more]


def _aggregates(as_of: datetime) -> Expression:
    made = [
        (i, *_aggregate(feature.rule, as_of))
        for i, feature in enumerate(FEATURES)
        if isinstance(feature.rule, FromEvents)
    ]
    named = ", ".join(f"{sql} AS f{i}" for i, sql, _ in made)
    return named, [p for _, _, more in made for p in more]


def _column(i: int, feature: Feature, as_of: datetime) -> Expression:
    rule = feature.rule
    if isinstance(rule, FromEvents):
        if rule.aggregate == "streak":
            return _streak(f"a.f{i}", as_of)
        return TO_FLOAT4.format(f"a.f{i}"), []
    if rule.text is None:
        return _number_trait(rule.trait)
    return (
        "CASE WHEN jsonb_typeof(c.traits->%s::text) = 'string'"
        " THEN (c.traits->>%s::text = %s::text)::int::float4 END",
        [rule.trait, rule.trait, rule.text],
    )


def _streak(days: str, as_of: datetime) -> Expression:
    """Of the dates, newest first, those that follow each other without a gap."""
    in_a_row = (
        f"SELECT count(*) FROM unnest({days}) WITH ORDINALITY u(day, place)"  # noqa: S608
        f" WHERE {days}[1] >= %s::date - 1"
        f" AND u.day = {days}[1] - (u.place - 1)::int"
    )
    today = as_of.astimezone(UTC).date()
    return f"CASE WHEN a.customer_id IS NOT NULL THEN ({in_a_row})::float4 END", [today]


def _number_trait(trait: str) -> Expression:
    # CASE keeps the casts away from values of another kind, which would fail.
    number = TO_FLOAT4.format("(c.traits->>%s::text)::numeric")
    sql = (
        "CASE jsonb_typeof(c.traits->%s::text)"
        f" WHEN 'number' THEN {number}"
        " WHEN 'boolean' THEN (c.traits->>%s::text)::boolean::int::float4 END"
    )
    return sql, [trait] * sql.count("%s")


def _aggregate(rule: FromEvents, as_of: datetime) -> Expression:
    only, params = _only(rule.names, rule, as_of)
    if rule.aggregate == "ratio":
        per, more = _only(rule.per, rule, as_of)
        counts = f"count(*){only}::float8 / nullif(count(*){per}, 0)"
        return counts, [*params, *more]
    return _aggregated(rule, only, params, as_of)


def _only(
    names: tuple[str, ...], rule: FromEvents, as_of: datetime
) -> tuple[str, list[Param]]:
    found: list[str] = []
    params: list[Param] = []
    if names:
        found.append("e.name = ANY(%s::text[])")
        params.append(list(names))
    if rule.window is not None:
        found.append("e.occurred_at > %s::timestamptz")
        params.append(as_of - rule.window)
    return (f" FILTER (WHERE {' AND '.join(found)})" if found else ""), params


def _aggregated(
    rule: FromEvents, only: str, params: list[Param], as_of: datetime
) -> Expression:
    match rule.aggregate:
        case "count":
            return f"count(*){only}", params
        case "active_days":
            return f"count(DISTINCT {DAY}){only}", params
        case "streak":
            return f"array_agg(DISTINCT {DAY} ORDER BY {DAY} DESC){only}", params
        case "distinct":
            sql, keys = _text_of(rule.properties)
            return f"count(DISTINCT {sql}){only}", [*keys, *params]
        case _:
            return _of_values(rule, only, params, as_of)


def _text_of(properties: tuple[str, ...]) -> Expression:
    one = (
        "CASE jsonb_typeof(e.properties->%s::text)"
        " WHEN 'string' THEN e.properties->>%s::text END"
    )
    params: list[Param] = [key for key in properties for _ in range(2)]
    return f"COALESCE({', '.join([one] * len(properties))})", params


def _of_values(
    rule: FromEvents, only: str, params: list[Param], as_of: datetime
) -> Expression:
    match rule.aggregate:
        case "sum":
            total = f"COALESCE(sum(e.value_minor){only}, 0)::float8"
            return f"{total} / {MINOR_PER_MAJOR}", params
        case "mean":
            total = f"sum(e.value_minor){only}::float8"
            count = f"nullif(count(e.value_minor){only}, 0)"
            return f"{total} / {count} / {MINOR_PER_MAJOR}", [*params, *params]
        case _:
            edge = "max" if rule.aggregate == "days_since_last" else "min"
            passed = f"%s::timestamptz - {edge}(e.occurred_at){only}"
            days = f"extract(epoch FROM {passed})::float8 / {SECONDS_PER_DAY}"
            return days, [as_of, *params]
