"""One offer in many places, signed by the demo's people, shown to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bench.installation import Installation

WEEK = timedelta(days=7)


def set_up(
    here: Installation, *, key: str, name: str, places: Sequence[str], most: int
) -> None:
    """A use case of that key, live for all, under a cap of ``most`` contacts a week."""
    from console.demo import cases, cast, shop, signing
    from decisioning.caps import actions as caps
    from decisioning.offers import actions as offers
    from governance.types import Role
    from governance.usecases import actions as use_cases

    now = here.now()
    owner, channel = cast.actor(Role.MARKETING_OWNER), cast.actor(Role.CHANNEL_OWNER)
    offers.save_offer(
        by=owner,
        now=now,
        name="Flour of the week",
        topic="category_picks",
        starts_at=now - timedelta(days=1),
        value_minor=1_000,
        margin_minor=400,
        currency="GBP",
        why_signal="told us you like flour",
    )
    for place in places:
        offers.save_placement(
            by=channel,
            now=now,
            key=place,
            name=place,
            channel="web",
            default_content={"headline": "Welcome"},
        )
        offers.save_creative(
            by=owner,
            now=now,
            offer_key="flour-of-the-week",
            placement_key=place,
            key="a",
            content={"headline": "Flour of the week"},
        )
    cap = caps.save_cap(
        by=channel, now=now, name="So many a week", scope="all", n=most, window=WEEK
    )
    picks = next(s for s in cases.stories(shop.world()) if s.key == cases.HOME_PICKS)
    content = _content(
        dict(picks.content), name=name, places=places, cap=cap.key, most=most
    )
    story = cases.Story(key, name, content)
    signing.define(story, now=now)
    signing.assess(story, now=now)
    signing.to_data(story, now=now)
    signing.submit(story, now=now)
    signing.attest(story, now=now)
    signing.sign_all(story, now=now)
    signing.start(story, now=now)
    use_cases.set_exposure(by=channel, now=now, key=key, share=1.0)


def _content(
    picks: dict[str, Any], *, name: str, places: Sequence[str], cap: str, most: int
) -> dict[str, Any]:
    reach = {
        **picks["reach"],
        "placements": list(places),
        "offers": ["flour-of-the-week"],
        "caps": [cap],
        "max_contacts": max(most, picks["reach"]["max_contacts"]),
    }
    task = f"Find flour in {len(places)} places"
    return {
        **picks,
        "cosmetic": {**picks["cosmetic"], "name": name},
        "customer": {**picks["customer"], "task": task},
        "reach": reach,
    }
