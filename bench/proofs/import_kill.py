"""Twenty imports while worker and web server are killed again and again.

The worker is killed with its children and without them, the web server under batches
that a client sends until it is told that they were taken. Beat runs as it always does
and takes up what was left.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.installation import (
    Installation,
    _child,
    _started,
    _wait_until_ready,
    installation,
)
from bench.proof import Proof

if TYPE_CHECKING:
    from console.config.supervisor import Child

IMPORTS = 20
ROWS = 20_000
CUSTOMERS = 2_000
SECONDS_BETWEEN_KILLS = 7.0
KILLS = 12
LONGEST_SECONDS = 480
MAPPING = {
    "userId": "customer",
    "event": "event",
    "timestamp": "at",
    "properties": {"orderId": "order", "revenue": "revenue"},
}
TOTALS = """SELECT count(*), count(DISTINCT properties->>'orderId'), sum(value_minor)
    FROM decisioning_event WHERE source LIKE 'import:%'"""
PROFILES = """SELECT sum(values[%s])::bigint FROM decisioning_customerfeatures f
    JOIN decisioning_customeridentity i USING (customer_id)
    WHERE i.kind = 'user' AND i.value LIKE 'k-%%'"""
SENT = """SELECT count(*), count(DISTINCT properties->>'orderId')
    FROM decisioning_event WHERE source LIKE 'api:%'"""


def prove() -> Proof:
    with installation(is_seeded=True) as here, ExitStack() as exits:
        worker, web = _child(here, "worker"), _child(here, "web")
        for child in (worker, web, _child(here, "beat")):
            exits.enter_context(_started(here, child))
        _wait_until_ready(here, web)
        files = [_file(here.folder, number) for number in range(IMPORTS)]
        jobs = [_start(file) for file in files]
        with _sending(here) as sent:
            n_kills = _kill_while_they_run(here, worker, web, jobs)
            _wait(jobs)
        return _judged(jobs, sent, n_kills)


def _file(folder: Path, number: int) -> Path:
    file = folder / f"orders-{number}.csv"
    with file.open("w") as out:
        out.write("customer,event,at,order,revenue\n")
        for row in range(ROWS):
            who = (row * 7 + number) % CUSTOMERS
            at = f"2026-0{1 + row % 9}-{1 + row % 28:02d}T{row % 24:02d}:00:00Z"
            out.write(f"k-{who},Order Completed,{at},{number}-{row},{row % 50}.25\n")
    return file


def _start(file: Path) -> Any:
    from decisioning.engine import uploads
    from decisioning.tasks import run_import
    from governance.installation.queries import now
    from governance.types import Actor

    return uploads.start(
        by=Actor.system("proof"),
        now=now(),
        kind="events",
        path=file,
        mapping=MAPPING,
        send=run_import.delay,
    ).pk


def _kill_while_they_run(
    here: Installation, worker: Child, web: Child, jobs: list[Any]
) -> int:
    for kill in range(KILLS):
        time.sleep(SECONDS_BETWEEN_KILLS)
        if not _unended(jobs):
            return kill
        _kill(worker, with_children=kill % 2 == 0)
        worker.start(here.folder / "logs")
        if kill % 2:
            _kill(web, with_children=True)
            web.start(here.folder / "logs")
    return KILLS


def _kill(child: Child, *, with_children: bool) -> None:
    assert child.process is not None
    if with_children:
        os.killpg(child.process.pid, signal.SIGKILL)
    else:
        child.process.kill()
    child.process.wait()


def _unended(jobs: list[Any]) -> int:
    from governance.jobs.actions import ENDED
    from governance.jobs.models import Job

    return Job.objects.filter(pk__in=jobs).exclude(state__in=ENDED).count()


def _wait(jobs: list[Any]) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while _unended(jobs) and time.monotonic() < until:
        time.sleep(0.5)


@contextmanager
def _sending(here: Installation) -> Iterator[list[int]]:
    """A client that sends each batch until it is told 200; how many events it has."""
    taken: list[int] = []
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            batch = [_event(f"{number}-{i}", f"w-{i}") for i in range(50)]
            while not _told(here, batch):
                time.sleep(0.2)
            taken.append(len(batch))
            number += 1
            time.sleep(0.05)

    client = threading.Thread(target=send)
    client.start()
    try:
        yield taken
    finally:
        stop.set()
        client.join()


def _told(here: Installation, batch: list[Any]) -> bool:
    try:
        answer = here.ask("POST", "/v1/batch", {"batch": batch}, key="writeKey")
    except (OSError, json.JSONDecodeError):
        return False
    except Exception as error:
        # http.client has its own words for a line that broke.
        if type(error).__module__ == "http.client":
            return False
        raise
    return answer.status == 200


def _event(order: str, who: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"kill-{order}",
        "userId": who,
        "properties": {"orderId": order, "revenue": 1},
    }


def _judged(jobs: list[Any], sent: list[int], n_kills: int) -> Proof:
    from django.db import connection

    from decisioning.features.core import FEATURE_INDEX
    from governance.jobs.models import Job

    done = list(Job.objects.filter(pk__in=jobs))
    n_done = sum(job.state == Job.State.DONE for job in done)
    n_resumed = sum(int(job.params.get("resumed", 0)) for job in done)
    with connection.cursor() as cursor:
        cursor.execute(TOTALS)
        n_stored, n_orders, cents = cursor.fetchone() or (0, 0, 0)
        cursor.execute(PROFILES, [FEATURE_INDEX["orders_all"] + 1])
        (n_in_profiles,) = cursor.fetchone() or (0,)
        cursor.execute(SENT)
        n_sent, n_distinct = cursor.fetchone() or (0, 0)
    wanted = IMPORTS * ROWS
    wanted_cents = IMPORTS * sum(row % 50 * 100 + 25 for row in range(ROWS))
    return Proof(
        claim=(
            f"{IMPORTS} imports of {ROWS:,} rows end complete, with nothing lost or "
            "doubled, though worker and web are killed (-9) while they run; what the "
            "web accepted meanwhile is there once"
        ),
        figure=(
            f"{n_kills} kills of the worker and {n_kills // 2} of the web: {n_done} of "
            f"{IMPORTS} done, {n_resumed} times taken up again; {n_stored:,} events "
            f"stored of {wanted:,}, {n_orders:,} distinct, {n_in_profiles or 0:,} in "
            f"profiles; {n_sent:,} stored of {sum(sent):,} accepted over HTTP"
        ),
        holds=(
            n_kills >= 5
            and n_resumed > 0
            and n_done == IMPORTS
            and n_stored == n_orders == n_in_profiles == wanted
            and cents == wanted_cents
            and n_sent == n_distinct == sum(sent) > 0
        ),
    )
