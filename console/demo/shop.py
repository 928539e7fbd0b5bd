"""What the demo shop's own staff configure, read from the simulator's open half."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from console.demo import cast
from decisioning.caps import actions as caps
from decisioning.offers import actions as offers
from decisioning.segments import actions as segments
from governance.types import Actor, Role

SEED = 7
CONTACTS_PER_WEEK = 6
SIGNALS = {
    "category_picks": "told us you like {category}",
    "new_arrivals": "told us you like {category}",
    "refill_reminder": "told us you like {category}",
}
MARGIN_SHARE = Decimal("0.4")


def world(seed: int = SEED) -> dict[str, Any]:
    """The simulator's shop as its staff would describe it; it knows no customer."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "simulator", "world", "--seed", str(seed)],
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def configure(world: dict[str, Any], *, now: datetime) -> None:
    """Placements, offers, creatives, limits and segments, by those in charge."""
    channel_owner = cast.actor(Role.CHANNEL_OWNER)
    owner = cast.actor(Role.MARKETING_OWNER)
    for placement in world["placements"]:
        offers.save_placement(
            by=channel_owner,
            now=now,
            key=placement["key"],
            name=placement["name"],
            channel=placement["channel"],
            default_content=placement["default"],
        )
    names = {category["key"]: category["name"] for category in world["categories"]}
    for offer in world["offers"]:
        _add_offer(owner, offer, names, world["shop"]["currency"], now)
    placed = {offer["key"]: offer["placements"] for offer in world["offers"]}
    for creative in world["creatives"]:
        for placement_key in placed[creative["offer"]]:
            offers.save_creative(
                by=owner,
                now=now,
                offer_key=creative["offer"],
                placement_key=placement_key,
                key=creative["key"],
                content=creative["content"],
            )
    _add_limits(channel_owner, now)
    _add_segments(cast.actor(Role.ANALYST), names, now)


def _add_offer(
    by: Actor,
    offer: dict[str, Any],
    names: dict[str, str],
    currency: str,
    now: datetime,
) -> None:
    value = int(Decimal(offer["value"]) * 100)
    wanted = offer["eligibleWhen"]
    rule = wanted and {
        "version": 1,
        "rule": {
            "field": f"trait.{wanted['trait']}",
            "op": "eq",
            "value": wanted["equals"],
        },
    }
    signal = SIGNALS.get(offer["topic"], "")
    category = names.get(offer.get("category") or "", "").lower()
    offers.save_offer(
        by=by,
        now=now,
        new_key=offer["key"],
        name=offer["name"],
        topic=offer["topic"],
        benefit="burden" if offer["topic"] == "clearance" else "benefit",
        starts_at=now,
        ends_at=None,
        priority=float(offer["priority"]),
        value_minor=value,
        margin_minor=int(value * MARGIN_SHARE),
        cost_minor=25 if offer["topic"] == "free_delivery" else 0,
        currency=currency,
        eligibility=rule,
        why_signal=signal.format(category=category),
    )


def _add_limits(by: Actor, now: datetime) -> None:
    week = timedelta(days=7)
    caps.save_cap(
        by=by,
        now=now,
        name="All contacts",
        scope="all",
        n=CONTACTS_PER_WEEK,
        window=week,
    )
    caps.save_cap(
        by=by,
        now=now,
        name="Marketing e-mails",
        scope="channel",
        scope_key="email",
        n=2,
        window=week,
    )
    caps.save_budget(
        by=by,
        now=now,
        name="Free delivery this quarter",
        scope="use_case",
        scope_key="free-delivery-at-the-cart",
        limit_minor=250_000,
        currency="GBP",
        starts_at=now,
        ends_at=now + timedelta(days=92),
    )


def _add_segments(by: Actor, names: dict[str, str], now: datetime) -> None:
    segments.save(
        by=by,
        now=now,
        name="Told us a favourite",
        description="Customers who chose a favourite kind of goods at sign-up",
        goal="More orders that come from what people told us",
        rule={
            "version": 1,
            "rule": {"field": "trait.favouriteCategory", "op": "exists"},
        },
    )
    segments.save(
        by=by,
        now=now,
        name="Weekly list, bought this year",
        description="On the weekly list and at least one order in the last year",
        goal="Fewer people who leave the weekly list",
        rule={
            "version": 1,
            "rule": {
                "all": [
                    {"field": "trait.weeklyList", "op": "eq", "value": True},
                    {"field": "trait.ordersLastYear", "op": "ge", "value": 1},
                ]
            },
        },
    )
    segments.save(
        by=by,
        now=now,
        name="Bakers",
        description="Customers whose favourite is baking",
        goal="More repeat orders of baking goods",
        rule={
            "version": 1,
            "rule": {
                "field": "trait.favouriteCategory",
                "op": "in",
                "values": [k for k in names if k in ("flour", "pantry", "bread")],
            },
        },
    )
    segments.save(
        by=by,
        now=now,
        name="Uses the app",
        description="Customers who have our app",
        goal="More orders through the app",
        rule={
            "version": 1,
            "rule": {"field": "trait.hasApp", "op": "eq", "value": True},
        },
    )
