"""Two faults planted in a version under review stand on top, each with its reason."""

import re

import pytest

from decisioning.offers import actions as offers
from governance.access.queries import actor_of
from governance.catalogue import actions as catalogue
from governance.signoffs.models import Approval
from governance.types import Actor
from tests.factories import configuration as make
from tests.factories.intake import REVIEW, answer

pytestmark = pytest.mark.django_db


def stops(client):
    page = client.get(REVIEW)
    return [f"{flag.strong} {flag.text}" for flag in page.context["page"].stopped_by]


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
def sms_place(cast, shop, now):
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
def planted(by_interest, in_review, now):
    """The proxy is planted in the data map, after it was submitted."""
    catalogue.save_element(by=Actor.system(), now=now, key="recency", proxy_for=["age"])
    return in_review


def test_both_planted_faults_stand_on_top_with_their_reasons(clients, planted):
    told = stops(clients["priya"])

    interest = next(text for text in told if "SMS to people who are not" in text)
    proxy = next(text for text in told if "stands in for age" in text)
    assert "needs their consent" in interest
    assert "Prospects who left their number" in interest
    assert "used to exclude people" in proxy
    page = re.sub(r"\s+", " ", clients["priya"].get(REVIEW).content.decode())
    top, _, parts = page.partition('<span class="card__number">1</span>')
    assert "stand against it" in top
    assert "stands in for age" in top
    assert "SMS to people who are not customers" in top
    assert "11</span>" in parts


def test_neither_fault_can_be_approved(clients, planted):
    for name in ("priya", "chen", "anna", "olga"):
        done = answer(clients[name])
        assert done.status_code == 422
        assert "It cannot be approved as it is" in done.content.decode()
    assert not Approval.objects.exists()
    assert answer(clients["priya"], "request_changes").status_code == 302


def test_without_faults_only_what_is_still_to_be_written_stands_there(
    clients, in_review
):
    assert all("assessment" in text for text in stops(clients["priya"]))
