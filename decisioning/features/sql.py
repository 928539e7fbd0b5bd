"""The same definitions as one SQL statement for a set of customers."""

from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never

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

Param: TypeAlias = str | int | float | datetime | list[str]
Expression: TypeAlias = tuple[str, list[Param]]

TO_FLOAT4: Final = (
    f"CASE WHEN abs({{0}}) > {LARGEST!r} THEN NULL"
    f" WHEN abs({{0}}) < {SMALLEST!r} THEN 0 ELSE ({{0}})::float8::float4 END"
)


def features_statement(
    customer_ids: list[int], *, as_of: datetime
) -> tuple[str, list[Param]]:
    """``SELECT id, values`` for live and merged customers alike, one row each.

    ``values`` is a ``real[]`` in the order of `FEATURES`, NULL where unknown. Events
    are read once; unknown ids give no row.
    """
    columns: list[str] = []
    params: list[Param] = []
    for i, feature in enumerate(FEATURES):
        sql, more = _column(i, feature)
        columns.append(sql)
        params += more
    aggregates: list[str] = []
    for i, feature in enumerate(FEATURES):
        if isinstance(feature.rule, FromEvents):
            sql, more = _aggregate(feature.rule, as_of)
            aggregates.append(f"{sql} AS f{i}")
            params += more
    statement = (
        f"SELECT c.id, ARRAY[{', '.join(columns)}]::real[] AS values\n"  # noqa: S608
        "FROM decisioning_customer c LEFT JOIN LATERAL (\n"
        f"  SELECT e.customer_id, {', '.join(aggregates)}\n"
        "  FROM decisioning_event e\n"
        "  WHERE e.customer_id = c.id"
        " AND e.occurred_at <= %s::timestamptz\n"
        "  GROUP BY e.customer_id\n"
        ") a ON true\n"
        "WHERE c.id = ANY(%s::bigint[])"
    )
    return statement, [*params, as_of, bigints(customer_ids)]


def _column(i: int, feature: Feature) -> Expression:
    rule = feature.rule
    if isinstance(rule, FromEvents):
        return TO_FLOAT4.format(f"a.f{i}"), []
    if rule.text is None:
        return _number_trait(rule.trait)
    return (
        "CASE WHEN jsonb_typeof(c.traits->%s::text) = 'string'"
        " THEN (c.traits->>%s::text = %s::text)::int::float4 END",
        [rule.trait, rule.trait, rule.text],
    )


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
    found: list[str] = []
    params: list[Param] = []
    if rule.names:
        found.append("e.name = ANY(%s::text[])")
        params.append(list(rule.names))
    if rule.window_days is not None:
        found.append("e.occurred_at > %s::timestamptz")
        params.append(as_of - timedelta(days=rule.window_days))
    only = f" FILTER (WHERE {' AND '.join(found)})" if found else ""
    return _aggregated(rule, only, params, as_of)


def _aggregated(
    rule: FromEvents, only: str, params: list[Param], as_of: datetime
) -> Expression:
    match rule.aggregate:
        case "count":
            return f"count(*){only}", params
        case "active_days":
            day = "(e.occurred_at AT TIME ZONE 'UTC')::date"
            return f"count(DISTINCT {day}){only}", params
        case "sum":
            total = f"COALESCE(sum(e.value_minor){only}, 0)::float8"
            return f"{total} / {MINOR_PER_MAJOR}", params
        case "mean":
            total = f"sum(e.value_minor){only}::float8"
            count = f"nullif(count(e.value_minor){only}, 0)"
            return f"{total} / {count} / {MINOR_PER_MAJOR}", [*params, *params]
        case "days_since_last" | "days_since_first":
            edge = "max" if rule.aggregate == "days_since_last" else "min"
            passed = f"%s::timestamptz - {edge}(e.occurred_at){only}"
            days = f"extract(epoch FROM {passed})::float8 / {SECONDS_PER_DAY}"
            return days, [as_of, *params]
        case _:
            assert_never(rule.aggregate)
