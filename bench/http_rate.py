"""Events a second through POST /v1/batch, durable, as SDKs send them.

    python -m bench.http_rate [--events 60000] [--clients 4]

Batches of a thousand (about 350 KB, half of them packed) from as many clients as say
so, each on its own connection; the answer of every batch is read. One web process as
the demo starts it, on the machine that also runs the clients and the database.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bench.ingest_rate import event
from bench.installation import Installation, installation

GOAL = 15_000
BATCH = 1_000


def measure(here: Installation, *, events: int, clients: int) -> tuple[float, int]:
    """Seconds, and how many batches had to be sent again."""
    now, run = here.now(), f"{time.monotonic_ns()}"
    bodies = []
    for first in range(0, events, BATCH):
        made = [event(i, i // 5, now, run) for i in range(first, first + BATCH)]
        body = b'{"batch":[' + b",".join(made) + b"]}"
        is_packed = first // BATCH % 2 == 1
        bodies.append((gzip.compress(body, 1) if is_packed else body, is_packed))
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        again = sum(
            pool.map(
                lambda share: _send(here, share),
                [bodies[client::clients] for client in range(clients)],
            )
        )
    return time.perf_counter() - begun, again


def _send(here: Installation, bodies: list[tuple[bytes, bool]]) -> int:
    line = http.client.HTTPConnection("127.0.0.1", here.port, timeout=60)
    key, again = here.secrets["writeKey"], 0
    for body, is_packed in bodies:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        while True:
            line.request("POST", "/v1/batch", body, headers)
            answer = line.getresponse()
            told = json.loads(answer.read())
            if answer.status == 200:
                assert told["accepted"] + told["duplicates"] == BATCH, told
                break
            assert answer.status in (429, 503), (answer.status, told)
            again += 1
            time.sleep(float(answer.headers["Retry-After"]))
    line.close()
    return again


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with installation(has_web=True) as here:
        measure(here, events=10_000, clients=options.clients)
        seconds, again = measure(here, events=options.events, clients=options.clients)
    rate = options.events / seconds
    print(json.dumps({"per_second": round(rate), "sent_again": again}))
    print(
        f"{rate:,.0f} events/s over HTTP ({options.events:,} events in "
        f"{seconds:.1f} s, {again} batches sent again; goal: {GOAL:,})"
    )
    return 0 if rate >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
