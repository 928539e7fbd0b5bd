"""Sixty-four placements asked for at once by one customer, under a cap of three.

Over HTTP, to a server that takes 64 requests at a time. The second round asks the same
of `bench.lockless`, which differs from the product by the person's lock alone.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from bench.installation import Installation, installation, serving
from bench.one_offer import set_up
from bench.people import PERSONALISED, decide, reached, send_in
from bench.proof import Proof

N, CAP = 64, 3
NAME = "Sixty-four places at once"
KEY = "sixty-four-places-at-once"
PLACES = tuple(f"place.{n}" for n in range(N))
# Keeps each reservation open for a moment, so that the race is not left to luck.
SLOW_COMMIT = """
CREATE FUNCTION proof_slow_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER proof_slow_commit AFTER INSERT ON decisioning_contact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION proof_slow_commit();
"""


def prove() -> Proof:
    with installation(is_seeded=True) as here:
        set_up(here, key=KEY, name=NAME, places=PLACES, most=CAP)
        with serving(here, threads=N):
            everybody = send_in(here, 40, {"favouriteCategory": "flour"})
            first, second = reached(KEY, everybody)[:2]
            _slow_the_commit()
            locked = _at_once(here, first)
        kept = _reserved(first)
        with serving(here, application="bench.lockless:application", threads=N):
            loose = _at_once(here, second)
    return Proof(
        claim=(
            f"Of {N} parallel decisions for one customer under a cap of {CAP}, exactly "
            f"{CAP} are personal; without the lock more are"
        ),
        figure=(
            f"{locked[PERSONALISED]} with the lock ({kept} reservations), "
            f"{loose[PERSONALISED]} without it"
        ),
        holds=locked == {PERSONALISED: CAP, "default": N - CAP}
        and kept == CAP
        and loose[PERSONALISED] > CAP,
    )


def _at_once(here: Installation, user_id: str) -> Counter[str]:
    start = threading.Barrier(N)

    def one(place: str) -> str:
        start.wait()
        return str(decide(here, user_id, place)["mode"])

    with ThreadPoolExecutor(N) as pool:
        return Counter(pool.map(one, PLACES))


def _slow_the_commit() -> None:
    from console.config import env
    from console.config.embedded import administrator

    with administrator(env.socket_dir(env.DATA_DIR), "attune") as connection:
        connection.execute(SLOW_COMMIT)


def _reserved(user_id: str) -> int:
    from decisioning.caps.models import Contact
    from decisioning.customers.queries import by_user_id

    return Contact.objects.filter(
        customer_id=by_user_id(user_id).pk, released_at=None
    ).count()
