from __future__ import annotations

from decisioning.offers.models import Creative, Offer, Placement
from governance.types import NotFound

__all__ = [
    "Creative",
    "Offer",
    "Placement",
    "creatives",
    "offer",
    "offers",
    "placement",
    "placements",
    "topic_of",
]


def offers(
    *, keys: list[str] | None = None, text: str = "", with_retired: bool = False
) -> list[Offer]:
    found = Offer.objects.select_related("created_by").order_by("name")
    if keys is not None:
        found = found.filter(key__in=keys)
    if text:
        found = found.filter(name__icontains=text)
    if not with_retired:
        found = found.filter(retired_at=None)
    return list(found)


def offer(key: str) -> Offer:
    found = Offer.objects.select_related("created_by").filter(key=key).first()
    if found is None:
        raise NotFound("There is no such offer.")
    return found


def creatives(
    *, offer_keys: list[str] | None = None, with_retired: bool = False
) -> list[Creative]:
    found = Creative.objects.select_related("offer", "placement").order_by(
        "offer__key", "placement__key", "key"
    )
    if offer_keys is not None:
        found = found.filter(offer__key__in=offer_keys)
    if not with_retired:
        found = found.filter(retired_at=None)
    return list(found)


def placements(*, with_retired: bool = False) -> list[Placement]:
    found = Placement.objects.order_by("channel", "key")
    return list(found if with_retired else found.filter(retired_at=None))


def placement(key: str) -> Placement:
    found = Placement.objects.filter(key=key).first()
    if found is None:
        raise NotFound("There is no such placement.")
    return found


def topic_of(offer_key: str) -> str:
    """An offer's topic; empty where it has none, or there is no such offer."""
    found = Offer.objects.filter(key=offer_key).values_list("topic", flat=True)
    return found.first() or ""
