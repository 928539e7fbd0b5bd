"""Ready-made machines: one over the rules in memory, one over the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings

from bench.life.machine import LifeMachine
from bench.life.pure import ACTORS, PureWorld
from bench.life.worlds import World
from governance.catalogue.core import Catalogue, Element, SourceType
from governance.usecases.core import UseCaseContent

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
PURPOSES = ("direct_marketing",)


def catalogue() -> Catalogue:
    return Catalogue.of(
        Element(
            key="recency",
            label="Months since the last purchase",
            phrase="bought from us this year",
            source_type=SourceType.TRANSACTIONAL,
            ttl_days=395,
            lawful_purposes=PURPOSES,
        )
    )


def pure_machine() -> type[LifeMachine]:
    from tests.governance.conftest import complete

    content = complete({name: actor.id for name, actor in ACTORS.items()})
    assert UseCaseContent.from_dict(content).reach.max_contacts == 3
    known = catalogue()

    class PureLife(LifeMachine):
        def begin(self) -> datetime:
            return BEGIN

        def made(self) -> World:
            return PureWorld(content, known, BEGIN)

    return PureLife


def real_machine(house: Any, references: Any) -> type[LifeMachine]:
    """Each example in a transaction that is rolled back; the house stays."""
    from bench.life.real import RealWorld

    class RealLife(LifeMachine):
        def begin(self) -> datetime:
            self.held = transaction.atomic()
            self.held.__enter__()
            start: datetime = house.now
            return start

        def made(self) -> World:
            return RealWorld(house, references)

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.held.__exit__(None, None, None)

    return RealLife


def how_many(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
