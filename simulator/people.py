"""The customers: what they are like, and what they told the shop."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from simulator.catalogue import CATEGORY_KEYS
from simulator.truth import BASE
from simulator.world import TIMEZONE, stream

AGE_BANDS = ("18-29", "30-44", "45-59", "60+")
REGIONS = ("north", "midlands", "south", "west", "scotland", "wales")
AGE_SHARES = (0.20, 0.32, 0.28, 0.20)
REGION_SHARES = (0.22, 0.18, 0.28, 0.12, 0.13, 0.07)

GRANTS_ONSITE = 0.78
GRANTS_MARKETING = 0.60
GRANTS_TRAINING = 0.50
NEVER_ANSWERS = 0.12
DECLARES_TRULY = 0.85
ON_WEEKLY_LIST = 0.22
HAS_APP = 0.02


class People:
    """Customers as arrays; person ``i`` is the same however many there are."""

    def __init__(self, seed: int, n: int) -> None:
        self.seed = seed
        self.n = n
        self._draw_plain_facts()
        self._draw_character()
        self._draw_consent()

    def _rng(self, name: str) -> np.random.Generator:
        return stream(self.seed, "people", name)

    def _uniform(self, name: str) -> np.ndarray:
        return self._rng(name).random(self.n)

    def _draw_plain_facts(self) -> None:
        self.age = np.searchsorted(np.cumsum(AGE_SHARES)[:-1], self._uniform("age"))
        self.region = np.searchsorted(
            np.cumsum(REGION_SHARES)[:-1], self._uniform("region")
        )
        # Under two years, so that what was granted at sign-up still holds.
        self.days_since_sign_up = (20 + 650 * self._uniform("sign-up") ** 1.3).astype(
            int
        )
        self.has_app = self._uniform("app") < HAS_APP * (1.6 - 0.4 * self.age)

    def _draw_character(self) -> None:
        raw = self._rng("taste").standard_gamma(0.45, (self.n, len(CATEGORY_KEYS)))
        outdoor = np.arange(len(CATEGORY_KEYS)) < 4
        # Younger people lean a little to outdoor goods, older ones to baking.
        lean = 1 + 0.12 * (1.5 - self.age)[:, None] * np.where(outdoor, 1, -1)
        taste = raw * lean + 1e-6
        self.taste = taste / taste.sum(axis=1, keepdims=True)
        self.match = taste / taste.max(axis=1, keepdims=True)
        wobble = self._rng("price").normal(0, 0.18, self.n)
        self.price = np.clip(0.47 - 0.03 * (self.age - 1.5) + wobble, 0.02, 0.98)
        self.annoyance = self._rng("annoyance").gamma(4.0, 0.25, self.n)
        weekly = self._rng("visits").gamma(1.5, BASE["visits_per_week"] / 1.5, self.n)
        self.visits_per_day = weekly / 7
        factor = self._rng("buying").lognormal(-0.08, 0.4, self.n)
        self.buying = factor * np.where(self.region == 0, 0.94, 1.0)
        self.reads_mail = self._rng("mail").beta(2.2, 2.8, self.n)
        self.trust = self._rng("trust").normal(3.9, 0.5, self.n)

    def _draw_consent(self) -> None:
        answered = self._uniform("answers") >= NEVER_ANSWERS
        onsite = GRANTS_ONSITE / (1 - NEVER_ANSWERS)
        marketing = GRANTS_MARKETING / (1 - NEVER_ANSWERS)
        self.answered = answered
        self.onsite = answered & (self._uniform("onsite") < onsite)
        self.marketing = answered & (self._uniform("marketing") < marketing)
        training = GRANTS_TRAINING / GRANTS_ONSITE
        self.training = self.onsite & (self._uniform("training") < training)
        self.on_list = self.marketing & (self._uniform("list") < ON_WEEKLY_LIST)

    @cached_property
    def favourite(self) -> np.ndarray:
        """The category each person declared: mostly the true favourite."""
        anything = self._rng("declared").integers(0, len(CATEGORY_KEYS), self.n)
        truly = self._uniform("declares truly") < DECLARES_TRULY
        return np.where(truly, self.taste.argmax(axis=1), anything)

    @cached_property
    def orders_before(self) -> np.ndarray:
        per_week = 7 * self.visits_per_day * BASE["buy_per_visit"] * self.buying
        mean = per_week * np.minimum(self.days_since_sign_up, 365) / 7
        orders: np.ndarray = self._rng("orders before").poisson(mean)
        return orders

    def user_id(self, i: int) -> str:
        return f"k-{i + 1:05d}"

    def traits(self, i: int, first_day: date) -> dict[str, Any]:
        orders = int(self.orders_before[i])
        return {
            "ageBand": AGE_BANDS[self.age[i]],
            "region": REGIONS[self.region[i]],
            "signupDate": self.signed_up_at(i, first_day).date().isoformat(),
            "favouriteCategory": CATEGORY_KEYS[self.favourite[i]],
            "weeklyList": bool(self.on_list[i]),
            "hasApp": bool(self.has_app[i]),
            "ordersLastYear": orders,
            "spendLastYear": round(orders * (31 + 9 * float(self.buying[i])), 2),
        }

    def consent(self, i: int) -> dict[str, bool] | None:
        """Return what the person answered, or ``None`` where nobody answered."""
        if not self.answered[i]:
            return None
        return {
            "personalise_onsite": bool(self.onsite[i]),
            "direct_marketing": bool(self.marketing[i]),
            "model_training": bool(self.training[i]),
        }

    def signed_up_at(self, i: int, first_day: date) -> datetime:
        day = first_day - timedelta(days=int(self.days_since_sign_up[i]))
        minutes = (i * 37) % 840 + 420
        return datetime.combine(day, time(), UTC) + timedelta(minutes=minutes)


def context(channel: str = "web") -> dict[str, Any]:
    device = {"app": "mobile", "email": "mail"}.get(channel, "desktop")
    return {"timezone": TIMEZONE, "locale": "en-GB", "device": {"type": device}}
