"""What storing events costs beside a bare COPY of the same bytes.

    python -m bench.copy_ratio [--events 100000]

Floor: the rows in chunks of 10,000, each durable, copied into a table of the same
columns with neither index nor partition. Ours: the same bytes in the same chunks into
the event log, each message id claimed for ever first. Beside them the copy into the log
alone, which is what indexes and partitions cost. They take turns in one run; medians of
seven. Exits 1 below 0.4.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.ingest_rate import event
from bench.installation import Installation, installation

GOAL = 0.4
TURNS = 7
FLOOR = "bench_copy_floor"


@dataclass(frozen=True, slots=True)
class Ratio:
    events: int
    megabytes: float
    floor_seconds: float
    log_seconds: float
    append_seconds: float

    @property
    def ratio(self) -> float:
        return self.floor_seconds / self.append_seconds

    @property
    def meets_the_goal(self) -> bool:
        return self.ratio >= GOAL

    def __str__(self) -> str:
        return (
            f"{self.ratio:.2f} of COPY: {events_a_second(self):,.0f} "
            f"against {self.events / self.floor_seconds:,.0f} rows/s "
            f"({self.events:,} events, {self.megabytes:.0f} MB, medians of {TURNS} "
            f"turns); copied into the log without claiming ids "
            f"{self.events / self.log_seconds:,.0f} rows/s"
        )


def measure(here: Installation, *, events: int) -> Ratio:
    from django.db import connection

    from decisioning.events import storing

    with _owner() as owner, owner.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {FLOOR} (LIKE decisioning_event INCLUDING DEFAULTS"
            " INCLUDING IDENTITY INCLUDING STORAGE INCLUDING COMPRESSION)"
        )
        cursor.execute(f"GRANT ALL ON {FLOOR} TO PUBLIC")
        cursor.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO PUBLIC")
    now = here.now()
    floors, logs, ours = [], [], []
    size = 0
    for turn in range(TURNS):
        chunks = _checked(events, now, f"t{turn}")
        rows = [_rows(chunk) for chunk in chunks]
        size = sum(map(len, rows))
        into = storing.COPY_EVENTS
        floors.append(_copied(into.replace("decisioning_event", FLOOR), rows))
        logs.append(_copied(into, rows))
        ours.append(_appended(chunks))
    connection.close()
    return Ratio(
        events,
        size / 1e6,
        statistics.median(floors),
        statistics.median(logs),
        statistics.median(ours),
    )


def _owner():  # type: ignore[no-untyped-def]
    import psycopg
    from django.conf import settings

    there = settings.DATABASES["owner"]
    return psycopg.connect(
        host=there["HOST"] or None,
        port=there["PORT"] or None,
        user=there["USER"],
        password=there["PASSWORD"] or None,
        dbname=there["NAME"],
    )


def _checked(events: int, now: datetime, run: str) -> list[list]:  # type: ignore[type-arg]
    from decisioning.events.actions import prepared

    stream = (event(i, i // 5, now, run) for i in range(events))
    told = prepared(stream, source="bench", now=now)
    return [[taken for _, taken in chunk.taken] for chunk in told]


def _rows(chunk: Sequence) -> bytes:  # type: ignore[type-arg]
    return b"".join(
        b"%d\t\\N\t%b\n" % (1 + i // 5, each.stored) for i, each in enumerate(chunk)
    )


def _copied(statement: str, rows: Sequence[bytes]) -> float:
    from django.db import connection

    begun = time.perf_counter()
    for part in rows:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(part)
    return time.perf_counter() - begun


def _appended(chunks: Sequence) -> float:  # type: ignore[type-arg]
    from django.db import transaction

    from decisioning.events import storing

    begun = time.perf_counter()
    for chunk in chunks:
        with transaction.atomic():
            new = storing.claim({each.hash for each in chunk})
            storing.append(
                (1 + i // 5, None, each)
                for i, each in enumerate(chunk)
                if each.hash in new
            )
    return time.perf_counter() - begun


def events_a_second(found: Ratio) -> float:
    return found.events / found.append_seconds


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=100_000)
    options = parser.parse_args()
    with installation() as here:
        found = measure(here, events=options.events)
    told = {"ratio": found.ratio, "per_second": events_a_second(found)}
    print(json.dumps({name: round(value, 3) for name, value in told.items()}))
    print(f"{found} (goal: {GOAL})")
    return 0 if found.meets_the_goal else 1


if __name__ == "__main__":
    sys.exit(main())
