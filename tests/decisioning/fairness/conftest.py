"""A use case that reaches only some regions, and customers who said yes to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest

from decisioning.customers.models import Customer
from decisioning.publishing import queries as publishing
from governance.consent import actions as consent
from governance.types import Actor, Role
from governance.usecases.core.content import UseCaseContent
from governance.usecases.models import UseCase, UseCaseVersion
from tests.decisioning.publishing.conftest import creative
from tests.factories import configuration as make

REGIONS = ("north", "south", "wales")


@pytest.fixture
def owner(db: None, now: datetime) -> Actor:
    make.element(
        "region",
        now=now,
        kind="text",
        phrase="told us where you live",
        proxy_for=["race"],
        choices=list(REGIONS),
    )
    make.element(
        "taste",
        now=now,
        kind="text",
        phrase="told us what you drink",
        choices=["tea", "coffee"],
    )
    return make.actor("olga", Role.MARKETING_OWNER, now=now)


@pytest.fixture
def people(owner: Actor, now: datetime) -> list[Customer]:
    """900 who agreed, a third from each region, half of them with each taste."""
    rng = np.random.default_rng(4)
    rows = make.customers(
        [
            {"region": REGIONS[i % 3], "taste": str(rng.choice(["tea", "coffee"]))}
            for i in range(900)
        ],
        now=now,
    )
    granted = [
        consent.ConsentRow(
            person_id=row.pk,
            purpose="personalise_onsite",
            action="grant",
            channel="web",
            topic="",
            occurred_at=now,
            valid_until=None,
            evidence={},
        )
        for row in rows
    ]
    consent.record_bulk(by=owner, now=now, rows=granted, source="test")
    return rows


def case_for(owner: Actor, now: datetime, rule: dict[str, Any], **more: Any) -> str:
    """A version under review with this rule, pinned to its objects."""
    make.offer(owner, now, **more)
    make.placement(owner, now)
    creative(owner, now, "plain")
    segment = make.segment(owner, now, name="Reached", rule=rule)
    content = UseCaseContent.from_dict(
        {
            "reach": {
                "channels": ["web"],
                "placements": ["home.hero"],
                "segment": segment.key,
                "offers": ["free-delivery"],
            },
            "explanation": {"template": "You're seeing {offer} because you {taste}."},
        }
    )
    case = UseCase.objects.create(
        key="picks",
        name="Picks",
        state="governance",
        created_by_id=owner.id,
        created_at=now,
        changed_at=now,
    )
    UseCaseVersion.objects.create(
        use_case=case,
        number=1,
        status="in_review",
        content=content.to_dict(),
        config_hash="c" * 64,
        risk_tier="T2",
        references=publishing.references(content),
        author_id=owner.id,
        created_at=now,
        saved_at=now,
    )
    return case.key
