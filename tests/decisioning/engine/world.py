"""A small shop: a placement, offers, a use case that serves, willing customers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np

from decisioning.caps.models import Budget, Cap
from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.engine import actions as engine
from decisioning.engine.answers import Asked
from decisioning.events.models import Event
from decisioning.experiments.models import Experiment
from decisioning.features.core import FEATURES
from decisioning.features.models import CustomerFeatures
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.revisions.core import Kind, digest_of_row
from decisioning.scoring.core import LinearModel
from decisioning.scoring.models import ModelVersion, Score
from decisioning.segments.models import Segment
from governance.consent.core import Cell, Choice, Head, Key
from governance.consent.models import ConsentHead
from governance.people.models import User
from governance.types import Answer
from governance.usecases.core import UseCaseContent
from governance.usecases.models import UseCase
from tests.factories import configuration as make

START = datetime(2025, 1, 1, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=30)
KNOWN_TO_NOBODY = {"field": "trait.shelf", "op": "eq", "value": "top"}
_numbers = itertools.count(1)


def user() -> User:
    who = {"username": "rowan", "email": "rowan@example.test"}
    return User.objects.get_or_create(**who, defaults={"date_joined": START})[0]


def _base(**fields: Any) -> dict[str, Any]:
    return {
        "digest": "",
        "created_by": user(),
        "created_at": START,
        "changed_at": START,
        **fields,
    }


@dataclass
class World:
    """What serving_cases gives, from the use case's own row; references as pinned."""

    content: dict[str, Any] = field(default_factory=dict)
    references: dict[str, Any] = field(default_factory=dict)

    def serving_cases(self, now: datetime) -> list[Any]:
        found = []
        for row in UseCase.objects.order_by("key"):
            paused = row.state == "paused"
            no = Answer.no("governance.paused", "Someone paused the use case.")
            found.append(
                SimpleNamespace(
                    key=row.key,
                    name=row.name,
                    version_number=1,
                    content=UseCaseContent.from_dict(self.content[row.key]),
                    config_hash="c" * 64,
                    references=self.references[row.key],
                    state=row.state,
                    exposure_share=row.exposure_share,
                    priority=row.priority,
                    may_serve=no if paused else Answer(),
                )
            )
        return found


def placement(key: str = "home.hero", channel: str = "web") -> Placement:
    return Placement.objects.create(
        **_base(
            key=key,
            name=key,
            channel=channel,
            default_content={"headline": "Welcome"},
        )
    )


def offer(key: str, places: list[Placement], **fields: Any) -> Offer:
    row = Offer.objects.create(
        **_base(
            **{
                "key": key,
                "name": "warm coats",
                "starts_at": START,
                "value_minor": 1_000,
                "margin_minor": 500,
                "currency": "GBP",
                "why_signal": "you bought boots",
                **fields,
            }
        )
    )
    for place in places:
        Creative.objects.create(
            **_base(offer=row, placement=place, key="a", content={"headline": key})
        )
    return row


def use_case(
    world: World,
    offers: list[Offer],
    places: list[Placement],
    *,
    key: str = "warm-up",
    state: str = "testing",
    exposure: float = 1.0,
    priority: int = 50,
    arms: list[dict[str, Any]] | None = None,
    **content: Any,
) -> UseCase:
    row = UseCase.objects.create(
        key=key,
        name=key,
        state=state,
        created_by=user(),
        exposure_share=exposure,
        priority=priority,
        created_at=START,
        changed_at=START,
    )
    describe(world, key, offers, places, **content)
    Experiment.objects.create(
        key=f"{key}-test",
        name=key,
        use_case_key=key,
        state="running",
        arms=arms or [{"key": "control", "share": 0.0}, {"key": "new", "share": 1.0}],
        control="control",
        salt=f"salt-{key}",
        created_by=user(),
        created_at=START,
        started_at=START,
    )
    return row


def describe(
    world: World, key: str, offers: list[Offer], places: list[Placement], **content: Any
) -> None:
    """What the use case may do, signed as it is live now."""
    reach = {
        "channels": ["web"],
        "placements": [p.key for p in places],
        "offers": [o.key for o in offers],
        **content.pop("reach", {}),
    }
    world.content[key] = {
        "reach": reach,
        "explanation": {
            "template": "You're seeing {offer} because {signal}.",
            "fallback": "",
        },
        "lawful_basis": {"personalise_onsite": "consent"},
        **content,
    }
    pin(world, key)


