"""Unmodified SDKs send every event one to five times, in parallel and shuffled."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.installation import Installation, installation
from bench.proof import Proof

EVENTS = 10_000
PEOPLE = 500
EACH = EVENTS // PEOPLE
MOST_COPIES = 5
CLIENTS = 4
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
NODE = Path(__file__).resolve().parents[1] / "node"
NAMES = ("Product Viewed", "Product Added", "Order Completed", "Email Opened")
Call = dict[str, Any]


def prove() -> Proof:
    with installation(has_web=True) as here:
        senders = {
            "segment": _by_segment,
            "segment-again": _by_segment,
            "rudderstack": _by_rudderstack,
        }
        node = _node_client(here.folder)
        if node is not None:
            senders["node"] = lambda here, calls: _by_node(here, calls, node)
        found = {}
        for seed, (name, send) in enumerate(senders.items()):
            calls = _sent_out(name, seed)
            send(here, calls)
            found[name] = (len(calls), *_kept(name))
    stored = [n for _, n, _ in found.values()]
    profiles = {digest for _, _, digest in found.values()}
    return Proof(
        claim=(
            f"{EVENTS:,} events of each SDK, each sent 1 to {MOST_COPIES} times in "
            "parallel and shuffled, are stored once each, with the same profiles "
            "whatever the order and the SDK"
        ),
        figure=(
            "; ".join(
                f"{name}: {n:,} stored of {sent:,} sent"
                for name, (sent, n, _) in found.items()
            )
            + f"; {len(profiles)} set of {PEOPLE} profiles in {len(found)} orders"
            + ("" if node else "; no Node.js here, so its SDK was left out")
        ),
        holds=stored == [EVENTS] * len(found) and len(profiles) == 1,
    )


def _events(run: str) -> Iterator[Call]:
    """Twenty a person: seen before signing in, then named, then buying."""
    for number in range(EVENTS):
        person, nth = divmod(number, EACH)
        at = BEGIN + timedelta(minutes=37 * number % 50_000, seconds=number)
        user, device = f"{run}-{person}", f"{run}-device-{person}"
        call: Call = {"messageId": f"{run}:{number}", "timestamp": at}
        if nth in (0, 7, 14):
            traits = {"plan": f"p{nth}", "rank": person * nth, f"told{nth}": True}
            whose = {"userId": user, "anonymousId": device}
            yield call | {"kind": "identify", "traits": traits, **whose}
            continue
        whose = {"anonymousId": device} if nth in (1, 2) else {"userId": user}
        told = {"sku": f"s-{number % 97}", "revenue": number % 41 + 0.25}
        name = NAMES[number % len(NAMES)]
        yield call | {"kind": "track", "event": name, "properties": told, **whose}


def _sent_out(run: str, seed: int) -> list[Call]:
    """Every event once to five times, in an order of its own."""
    chance = random.Random(seed)
    calls = [
        call for call in _events(run) for _ in range(chance.randint(1, MOST_COPIES))
    ]
    chance.shuffle(calls)
    assert len({call["messageId"] for call in calls}) == EVENTS
    return calls


def _by_segment(here: Installation, calls: Sequence[Call]) -> None:
    from segment.analytics.client import Client

    _by_python(here, calls, Client)


def _by_rudderstack(here: Installation, calls: Sequence[Call]) -> None:
    import rudderstack.analytics as rudder

    _by_python(here, calls, rudder.client.Client)


def _by_python(here: Installation, calls: Sequence[Call], make: Any) -> None:
    failed: list[Any] = []

    def send(share: Sequence[Call]) -> None:
        client = make(
            here.secrets["writeKey"],
            host=here.url,
            gzip=True,
            on_error=lambda error, _batch: failed.append(error),
            upload_interval=0.05,
            max_queue_size=len(share) + 1,
        )
        for call in share:
            common = {
                "user_id": call.get("userId"),
                "anonymous_id": call.get("anonymousId"),
                "timestamp": call["timestamp"],
                "message_id": call["messageId"],
            }
            if call["kind"] == "identify":
                client.identify(traits=call["traits"], **common)
            else:
                client.track(
                    event=call["event"], properties=call["properties"], **common
                )
        client.flush()
        client.join()

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(send, [calls[i::CLIENTS] for i in range(CLIENTS)]))
    assert not failed, failed[:3]


def _node_client(folder: Path) -> Path | None:
    """A folder with Segment's client for Node.js in it; None without Node.js."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    place = folder / "node"
    shutil.copytree(NODE, place)
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=place,
        check=True,
        timeout=300,
    )
    return place


def _by_node(here: Installation, calls: Sequence[Call], place: Path) -> None:
    running = []
    for share in range(CLIENTS):
        file = place / f"calls-{share}.jsonl"
        with file.open("w") as out:
            for call in calls[share::CLIENTS]:
                out.write(json.dumps(call, default=datetime.isoformat) + "\n")
        command = ["node", "send.mjs", here.url, here.secrets["writeKey"], file.name]
        running.append(subprocess.Popen(command, cwd=place))
    assert [client.wait(timeout=300) for client in running] == [0] * CLIENTS


def _kept(run: str) -> tuple[int, str]:
    """How many events of a run are stored, and its profiles, put in one text."""
    from django.db import connection

    from decisioning.features import actions as features

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value, customer_id FROM decisioning_customeridentity"
            " WHERE kind = 'user' AND value ~ %s",
            [f"^{run}-[0-9]+$"],
        )
        people = dict(cursor.fetchall())
        features.refresh(people.values(), now=BEGIN + timedelta(days=60))
        cursor.execute(
            "SELECT c.id, c.traits, c.last_seen_at, f.values, e.n, e.told"
            " FROM decisioning_customer c"
            " JOIN decisioning_customerfeatures f ON f.customer_id = c.id"
            " CROSS JOIN LATERAL (SELECT count(*) AS n, jsonb_agg(jsonb_build_array("
            "   name, occurred_at, value_minor) ORDER BY occurred_at) AS told"
            "   FROM decisioning_event WHERE customer_id = c.id) e"
            " WHERE c.id = ANY(%s)",
            [list(people.values())],
        )
        rows = {customer: told for customer, *told in cursor.fetchall()}
    counted = Counter({user: rows[people[user]][3] for user in people})
    profiles = [
        [user.rsplit("-", 1)[1], *map(str, rows[people[user]])]
        for user in sorted(people, key=lambda user: int(user.rsplit("-", 1)[1]))
    ]
    assert len(people) == PEOPLE, len(people)
    return counted.total(), json.dumps(profiles)
