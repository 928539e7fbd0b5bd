"""The shop as its own staff would configure it; no truth in here."""

import zlib
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from simulator.catalogue import (
    CATEGORIES,
    CATEGORY_KEYS,
    OFFERS,
    PLACEMENTS,
    PRODUCTS,
    Offer,
)

SHOP = "Kestrel & Co."
CURRENCY = "GBP"
TIMEZONE = "Europe/London"
SITE = "https://kestrel.example"


def stream(seed: int, *parts: object) -> np.random.Generator:
    """Return a generator for one named purpose, independent of all the others."""
    return np.random.default_rng([seed, *(zlib.crc32(str(p).encode()) for p in parts)])


class Product(NamedTuple):
    key: str
    name: str
    category: str
    price: float
    margin: float


class World:
    def __init__(self, seed: int) -> None:
        self.seed = seed

    @cached_property
    def products(self) -> tuple[Product, ...]:
        rng = stream(self.seed, "prices")
        return tuple(
            self._product(category.key, category.margin_rate, name, price, rng)
            for category in CATEGORIES
            for name, price in PRODUCTS[category.key]
        )

    @staticmethod
    def _product(
        category: str, rate: float, name: str, price: float, rng: np.random.Generator
    ) -> Product:
        cost_wobble, price_wobble = rng.uniform(-0.05, 0.05, 2)
        asked = round(price * (1 + price_wobble) * 2) / 2
        slug = name.lower().replace("'", "").replace(" ", "-")
        margin = round(asked * (rate + cost_wobble), 2)
        return Product(f"{category}-{slug}", name, category, asked, margin)

    @cached_property
    def products_of(self) -> list[np.ndarray]:
        """Product positions by category, in the order of the categories."""
        return [
            np.array([i for i, p in enumerate(self.products) if p.category == key])
            for key in CATEGORY_KEYS
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "shop": {"name": SHOP, "currency": CURRENCY, "timezone": TIMEZONE},
            "seed": self.seed,
            "categories": [{"key": c.key, "name": c.name} for c in CATEGORIES],
            "products": [_product_json(product) for product in self.products],
            "offers": [_offer_json(offer) for offer in OFFERS],
            "creatives": [c for offer in OFFERS for c in _creatives(offer)],
            "placements": [
                {
                    "key": p.key,
                    "name": p.name,
                    "channel": p.channel,
                    "default": _content(p.headline, "/"),
                }
                for p in PLACEMENTS
            ],
        }


def _product_json(product: Product) -> dict[str, Any]:
    money = {"price": f"{product.price:.2f}", "margin": f"{product.margin:.2f}"}
    return {**product._asdict(), **money, "currency": CURRENCY}


def _offer_json(offer: Offer) -> dict[str, Any]:
    return {
        "key": offer.key,
        "name": offer.name,
        "topic": offer.topic,
        "category": offer.category,
        "value": f"{offer.value:.2f}",
        "priority": offer.priority,
        "placements": list(offer.placements),
        "eligibleWhen": _eligible_when(offer),
    }


def _eligible_when(offer: Offer) -> dict[str, str] | None:
    if offer.topic not in {"category_picks", "refill_reminder", "new_arrivals"}:
        return None
    return {"trait": "favouriteCategory", "equals": str(offer.category)}


def _creatives(offer: Offer) -> list[dict[str, Any]]:
    path = f"/{offer.category or 'delivery'}"
    second = f"{offer.headline} – have a look"
    return [
        {"key": key, "offer": offer.key, "content": _content(headline, path)}
        for key, headline in (("a", offer.headline), ("b", second))
    ]


def _content(headline: str, path: str) -> dict[str, str]:
    image = path.strip("/") or "shop"
    return {
        "headline": headline,
        "image": f"{SITE}/img/{image}.jpg",
        "url": f"{SITE}{path}",
    }
