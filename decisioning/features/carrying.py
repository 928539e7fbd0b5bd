"""Tallies in and out of the database: who has one moves on, whatever the history."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec
from django.db import connection

from decisioning.features import tally as tallies
from decisioning.features.core import Event
from decisioning.features.tally import DEFINITION, EPOCH, WITH_TEXT, Micros, Tally
from decisioning.types import bigints

# With more events than this a customer's features are carried on from event to event
# instead of being counted anew.
LONG: Final = 200
AT_ONCE: Final = 20
LONG_AGO: Final = tallies.micros(datetime.min.replace(tzinfo=UTC))

# Locked, so that whoever removes a tally because events go is not overtaken.
READ: Final = """
SELECT t.customer_id, t.packed, c.traits::text
FROM decisioning_customertally t JOIN decisioning_customer c ON c.id = t.customer_id
WHERE t.customer_id = ANY(%s::bigint[]) AND t.definition = %s
ORDER BY t.customer_id FOR NO KEY UPDATE OF t"""
TRAITS: Final = """
SELECT id, traits::text FROM decisioning_customer WHERE id = ANY(%s::bigint[])"""
# A subquery of its own for each span (OFFSET 0): by the index, whatever the planner
# believes of the log's size.
HAPPENED: Final = """
SELECT q.place, h.name, h.occurred_at, h.value_minor,
    CASE WHEN h.name = ANY(%s::text[]) THEN h.properties END::text
FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
    AS q(place, customer_id, since, until)
CROSS JOIN LATERAL (
    SELECT e.name, e.occurred_at, e.value_minor, e.properties
    FROM decisioning_event e WHERE e.customer_id = q.customer_id
        AND e.occurred_at > q.since AND e.occurred_at <= q.until OFFSET 0
) h"""
WRITE: Final = """
WITH told AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bytea[])
        AS q(customer_id, features, computed_at, packed)
), features AS (
    INSERT INTO decisioning_customerfeatures (customer_id, values, computed_at)
    SELECT customer_id, features::real[], computed_at FROM told ORDER BY customer_id
    ON CONFLICT (customer_id) DO UPDATE
    SET values = EXCLUDED.values, computed_at = EXCLUDED.computed_at
)
INSERT INTO decisioning_customertally (customer_id, definition, packed)
SELECT customer_id, %s, packed FROM told ORDER BY customer_id
ON CONFLICT (customer_id) DO UPDATE
SET definition = EXCLUDED.definition, packed = EXCLUDED.packed"""


class Arrival(Protocol):
    """An event as it came in; its properties as JSON."""

    @property
    def name(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def value_minor(self) -> int | None: ...
    @property
    def properties(self) -> bytes: ...


@dataclass(slots=True)
class Carried:
    """A tally on its way from one moment to the next."""

    customer_id: int
    tally: Tally
    traits: Mapping[str, object]
    moved: list[tuple[Micros | None, Event]] = field(default_factory=list)


def move_on(
    customer_ids: Collection[int],
    *,
    now: datetime,
    arrived: Iterable[tuple[int, Arrival]],
) -> set[int]:
    """Bring the features of those with a tally to ``now``; who they are.

    Never back: where a later moment was reached before, that one stays.
    """
    found = {each.customer_id: each for each in _stored(customer_ids)}
    if not found:
        return set()
    for customer_id, arrival in arrived:
        if customer_id in found:
            tallies.add(found[customer_id].tally, [_event(arrival)])
    carried, to = list(found.values()), tallies.micros(now)
    _bring_moved(carried, to)
    for each in carried:
        tallies.move_on(each.tally, to, each.moved)
    _write(carried)
    return set(found)


def _event(arrival: Arrival) -> Event:
    is_read = arrival.name in WITH_TEXT and arrival.properties
    told = msgspec.json.decode(arrival.properties) if is_read else {}
    return arrival.name, arrival.occurred_at, arrival.value_minor, told


def take_up(customer_ids: Sequence[int], *, now: datetime) -> None:
    """Give these customers a tally, counted from their whole history."""
    for start in range(0, len(customer_ids), AT_ONCE):
        _take_up(customer_ids[start : start + AT_ONCE], now)


def drop(customer_ids: Collection[int]) -> None:
    """Forget these tallies: the log is counted anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM decisioning_customertally"
            " WHERE customer_id = ANY(%s::bigint[])",
            [bigints(customer_ids)],
        )


def _stored(customer_ids: Collection[int]) -> list[Carried]:
    with connection.cursor() as cursor:
        cursor.execute(READ, [bigints(customer_ids), DEFINITION])
        return [
            Carried(customer, tallies.unpacked(bytes(packed)), json.loads(traits))
            for customer, packed, traits in cursor.fetchall()
        ]


def _bring_moved(found: Sequence[Carried], to: Micros) -> None:
    asked = [(each, span) for each in found for span in tallies.spans(each.tally, to)]
    rows = _happened(
        [(each.customer_id, since, until) for each, (_, since, until) in asked]
    )
    for place, event in rows:
        each, (window, _, _) = asked[place]
        each.moved.append((window, event))


def _happened(
    spans: Sequence[tuple[int, Micros, Micros]],
) -> Iterable[tuple[int, Event]]:
    """Events of each span ``(customer, after, until)``, with its place in the list."""
    if not spans:
        return
    whose, since, until = zip(*spans, strict=True)
    params: list[Any] = [
        list(WITH_TEXT),
        bigints(range(len(spans))),
        bigints(whose),
        [_time(at) for at in since],
        [_time(at) for at in until],
    ]
    with connection.cursor() as cursor:
        cursor.execute(HAPPENED, params)
        for place, name, at, value, told in cursor.fetchall():
            yield place, (name, at, value, msgspec.json.decode(told) if told else {})


def _time(at: Micros) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _take_up(customer_ids: Sequence[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRAITS, [bigints(customer_ids)])
        traits = {customer: json.loads(told) for customer, told in cursor.fetchall()}
    until = tallies.micros(now)
    spans = [(customer, LONG_AGO, until) for customer in customer_ids]
    found = [
        Carried(customer, tallies.tally_of((), at=now), traits[customer])
        for customer in customer_ids
    ]
    for place, event in _happened(spans):
        tallies.add(found[place].tally, [event])
    _write(found)


def _write(found: Sequence[Carried]) -> None:
    if not found:
        return
    rows = [
        (
            each.customer_id,
            _array(tallies.values(each.tally, each.traits)),
            _time(each.tally.at),
            tallies.packed(each.tally),
        )
        for each in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [*map(list, zip(*rows, strict=True)), DEFINITION])


def _array(values: Any) -> str:
    told = ("NULL" if value != value else repr(value) for value in values.tolist())
    return f"{{{','.join(told)}}}"
