"""Two faults for a reviewer to find: interests for SMS to strangers, and a proxy."""

from __future__ import annotations

import pytest

from decisioning.offers import actions as offers
from governance.access.queries import actor_of
from governance.catalogue import actions as catalogue
from governance.installation.queries import now as clock
from governance.types import Actor
from tests.factories import configuration as make


@pytest.fixture
def by_interest(answers, sms_place):
    """Legitimate interests for SMS to people who never bought."""
    answers |= {
        "customer__who": "Prospects who left their number in the shop",
        "lawful_basis__direct_marketing": "legitimate_interests",
        "eprivacy_basis__sms": "soft_opt_in",
        "reach__channels": ["sms"],
        "reach__placements": [sms_place],
        "data_uses__0__role": "exclusion",
    }
    return answers


@pytest.fixture
def sms_place(cast, shop):
    now = clock()
    place = make.placement(actor_of(cast["chen"]), now, key="sms.weekly", channel="sms")
    offers.save_creative(
        by=actor_of(cast["olga"]),
        now=now,
        offer_key=shop.offer,
        placement_key=place.key,
        key="a",
        content={"headline": "New this week"},
    )
    return place.key


@pytest.fixture
def planted(by_interest, in_review):
    """The proxy is planted in the data map, after it was submitted."""
    catalogue.save_element(
        by=Actor.system(), now=clock(), key="recency", proxy_for=["age"]
    )
    return in_review
