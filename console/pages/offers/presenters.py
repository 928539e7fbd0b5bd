from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.configuring import ServedLink, rule_words
from console.templatetags.fmt import money, number, when_text
from decisioning.offers.core import CHANNEL_LABELS, Channel, copy_lints
from decisioning.offers.queries import Creative, Offer, Placement
from decisioning.rules.core import Catalogue


@dataclass(frozen=True, slots=True)
class CapLine:
    name: str
    url: str
    sentence: str


@dataclass(frozen=True, slots=True)
class OfferRow:
    name: str
    url: str
    validity: str
    priority: str
    value: str
    margin: str
    words: str
    placements: tuple[str, ...]
    served_by: tuple[ServedLink, ...]
    state: str
    tone: str
    has_draft: bool


@dataclass(frozen=True, slots=True)
class ContentView:
    """What a customer would see, for the preview card."""

    headline: str
    body: str
    button: str
    url: str
    image: str


@dataclass(frozen=True, slots=True)
class CreativeView:
    pk: int
    key: str
    placement: str
    placement_key: str
    edit_url: str
    retire_url: str
    dialog: str
    state: str
    tone: str
    content: ContentView
    lints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacementRow:
    key: str
    name: str
    url: str
    channel: str
    headline: str
    n_offers: str
    served_by: tuple[ServedLink, ...]
    has_draft: bool


def offer_row(
    offer: Offer,
    creatives: list[Creative],
    served: Mapping[str, list[ServedLink]],
    catalogue: Catalogue,
    now: datetime,
) -> OfferRow:
    state, tone = offer_state(offer, now)
    places = dict.fromkeys(
        c.placement.name for c in creatives if c.offer_id == offer.pk
    )
    return OfferRow(
        name=offer.name,
        url=reverse("offers:edit", args=[offer.key]),
        validity=validity(offer),
        priority=number(offer.priority),
        value=money(offer.value_minor / 100, offer.currency),
        margin=money(offer.margin_minor / 100, offer.currency),
        words=rule_words(offer.eligibility, catalogue),
        placements=tuple(places),
        served_by=tuple(served.get(f"offer:{offer.key}", ())),
        state=state,
        tone=tone,
        has_draft=offer.draft_revision is not None,
    )


def offer_state(offer: Offer, now: datetime) -> tuple[str, str]:
    if offer.retired_at is not None:
        return "Retired", ""
    if offer.starts_at > now:
        return "Not yet", "info"
    if offer.ends_at is not None and offer.ends_at <= now:
        return "Over", "caution"
    return "Valid", "positive"


def validity(offer: Offer) -> str:
    start = when_text(offer.starts_at)
    return (
        f"{start} to {when_text(offer.ends_at)}" if offer.ends_at else f"from {start}"
    )


def content_view(content: Mapping[str, Any]) -> ContentView:
    return ContentView(
        **{
            slot: str(content.get(slot, ""))
            for slot in ("headline", "body", "button", "url", "image")
        }
    )


def creative_view(creative: Creative, offer_key: str) -> CreativeView:
    state, tone = ("Live", "positive")
    if creative.draft_revision is not None:
        state, tone = "Draft waiting", "caution"
    there = reverse("offers:edit", args=[offer_key])
    return CreativeView(
        pk=creative.pk,
        key=creative.key,
        placement=creative.placement.name,
        placement_key=creative.placement.key,
        edit_url=f"{there}?creative={creative.pk}#creative",
        retire_url=reverse("offers:retire_creative", args=[offer_key, creative.pk]),
        dialog=f"retire-creative-{creative.pk}",
        state=state,
        tone=tone,
        content=content_view(creative.content),
        lints=_lints(creative),
    )


def _lints(creative: Creative) -> tuple[str, ...]:
    """What to look at once more; what blocks was never saved, or was before a lint."""
    offer = creative.offer
    found = copy_lints(
        creative.content,
        channel=creative.placement.channel,
        topic=offer.topic,
        has_end=offer.ends_at is not None,
    )
    return tuple(
        f"{finding.text} {finding.mend}" for told in found.values() for finding in told
    )


def placement_row(
    placement: Placement,
    creatives: list[Creative],
    served: Mapping[str, list[ServedLink]],
) -> PlacementRow:
    offers = {c.offer_id for c in creatives if c.placement_id == placement.pk}
    return PlacementRow(
        key=placement.key,
        name=placement.name,
        url=reverse("offers:placement", args=[placement.key]),
        channel=CHANNEL_LABELS[Channel(placement.channel)],
        headline=str(placement.default_content.get("headline", "")),
        n_offers=number(len(offers)),
        served_by=tuple(served.get(f"placement:{placement.key}", ())),
        has_draft=placement.draft_revision is not None,
    )
