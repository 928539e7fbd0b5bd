"""Sixty-four placements asked for at once, under one cap of three."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connections

from decisioning.caps.models import Budget, Contact
from decisioning.engine import snapshot, writing
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import World, ask

pytestmark = pytest.mark.django_db(transaction=True)
N = 64
SLOW_COMMIT = """
CREATE FUNCTION test_slow_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER test_slow_commit AFTER INSERT ON decisioning_contact
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test_slow_commit();
"""
NO_SLOW_COMMIT = """
DROP TRIGGER test_slow_commit ON decisioning_contact;
DROP FUNCTION test_slow_commit();
"""


@pytest.fixture
def slow_commit(world: World, owner_connection: psycopg.Connection) -> Any:
    """Widens the moment between reserving and the others seeing it."""
    owner_connection.execute(SLOW_COMMIT)
    owner_connection.commit()
    yield
    owner_connection.execute(NO_SLOW_COMMIT)
    owner_connection.commit()


def at_once(asks: list[tuple[str, str]]) -> Counter[str]:
    start = threading.Barrier(len(asks))

    def one(who: str, place: str) -> str:
        try:
            start.wait()
            return str(ask(who, place)["mode"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(asks)) as pool:
        return Counter(f.result() for f in [pool.submit(one, *a) for a in asks])


def sixty_four_places(world: World) -> list[tuple[str, str]]:
    places = [shop.placement(f"place.{n}") for n in range(N)]
    offers = [shop.offer("coats", places)]
    shop.cap(3)
    shop.use_case(world, offers, places)
    shop.customer("c-1")
    return [("c-1", place.key) for place in places]


def test_exactly_three_of_sixty_four_get_through(
    world: World, slow_commit: None
) -> None:
    modes = at_once(sixty_four_places(world))
    assert modes == {"personalised": 3, "default": N - 3}
    assert Contact.objects.count() == 3


def test_without_the_lock_more_than_three_get_through(
    world: World, slow_commit: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = sixty_four_places(world)
    monkeypatch.setattr(writing, "lock_people", lambda people: writing.run("SELECT 1"))
    modes = at_once(asks)
    assert modes["personalised"] > 3
    assert Contact.objects.count() > 3


def test_a_budget_is_never_overspent_by_many_people_at_once(world: World) -> None:
    place = shop.placement()
    money = shop.budget(700, scope_key="coats")
    offers = [shop.offer("coats", [place], cost_minor=100, margin_minor=500)]
    shop.use_case(world, offers, [place], reach={"budget": money.key})
    people = [f"c-{n}" for n in range(24)]
    for who in people:
        shop.customer(who)
    modes = at_once([(who, place.key) for who in people])
    assert modes == {"personalised": 7, "default": 17}
    assert Budget.objects.get().used_minor == 700


def test_the_same_placement_asked_at_once_is_one_decision(world: World) -> None:
    place = shop.placement()
    shop.use_case(world, [shop.offer("coats", [place])], [place])
    shop.customer("c-1")
    modes = at_once([("c-1", place.key)] * 16)
    assert modes == {"personalised": 16}
    assert Contact.objects.count() == 1


@pytest.fixture(autouse=True)
def _own_snapshot() -> Any:
    yield
    snapshot.forget()
