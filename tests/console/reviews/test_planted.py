"""Two faults planted in a version under review stand on top, each with its reason."""

import re
from types import SimpleNamespace

import pytest

from console.pages.reviews.presenters import _stopped_by
from governance.fairness.core import FairnessVerdict
from governance.fairness.core.answering import objection
from governance.signoffs.models import Approval
from tests.factories.intake import REVIEW, answer
from tests.factories.planted import (  # noqa: F401 - fixtures, found by name
    by_interest,
    planted,
    sms_place,
)

pytestmark = pytest.mark.django_db


def stops(client):
    page = client.get(REVIEW)
    return [f"{flag.strong} {flag.text}" for flag in page.context["page"].stopped_by]


def test_both_planted_faults_stand_on_top_with_their_reasons(clients, planted):  # noqa: F811
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


def test_neither_fault_can_be_approved(clients, planted):  # noqa: F811
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


@pytest.mark.parametrize(("is_justified", "shown"), [(False, 1), (True, 0)])
def test_a_group_treated_worse_stands_on_top_until_two_people_signed_for_it(
    is_justified, shown
):
    unfair = objection(FairnessVerdict.BREACH, justified=is_justified)
    found = _stopped_by(SimpleNamespace(flags=(), open_needs=(), unfair=unfair))

    assert len(found) == shown
    assert all("treated worse" in flag.strong for flag in found)
