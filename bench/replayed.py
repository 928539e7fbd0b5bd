"""A shop with a past of decisions: changed under way, with people leaving."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from bench.installation import Installation

CATEGORIES = ("flour", "coffee", "cheese", "tea", "spices")
SEED = 20261128
AT_ONCE = 1_000


def send_in(here: Installation, n: int) -> list[str]:
    """Customers of all kinds; one in eight allows nothing. Gives their user ids."""
    draw = random.Random(SEED)
    ids = [f"again-{i}" for i in range(n)]
    calls = [call for user in ids for call in _calls(user, draw)]
    for start in range(0, len(calls), AT_ONCE):
        part = calls[start : start + AT_ONCE]
        told = here.ask("POST", "/v1/batch", {"batch": part}, key="writeKey").json()
        assert told["accepted"] == len(part), told
    return ids


def _calls(user: str, draw: random.Random) -> Iterator[dict[str, Any]]:
    says = draw.random() > 0.125
    yield {
        "type": "identify",
        "userId": user,
        "messageId": f"hello-{user}",
        "traits": {"favouriteCategory": draw.choice(CATEGORIES)},
        "context": {
            "consent": {
                "categoryPreferences": {
                    "personalise_onsite": says,
                    "direct_marketing": says,
                }
            }
        },
    }
    for number in range(draw.randrange(3)):
        yield {
            "type": "track",
            "event": draw.choice(("Product Viewed", "Order Completed")),
            "userId": user,
            "messageId": f"did-{user}-{number}",
            "properties": {"category": draw.choice(CATEGORIES), "revenue": 12},
        }


def decide(ids: Sequence[str], places: Sequence[str]) -> int:
    """Each person on each placement: most in batches, some one by one."""
    from decisioning.engine import actions as engine
    from decisioning.engine.answers import Asked
    from decisioning.engine.batches import decide_many

    singles = ids[: len(ids) // 10]
    for place in places:
        for user in singles:
            engine.decide(Asked(place, user_id=user, context={"page": "start"}))
        decide_many([Asked(place, user_id=user) for user in ids[len(singles) :]])
    return len(ids) * len(places)


def reach_everybody() -> None:
    """Live use cases reach all whom they may, so that there is much to decide."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE governance_usecase SET exposure_share = 1")


def places() -> list[str]:
    from decisioning.offers.models import Placement

    return sorted(Placement.objects.values_list("key", flat=True))


def leave(here: Installation, ids: Sequence[str]) -> None:
    """They withdraw after their decisions."""
    no = {"consent": {"categoryPreferences": {"personalise_onsite": False}}}
    calls = [
        {
            "type": "identify",
            "userId": user,
            "messageId": f"bye-{user}",
            "traits": {},
            "context": no,
        }
        for user in ids
    ]
    told = here.ask("POST", "/v1/batch", {"batch": calls}, key="writeKey").json()
    assert told["accepted"] == len(calls), told


def change_prices() -> None:
    """Every offer changes by SQL: none is served any more, and the past stays."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE decisioning_offer SET value_minor = value_minor + 100")
