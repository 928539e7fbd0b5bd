"""Decisions race withdrawals of the same people, over HTTP, on the real pages.

Every person is asked for in several places at once while they press "Stop everything".
A trigger notes the moment at which each decision commits; none that is personal may
commit after the withdrawal was answered. The second round asks the same, on a smaller
scale, of `bench.lockless`, which differs from the product by the person's lock alone.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from bench.installation import Installation, installation, serving
from bench.one_offer import set_up
from bench.people import PERSONALISED, reached, send_in
from bench.proof import Proof

PEOPLE, LOOSE_PEOPLE = 6_250, 1_000
PLACES = tuple(f"place.{n}" for n in range(8))
AT_ONCE = 24
NAME = "Eight places while they leave"
KEY = "eight-places-while-they-leave"
# The commit of a personal decision takes a moment and is dated at its end, so that the
# race is not left to luck and no decision is dated later than it is.
DATED = """
CREATE TABLE proof_commit (customer_id bigint, at timestamptz);
GRANT ALL ON proof_commit TO PUBLIC;
CREATE FUNCTION proof_dated() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    PERFORM pg_sleep(0.003);
    INSERT INTO proof_commit VALUES (NEW.customer_id, clock_timestamp());
    RETURN NULL;
END$$;
CREATE CONSTRAINT TRIGGER proof_dated AFTER INSERT ON decisioning_contact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION proof_dated();
"""


@dataclass
class Round:
    """What one round saw; times are seconds of this machine's clock."""

    answered: dict[int, float] = field(default_factory=dict)
    n_decisions: int = 0
    n_personal: int = 0
    n_asked_late: int = 0
    n_committed_late: int = 0

    @property
    def n_late(self) -> int:
        return self.n_asked_late + self.n_committed_late


def prove() -> Proof:
    with installation(is_seeded=True) as here:
        set_up(here, key=KEY, name=NAME, places=PLACES, most=100)
        _date_commits()
        with serving(here, threads=AT_ONCE):
            everybody = _willing(here, 2 * (PEOPLE + LOOSE_PEOPLE) + 1_500)
            locked = _race(here, everybody[:PEOPLE])
        rest = everybody[PEOPLE : PEOPLE + LOOSE_PEOPLE]
        with serving(here, application="bench.lockless:application", threads=AT_ONCE):
            loose = _race(here, rest)
    return Proof(
        claim=(
            "Of 50,000 decisions racing 6,000 withdrawals none is personal once the "
            "withdrawal was answered; without the lock some are"
        ),
        figure=(
            f"{locked.n_late} late of {locked.n_decisions:,} decisions "
            f"({locked.n_personal:,} personal) against {len(locked.answered):,} "
            f"withdrawals with the lock; {loose.n_late} late of "
            f"{loose.n_decisions:,} without it"
        ),
        holds=locked.n_late == 0
        and locked.n_decisions >= 50_000
        and len(locked.answered) >= 6_000
        and locked.n_personal > 0
        and loose.n_late > 0,
    )


def _date_commits() -> None:
    from console.config import env
    from console.config.embedded import administrator

    with administrator(env.socket_dir(env.DATA_DIR), "attune") as connection:
        connection.execute(DATED)


def _willing(here: Installation, n: int) -> list[tuple[str, int, str]]:
    """User id, person and preferences link of those whom the use case reaches."""
    from decisioning.customers.models import CustomerIdentity
    from decisioning.engine.links import make_preferences_token

    ids = send_in(here, n, {"favouriteCategory": "flour"})
    shown = set(reached(KEY, ids))
    people = CustomerIdentity.objects.filter(kind="user", value__in=shown)
    return [
        (user_id, person, make_preferences_token(person))
        for user_id, person in people.order_by("pk").values_list("value", "customer_id")
    ]


def _race(here: Installation, people: Sequence[tuple[str, int, str]]) -> Round:
    """Each person's decisions and their one withdrawal, shuffled, many at a time."""
    seen, lock, local = Round(), threading.Lock(), threading.local()
    sent: list[tuple[int, float]] = []
    order = random.Random(7)

    def line() -> http.client.HTTPConnection:
        if not hasattr(local, "line"):
            local.line = http.client.HTTPConnection("127.0.0.1", here.port, timeout=60)
        found: http.client.HTTPConnection = local.line
        return found

    def ask(task: tuple[str, int, str, str]) -> None:
        user_id, person, token, place = task
        at = _now()
        if place:
            mode = _decided(line(), here.secrets["apiKey"], user_id, place)
            with lock:
                seen.n_decisions += 1
                if mode == PERSONALISED:
                    seen.n_personal += 1
                    sent.append((person, at))
        else:
            _withdraw(line(), token)
            with lock:
                seen.answered[person] = _now()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for user_id, person, token in people:
            tasks = [(user_id, person, token, place) for place in (*PLACES, "")]
            order.shuffle(tasks)
            for task in tasks:
                pool.submit(ask, task)
    seen.n_asked_late = sum(at > seen.answered[person] for person, at in sent)
    seen.n_committed_late = _committed_late(seen.answered)
    return seen


def _now() -> float:
    """The clock that the database on this machine dates commits by."""
    return datetime.now(UTC).timestamp()


def _decided(
    line: http.client.HTTPConnection, key: str, user_id: str, place: str
) -> str:
    body = {"customer": {"userId": user_id}, "placement": place, "channel": "web"}
    line.request(
        "POST",
        "/api/v1/decisions",
        json.dumps(body),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    answer = line.getresponse()
    told = answer.read()
    assert answer.status == 200, told
    return str(json.loads(told)["mode"])


def _withdraw(line: http.client.HTTPConnection, token: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    line.request(
        "POST", f"/preferences/{token}", urlencode({"everything": "off"}), form
    )
    answer = line.getresponse()
    answer.read()
    assert answer.status == 302, answer.status


def _committed_late(answered: dict[int, float]) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, extract(epoch from at)::float8 FROM proof_commit"
            " WHERE customer_id = ANY(%s)",
            [list(answered)],
        )
        return sum(at > answered[person] for person, at in cursor)
