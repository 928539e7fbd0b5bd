"""What one event costs, by the length of the customer's history and their number.

    python -m bench.feature_cost

Sends one event after the other, by turns to customers with 10 to 100,000 events, and
prints for each the median of what bringing the features up to date took and what the
whole ingest took. Beside it stands what a count of the whole log takes, as the server
measures it. Then the same for a customer with 100 events among few others and among
many. Exits 1 where a ratio is above 1.5.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.installation import Installation, installation

HISTORIES = (10, 100, 1_000, 10_000, 100_000)
SHORT, LONG = 100, 100_000
ROUNDS, WARM = 40, 3
OTHERS, EVENTS_OF_OTHERS = 20_000, 5
GOAL = 1.5
FILL = """
INSERT INTO decisioning_event (customer_id, type, name, occurred_at, received_at,
    value_minor, properties, source)
SELECT c.id, 'track', (ARRAY['Product Viewed', 'Order Completed', 'Page Viewed',
    'Product Added'])[1 + i %% 4], %s::timestamptz - i * (%s::interval / %s),
    %s, CASE i %% 4 WHEN 1 THEN 2500 END,
    jsonb_build_object('category', 'c' || i %% 9, 'sku', 's' || i %% 50), 'bench'
FROM unnest(%s::bigint[]) AS c(id), generate_series(1, %s) i
"""
SPAN = timedelta(days=700)


@dataclass(slots=True)
class Spent:
    """Milliseconds of each round: of the features alone and of the whole ingest."""

    features: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Costs:
    """Medians in milliseconds by length of history, and among how many others."""

    features: dict[int, float]
    whole: dict[int, float]
    counted: dict[int, float]
    among_few: float
    among_many: float

    @property
    def by_history(self) -> float:
        return self.whole[LONG] / self.whole[SHORT]

    @property
    def of_features(self) -> float:
        return self.features[LONG] / self.features[SHORT]

    @property
    def by_customers(self) -> float:
        return self.among_many / self.among_few

    @property
    def meets_the_goal(self) -> bool:
        return max(self.by_history, self.of_features, self.by_customers) <= GOAL

    def __str__(self) -> str:
        return (
            f"{self.by_history:.2f} × for the whole ingest and "
            f"{self.of_features:.2f} × for the features with {LONG:,} events instead "
            f"of {SHORT} ({self.features[SHORT]:.1f} and {self.features[LONG]:.1f} ms; "
            f"counting the log anew {self.counted[SHORT]:.1f} and "
            f"{self.counted[LONG]:.0f} ms); {self.by_customers:.2f} × with "
            f"{OTHERS:,} more customers"
        )


def measure(here: Installation) -> Costs:
    now = here.now()
    people = {n: _customer(f"history-{n}", n, now) for n in HISTORIES}
    _take_stock()
    counted = {n: _counted(pk, now) for n, pk in people.items()}
    spent = {n: Spent() for n in HISTORIES}
    _rounds(here, {f"history-{n}": spent[n] for n in HISTORIES})
    few, many = Spent(), Spent()
    _rounds(here, {f"history-{SHORT}": few})
    _add_others(now)
    _rounds(here, {f"history-{SHORT}": many})
    return Costs(
        {n: statistics.median(s.features) for n, s in spent.items()},
        {n: statistics.median(s.whole) for n, s in spent.items()},
        counted,
        statistics.median(few.whole),
        statistics.median(many.whole),
    )


def _customer(user: str, n: int, now: datetime) -> int:
    from decisioning.customers.models import CustomerIdentity

    _send(user, "first", now - SPAN)
    who = CustomerIdentity.objects.get(kind="user", value=user).customer_id
    _fill([who], n, now)
    return int(who)


def _fill(people: list[int], n: int, now: datetime) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FILL, [now, SPAN, n, now, people, n])


def _take_stock() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT attune_take_stock()")


def _add_others(now: datetime) -> None:
    from decisioning.customers.models import Customer

    made = Customer.objects.bulk_create(
        Customer(pseudonym=f"other-{i}", created_at=now) for i in range(OTHERS)
    )
    _fill([row.pk for row in made], EVENTS_OF_OTHERS, now)
    _take_stock()


def _rounds(here: Installation, people: dict[str, Spent]) -> None:
    """By turns, so that a busy neighbour is felt by all alike."""
    for i in range(-WARM, ROUNDS):
        for user, spent in people.items():
            with _features_timed() as features:
                begun = time.perf_counter()
                _send(user, f"{time.monotonic_ns()}", here.now())
                whole = time.perf_counter() - begun
            if i >= 0:
                spent.whole.append(1000 * whole)
                spent.features.append(1000 * features[0])


@contextmanager
def _features_timed() -> Iterator[list[float]]:
    from bench.steps import timed

    told = [0.0]
    with timed() as steps:
        yield told
    told[0] = steps.seconds["features"]


def _send(user: str, n: str, at: datetime) -> None:
    from decisioning.events.actions import ingest

    event = {
        "type": "track",
        "event": "Product Viewed",
        "userId": user,
        "messageId": f"{user}-{n}",
        "timestamp": at.isoformat(),
        "properties": {"category": "c1", "sku": "s1"},
    }
    told = ingest([event], source="bench", now=at)
    assert told.accepted == 1, told


def _counted(customer_id: int, now: datetime) -> float:
    """The shortest of five counts of the whole log, by the server's own clock."""
    from decisioning.features.sql import features_statement

    statement, params = features_statement([customer_id], as_of=now)
    return min(_executed(statement, params) for _ in range(5))


def _executed(statement: str, params: list[Any]) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", params
        )
        row = cursor.fetchone()
    assert row is not None
    told = json.loads(row[0]) if isinstance(row[0], str) else row[0]
    return float(told[0]["Execution Time"])


def main() -> int:
    with installation() as here:
        found = measure(here)
    print("events of the customer    features, ms    ingest, ms    counted anew, ms")
    for n in HISTORIES:
        print(
            f"{n:>22,}    {found.features[n]:>12.2f}    {found.whole[n]:>10.2f}"
            f"    {found.counted[n]:>16.2f}"
        )
    print(found)
    return 0 if found.meets_the_goal else 1


if __name__ == "__main__":
    sys.exit(main())
