"""A use case that serves an offer in a placement, signed, with a cap and a budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from decisioning.engine import live
from decisioning.offers import actions as offers
from decisioning.publishing import queries
from governance.types import Actor, Role
from governance.usecases.core.content import UseCaseContent
from governance.usecases.models import UseCase, UseCaseVersion
from tests.factories import configuration as make

REACH = {
    "channels": ["web"],
    "placements": ["home.hero"],
    "segment": "good-buyers",
    "offers": ["free-delivery"],
    "caps": ["three-a-week"],
    "budget": "spring",
}


@dataclass
class Served:
    owner: Actor
    case: UseCase
    version: UseCaseVersion
    at: datetime

    @property
    def content(self) -> UseCaseContent:
        return UseCaseContent.from_dict(self.version.content)

    def differing(self) -> list[str]:
        """What the engine finds to differ from what was signed."""
        return list(live.read(self.at).differs_from(self.version.references))


@pytest.fixture
def owner(db: None, now: datetime) -> Actor:
    make.element("history", now=now)
    return make.actor("olga", Role.MARKETING_OWNER, now=now)


@pytest.fixture
def configured(owner: Actor, now: datetime) -> Actor:
    make.offer(owner, now)
    make.placement(owner, now)
    make.segment(owner, now)
    make.cap(owner, now)
    make.budget(owner, now)
    creative(owner, now, "plain")
    return owner


@pytest.fixture
def served(configured: Actor, now: datetime) -> Served:
    content: dict[str, Any] = UseCaseContent.from_dict({"reach": REACH}).to_dict()
    case = UseCase.objects.create(
        key="win-back",
        name="Win back",
        state="testing",
        created_by_id=configured.id,
        created_at=now,
        changed_at=now,
    )
    version = UseCaseVersion.objects.create(
        use_case=case,
        number=1,
        status="signed",
        content=content,
        references=queries.references(UseCaseContent.from_dict(content)),
        author_id=configured.id,
        created_at=now,
        saved_at=now,
    )
    UseCase.objects.update(serving_version=version)
    case.refresh_from_db()
    return Served(configured, case, version, now)


def creative(by: Actor, now: datetime, key: str, headline: str = "Free!") -> Any:
    return offers.save_creative(
        by=by,
        now=now,
        offer_key="free-delivery",
        placement_key="home.hero",
        key=key,
        content={"headline": headline},
    )
