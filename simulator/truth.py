"""What is planted: how each kind of offer moves people.

Nothing here is printed by ``world``; ``python -m simulator truth`` prints it for
whoever compares results with the truth afterwards. The reasons for the numbers
stand in ``README.md``.
"""

from typing import Any, NamedTuple

import numpy as np

from simulator.catalogue import CATEGORY_KEYS, OFFERS

MATCHED = "personalised"


class Effect(NamedTuple):
    """Relative lift of the chance to buy, and the side effects of one contact."""

    base_lift: float = 0.0
    taste_lift: float = 0.0
    price_lift: float = 0.0
    refund_factor: float = 1.0
    discount: float = 0.0
    opt_out: float = 0.0
    complaint: float = 0.0
    trust: float = 0.0


EFFECTS = {
    "category_picks": Effect(base_lift=0.05, taste_lift=0.80),
    "bundle": Effect(base_lift=0.10, taste_lift=0.40, discount=0.08),
    "free_delivery": Effect(base_lift=0.15, price_lift=0.50),
    "refill_reminder": Effect(base_lift=0.10, taste_lift=0.50),
    "guide": Effect(taste_lift=0.15, refund_factor=0.8, trust=0.02),
    "new_arrivals": Effect(base_lift=0.05, taste_lift=0.40),
    "clearance": Effect(
        base_lift=0.22,
        price_lift=0.30,
        refund_factor=2.2,
        discount=0.25,
        opt_out=0.024,
        complaint=0.009,
        trust=-0.24,
    ),
}
STRENGTH = {
    "home.hero": 1.0,
    "home.banner": 0.4,
    "cart.next": 0.5,
    "email.weekly": 0.8,
    "app.card": 0.5,
}

BASE = {
    "visits_per_week": 0.33,
    "buy_per_visit": 0.068,
    "buy_per_opened_mail": 0.030,
    "refund": 0.05,
    "opt_out_per_visit": 0.0015,
    "opt_out_per_mail": 0.003,
    "complaint_per_visit": 0.0003,
    "complaint_per_mail": 0.0008,
    "withdrawal_per_visit": 0.0012,
    "trust_survey_per_contact": 0.14,
    "csat_survey_per_order": 0.25,
}
TRUST_FLOOR = -1.2


class OfferTable:
    """The effects of every offer as arrays, in the order of ``OFFERS``."""

    def __init__(self) -> None:
        effects = [EFFECTS[offer.topic] for offer in OFFERS]
        self.values = np.array(effects, dtype=np.float64)
        self.category = np.array(
            [CATEGORY_KEYS.index(o.category) if o.category else -1 for o in OFFERS]
        )

    def column(self, name: str, offer: np.ndarray) -> np.ndarray:
        values: np.ndarray = self.values[offer, Effect._fields.index(name)]
        return values

    def lift(
        self,
        placement: str,
        offer: np.ndarray,
        *,
        match: np.ndarray,
        price: np.ndarray,
    ) -> np.ndarray:
        """Relative lift for people who see ``offer``.

        ``match`` is (n, categories) in [0, 1], ``price`` is (n,) in [0, 1].
        """
        category = self.category[offer]
        taste = np.where(
            category >= 0, match[np.arange(len(offer)), np.maximum(category, 0)], 0.0
        )
        lift: np.ndarray = STRENGTH.get(placement, 0.0) * (
            self.column("base_lift", offer)
            + self.column("taste_lift", offer) * taste
            + self.column("price_lift", offer) * price
        )
        return lift


def as_json() -> dict[str, Any]:
    return {
        "formula": "chance to buy × Π over what was shown of "
        "(1 + strength × (base + taste × match + price × price sensitivity))",
        "noEffect": ["control", "holdout", "default", "safe_default"],
        "effectsByTopic": {name: e._asdict() for name, e in EFFECTS.items()},
        "strengthByPlacement": STRENGTH,
        "offers": {offer.key: offer.topic for offer in OFFERS},
        "base": BASE,
    }
