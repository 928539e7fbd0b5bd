"""Events a second through the ingest of the API and of every import, with its memory.

    python -m bench.ingest_rate [--events 100000] [--customers 20000] [--file]

Sends JSON bytes as they come over HTTP into a throw-away database; with ``--file`` it
imports Hillstrom's 64,000 customers and their events instead. Exits 1 below 10,000
events a second or above 1 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bench.installation import Installation, dataset, installation
from bench.steps import timed

GOAL_RATE, GOAL_MEMORY_MB = 10_000, 1_000
NAMES = ("Product Viewed", "Product Added", "Order Completed", "Page Viewed")


@dataclass(frozen=True, slots=True)
class Rate:
    events: int
    customers: int
    seconds: float
    process_seconds: float
    peak_memory_mb: int

    @property
    def per_second(self) -> float:
        return self.events / self.seconds

    @property
    def meets_the_goal(self) -> bool:
        return self.per_second >= GOAL_RATE and self.peak_memory_mb < GOAL_MEMORY_MB

    def __str__(self) -> str:
        return (
            f"{self.per_second:,.0f} events/s ({self.events:,} events of "
            f"{self.customers:,} customers in {self.seconds:.1f} s, "
            f"{self.process_seconds:.1f} s of them this process), "
            f"{self.peak_memory_mb:,} MB at most"
        )


def of_stream(here: Installation, *, events: int, customers: int) -> Rate:
    """Made-up events, five a customer, as an SDK would send them."""
    from decisioning.events.actions import ingest

    now = here.now()
    run = f"{time.monotonic_ns()}"
    begun, cpu = time.perf_counter(), time.process_time()
    told = ingest(
        (event(i, i * customers // events, now, run) for i in range(events)),
        source="bench",
        now=now,
    )
    assert told.accepted == events, told
    return _rate(told.accepted, customers, begun, cpu)


def of_file(here: Installation) -> Rate:
    """Hillstrom's file through its import: identify, e-mails, visits and orders."""
    from decisioning.engine.imports import import_dataset
    from governance.types import Actor

    begun, cpu = time.perf_counter(), time.process_time()
    report = import_dataset(
        by=Actor.system("bench"),
        now=here.now(),
        name="hillstrom",
        path=dataset("hillstrom"),
    )
    assert not report.bad, report.bad[:3]
    return _rate(report.accepted, report.n_people, begun, cpu)


def _rate(events: int, customers: int, begun: float, cpu: float) -> Rate:
    return Rate(
        events,
        customers,
        round(time.perf_counter() - begun, 2),
        round(time.process_time() - cpu, 2),
        round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    )


def event(i: int, person: int, now: datetime, run: str) -> bytes:
    at = (now - timedelta(minutes=i % 400_000)).isoformat()
    common = f'"messageId":"{run}-{i}","userId":"b-{run}-{person}","timestamp":"{at}"'
    if i % 5 == 0:
        traits = f'{{"recency":{i % 12},"channel":"Web","womens":true,"city":"Leeds"}}'
        return f'{{"type":"identify",{common},"traits":{traits}}}'.encode()
    order = (
        f'"orderId":"o-{i}","revenue":{i % 90}.5,"currency":"GBP","sku":"s-{i % 999}"'
    )
    return (
        f'{{"type":"track","event":"{NAMES[i % 4]}",{common},"properties":{{{order}}},'
        '"context":{"locale":"en-GB","timezone":"Europe/London"}}'
    ).encode()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--file", action="store_true")
    options = parser.parse_args()
    with installation(is_seeded=options.file) as here, timed() as steps:
        found = (
            of_file(here)
            if options.file
            else of_stream(here, events=options.events, customers=options.customers)
        )
    print(json.dumps({**asdict(found), "per_second": round(found.per_second)}))
    print(steps.shares(found.seconds))
    print(f"{found} (goal: {GOAL_RATE:,} events/s under {GOAL_MEMORY_MB:,} MB)")
    return 0 if found.meets_the_goal else 1


if __name__ == "__main__":
    sys.exit(main())
