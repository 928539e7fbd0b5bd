"""What a search finds, kind by kind, for those who may read the kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.urls import reverse

from decisioning.experiments import queries as experiments
from decisioning.offers import queries as offers
from decisioning.segments import queries as segments
from governance.access.core import Permission as P
from governance.access.core import holds
from governance.types import Actor
from governance.usecases import queries as usecases

MOST_EACH = 8
PAGES = {
    "usecases": "detail",
    "offers": "edit",
    "segments": "edit",
    "experiments": "detail",
}


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    url: str
    fact: str


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    items_list: list[Hit]


Finder = Callable[[str, datetime], list[Hit]]


def groups(actor: Actor, text: str, now: datetime) -> list[Group]:
    if not text:
        return []
    found = [
        Group(label, hits[:MOST_EACH])
        for label, permission, find in KINDS
        if holds(actor, permission) and (hits := find(text, now))
    ]
    if holds(actor, P.PEOPLE_READ_MASKED):
        found.append(_customer(text))
    return found


def _use_cases(text: str, now: datetime) -> list[Hit]:
    return [
        Hit(card.name, _address("usecases", card.key), card.state.label)
        for card in usecases.board(now)
        if _fits(text, card.name, card.key)
    ]


def _offers(text: str, now: datetime) -> list[Hit]:
    return [
        Hit(offer.name, _address("offers", offer.key), _validity(offer.ends_at, now))
        for offer in offers.offers(text=text)
    ]


def _segments(text: str, _: datetime) -> list[Hit]:
    return [
        Hit(segment.name, _address("segments", segment.key), segment.description[:80])
        for segment in segments.segments(text=text)
    ]


def _experiments(text: str, _: datetime) -> list[Hit]:
    return [
        Hit(found.name, _address("experiments", found.key), found.state.capitalize())
        for found in experiments.catalogue()
        if _fits(text, found.name, found.key)
    ]


def _customer(text: str) -> Group:
    """A way to the look-up, whether or not there is such a customer."""
    url = f"{reverse('customers:search')}?user_id={quote(text)}"
    hit = Hit(
        f"Look up the customer “{text}”", url, "By exact id, with a reason, on record"
    )
    return Group("Customers", [hit])


def _fits(text: str, *words: str) -> bool:
    return any(text.casefold() in word.casefold() for word in words)


def _validity(ends_at: datetime | None, now: datetime) -> str:
    return "Ended" if ends_at and ends_at <= now else "Offer"


def _address(area: str, key: str) -> str:
    return reverse(f"{area}:{PAGES[area]}", args=[key])


KINDS: tuple[tuple[str, P, Finder], ...] = (
    ("Use cases", P.USE_CASES_READ, _use_cases),
    ("Offers", P.OFFERS_READ, _offers),
    ("Segments", P.SEGMENTS_READ, _segments),
    ("Experiments", P.EXPERIMENTS_READ, _experiments),
)
