"""What is there before anybody is served: people, shop, use cases, signatures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from console.demo import cases, cast, shop, signing
from console.demo.assessing import assess_impact
from governance.catalogue import actions as catalogue
from governance.installation import actions as installation
from governance.installation.queries import now as database_now
from governance.people import queries as people
from governance.types import SignOffRole

DAYS = 28
PREPARED_DAYS = 9
NOTE = "Demonstration shop: simulated people{hillstrom}. No real customer is contacted."


def is_seeded() -> bool:
    return people.person("marketer") is not None


def first_day(today: datetime) -> datetime:
    """The day the shop's past begins, so that its last day was yesterday."""
    start = today.astimezone(UTC) - timedelta(days=DAYS)
    return start.replace(hour=8, minute=0, second=0, microsecond=0)


@contextmanager
def clock_at(instant: datetime) -> Iterator[None]:
    """The demo's clock stands in the past, and is put right whatever happens."""
    installation.shift_clock_to(instant=instant)
    try:
        yield
    finally:
        installation.shift_clock_to(instant=None)


def seed(*, with_hillstrom: bool) -> dict[str, Any]:
    """Set the demo up through the product's own actions; gives the secrets to keep."""
    installation.mark_demo(note=note(with_hillstrom=with_hillstrom))
    opened = first_day(datetime.now(UTC))
    with clock_at(opened - timedelta(days=PREPARED_DAYS)):
        now = database_now()
        catalogue.seed_standard(now=now)
        sign_ins = cast.add_people(now)
        keys = cast.issue_keys(now)
        world = shop.world()
        shop.configure(world, now=now)
    _write_use_cases(world, opened)
    return {
        **cast.secrets_of(sign_ins, keys),
        "useCases": list(cases.LIVE),
        "placements": [placement["key"] for placement in world["placements"]],
    }


def note(*, with_hillstrom: bool) -> str:
    added = " and public e-mail test data of 2008" if with_hillstrom else ""
    return NOTE.format(hillstrom=added)


def _write_use_cases(world: dict[str, Any], opened: datetime) -> None:
    stories = {story.key: story for story in cases.stories(world)}
    with clock_at(opened - timedelta(days=6)):
        for story in stories.values():
            signing.define(story, now=database_now())
    with clock_at(opened - timedelta(days=5)):
        for key in (*cases.LIVE, cases.FREE_DELIVERY, cases.REFILL):
            signing.assess(stories[key], now=database_now())
            signing.to_data(stories[key], now=database_now())
    with clock_at(opened - timedelta(days=3)):
        for key in cases.LIVE:
            signing.submit(stories[key], now=database_now())
            signing.attest(stories[key], now=database_now())
            signing.sign_all(stories[key], now=database_now())
    with clock_at(opened - timedelta(hours=1)):
        for key in cases.LIVE:
            signing.start(stories[key], now=database_now())
    with clock_at(opened + timedelta(days=DAYS - 4)):
        waiting = stories[cases.FREE_DELIVERY]
        signing.submit(waiting, now=database_now())
        assess_impact(waiting, now=database_now(), complete=False)
        signing.sign(waiting, SignOffRole.DATA, now=database_now())
