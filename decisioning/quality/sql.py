"""The rows of a range of ids, counted and added to the days; each range once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from decisioning.quality.core import EARLIEST_YEAR, LATE_AFTER, NEEDED, ORDER_ID

Statement = tuple[str, list[Any]]
MOST_FIELDS: Final = 2_000
CLOCKS_APART: Final = timedelta(minutes=5)
ADDED: Final = (
    "n",
    "n_late",
    "n_missing",
    "n_impossible",
    "n_unresolved",
    "n_repeated",
    "n_duplicates",
    "n_rejected",
)
ON_CONFLICT: Final = (
    " ON CONFLICT (source, name, day_date) DO UPDATE SET "
    + ", ".join(f"{c} = decisioning_signalday.{c} + EXCLUDED.{c}" for c in ADDED)
    + ", last_at = GREATEST(decisioning_signalday.last_at, EXCLUDED.last_at)"
)
DAY: Final = "(e.received_at AT TIME ZONE 'UTC')::date"
# The number of an order, whichever way the source writes it.
ORDER: Final = " COALESCE({0}.properties->>'orderId', {0}.properties->>'order_id')"
assert ORDER_ID == ("orderId", "order_id")


def days_statement(after: int, until: int) -> Statement:
    """Events with ``after < id <= until``, by source, name and day of receipt."""
    missing, params = _missing()
    statement = f"""
        INSERT INTO decisioning_signalday
            (source, name, day_date, {", ".join(ADDED)}, last_at)
        SELECT e.source, e.name, {DAY}, count(*),
            count(*) FILTER (WHERE e.received_at - e.occurred_at > %s),
            count(*) FILTER (WHERE {missing}),
            count(*) FILTER (WHERE {_impossible()}),
            count(*) FILTER (WHERE NOT EXISTS (
                SELECT 1 FROM decisioning_customeridentity i
                WHERE i.customer_id = e.customer_id AND i.kind = 'user')),
            count(*) FILTER (WHERE {_repeated()}),
            0, 0, max(e.received_at)
        FROM decisioning_event e WHERE e.id > %s AND e.id <= %s
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 {ON_CONFLICT}"""  # noqa: S608
    times = [EARLIEST_YEAR, CLOCKS_APART]
    return statement, [LATE_AFTER, *params, *times, after, until]


def _missing() -> tuple[str, list[Any]]:
    parts: list[str] = []
    params: list[Any] = []
    for name, needed in NEEDED.items():
        lacks = " OR ".join(["NOT e.properties ?| %s::text[]"] * len(needed))
        parts.append(f"(e.name = %s AND ({lacks}))")
        params += [name, *(list(alternatives) for alternatives in needed)]
    return " OR ".join(parts), params


def _impossible() -> str:
    return (
        "(e.value_minor < 0 AND e.name = 'Order Completed')"
        " OR extract(year FROM e.occurred_at) < %s"
        " OR e.occurred_at > e.received_at + %s"
    )


def _repeated() -> str:
    mine, theirs = ORDER.format("e"), ORDER.format("o")
    return (
        f"e.name = 'Order Completed' AND {mine} IS NOT NULL AND EXISTS ("  # noqa: S608
        " SELECT 1 FROM decisioning_event o WHERE o.customer_id = e.customer_id"
        f" AND o.name = e.name AND o.id < e.id AND {theirs} = {mine})"
    )


def fields_statement(after: int, until: int) -> Statement:
    """The fields of those events, by the kind of value that they held."""
    statement = f"""
        INSERT INTO decisioning_signalfield
            (source, name, field, kind, n, first_date, last_date)
        SELECT e.source, e.name, left(f.key, 120), jsonb_typeof(f.value), count(*),
            min({DAY}), max({DAY})
        FROM decisioning_event e, LATERAL jsonb_each(
            CASE WHEN e.type = 'identify' THEN
                CASE jsonb_typeof(e.properties->'traits') WHEN 'object'
                    THEN e.properties->'traits' ELSE '{{}}' END
            ELSE e.properties END) f
        WHERE e.id > %s AND e.id <= %s AND jsonb_typeof(e.properties) = 'object'
            AND jsonb_typeof(f.value) <> 'null'
        GROUP BY 1, 2, 3, 4 ORDER BY count(*) DESC LIMIT {MOST_FIELDS}
        ON CONFLICT (source, name, field, kind) DO UPDATE
        SET n = decisioning_signalfield.n + EXCLUDED.n,
            first_date = LEAST(decisioning_signalfield.first_date, EXCLUDED.first_date),
            last_date = GREATEST(decisioning_signalfield.last_date, EXCLUDED.last_date)
        """  # noqa: S608
    return statement, [after, until]


def refused_statement(after: int, until: int) -> Statement:
    """Dead letters, by source and day; what was refused has no name."""
    return _of_source("decisioning_deadletter", "n_rejected", "count(*)", after, until)


def repeats_statement(after: int, until: int) -> Statement:
    """Messages that had come before."""
    return _of_source(
        "decisioning_repeatedmessages", "n_duplicates", "sum(e.n)", after, until
    )


def _of_source(table: str, column: str, n: str, after: int, until: int) -> Statement:
    statement = f"""
        INSERT INTO decisioning_signalday
            (source, name, day_date, {", ".join(ADDED)}, last_at)
        SELECT e.source, '', {DAY},
            {", ".join(n if each == column else "0" for each in ADDED)},
            max(e.received_at)
        FROM {table} e WHERE e.id > %s AND e.id <= %s
        GROUP BY 1, 3 ORDER BY 1, 3 {ON_CONFLICT}"""  # noqa: S608
    return statement, [after, until]