def pin(world: World, key: str) -> None:
    """Sign what is live now."""
    reach = world.content[key]["reach"]
    found: dict[str, Any] = {}

    def add(kind: Kind, name: str, row: Any) -> None:
        found[f"{kind.value}:{name}"] = {
            "digest": digest_of_row(kind, row),
            "revision": 1,
        }

    for row in Placement.objects.filter(key__in=reach["placements"]):
        add(Kind.PLACEMENT, row.key, row)
    for row in Offer.objects.filter(key__in=reach["offers"]):
        add(Kind.OFFER, row.key, row)
    for row in Creative.objects.select_related("offer", "placement"):
        if row.offer.key in reach["offers"]:
            add(Kind.CREATIVE, f"{row.offer.key}/{row.placement.key}/{row.key}", row)
    for row in Segment.objects.filter(key=reach.get("segment", "")):
        add(Kind.SEGMENT, row.key, row)
    for row in Cap.objects.filter(key__in=reach.get("caps", [])):
        add(Kind.CAP, row.key, row)
    for row in Budget.objects.filter(key=reach.get("budget", "")):
        add(Kind.BUDGET, row.key, row)
    world.references[key] = found


def cap(n: int, scope: str = "all", scope_key: str = "", days: float = 7) -> Cap:
    return Cap.objects.create(
        **_base(
            key=f"cap-{next(_numbers)}",
            name="cap",
            scope=scope,
            scope_key=scope_key,
            n=n,
            window=timedelta(days=days),
        )
    )


def budget(limit: int, scope: str = "offer", scope_key: str = "") -> Budget:
    return Budget.objects.create(
        **_base(
            key=f"budget-{next(_numbers)}",
            name="budget",
            scope=scope,
            scope_key=scope_key,
            limit_minor=limit,
            currency="GBP",
            starts_at=START,
        )
    )


def customer(user_id: str, *, says: str = "grant", **fields: Any) -> Customer:
    row = Customer.objects.create(
        pseudonym=f"p-{user_id}", created_at=START, **{"traits": {}, **fields}
    )
    CustomerIdentity.objects.create(
        kind="user", value=user_id, customer=row, created_at=START
    )
    if says:
        say(row, says)
    return row


def say(row: Customer, what: str, *, no_topic: str = "", **switches: Any) -> None:
    """Change the head as a consent action does: a new version each time."""
    now = datetime.now(UTC)
    cells = {
        Key(purpose, "", ""): Cell(Choice(what), now, covers_below=True)
        for purpose in ("personalise_onsite", "direct_marketing")
    }
    if no_topic:
        refused = Key("personalise_onsite", "", no_topic)
        cells[refused] = Cell(Choice("deny"), now, covers_below=True)
    before = ConsentHead.objects.filter(pk=row.pk).first()
    version = before.version + 1 if before else 1
    head = Head(cells=cells, version=version, **switches)
    ConsentHead.objects.update_or_create(
        person_id=row.pk,
        defaults={"version": version, "cells": head.to_dict(), "updated_at": now},
    )


def knows(
    row: Customer, features: dict[str, float], scores: dict[str, float], orders: int = 0
) -> None:
    now = datetime.now(UTC)
    values = [features.get(f.key) for f in FEATURES]
    CustomerFeatures.objects.create(customer_id=row.pk, values=values, computed_at=now)
    for key, value in scores.items():
        version = ModelVersion.objects.create(
            key=key,
            number=1,
            kind="clv",
            digest="d",
            parameters={},
            report={},
            trained_on="test",
            trained_at=START,
            trained_by_label="test",
        )
        Score.objects.create(
            customer_id=row.pk,
            score_key=key,
            value=value,
            model_version=version,
            computed_at=now,
        )
    for n in range(orders):
        Event.objects.create(
            customer_id=row.pk,
            type="track",
            name="Order Completed",
            occurred_at=now - timedelta(days=n + 1),
            received_at=now,
            source="test",
        )


def segment(key: str, rule: dict[str, Any]) -> Segment:
    whole = {"version": 1, "rule": rule}
    return Segment.objects.create(**_base(key=key, name=key, rule=whole))


def declare(key: str, *purposes: str) -> None:
    """The feature as an element of the catalogue."""
    lawful = list(purposes or ("personalise_onsite", "direct_marketing"))
    make.element(
        key,
        now=START,
        field=f"feature.{key}",
        lawful_purposes=lawful,
        phrase="bought from us",
    )


def model(key: str, offers: list[str], weights: list[list[float]]) -> str:
    declare("orders_30d")
    made = LinearModel(
        ("orders_30d",), tuple(offers), np.array(weights), np.zeros(len(offers))
    )
    ModelVersion.objects.create(
        key=key,
        number=1,
        kind="propensity",
        digest=made.digest,
        parameters=made.as_dict(),
        report={},
        trained_on="test",
        trained_at=START,
        trained_by_label="test",
        is_champion=True,
    )
    return made.digest


def ask(user_id: str, place: str = "home.hero", **context: Any) -> dict[str, Any]:
    asked = Asked(place, user_id=user_id, context=context, base_url="http://shop.test")
    return msgspec.json.decode(engine.decide(asked))
