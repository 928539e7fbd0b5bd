"""Decision Shown keeps the reservation that the decision made."""

import uuid
from datetime import datetime, timedelta

import pytest

from decisioning.caps.models import Contact
from decisioning.customers.models import CustomerIdentity
from decisioning.events import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(now: datetime) -> Contact:
    hello = {"type": "identify", "userId": "c-1", "messageId": "hello"}
    actions.ingest([hello], source="test", now=now)
    return Contact.objects.create(
        customer_id=CustomerIdentity.objects.get(value="c-1").customer_id,
        decision_id=uuid.uuid4(),
        channel="web",
        topic="",
        offer_key="coats",
        use_case_key="warm-up",
        placement_key="home.hero",
        cost_minor=0,
        reserved_at=now,
        release_at=now + timedelta(minutes=15),
    )


def shown(
    contact: Contact, at: datetime, *, by: str = "c-1", message: str = "s"
) -> None:
    event = {
        "type": "track",
        "event": "Decision Shown",
        "messageId": message,
        "userId": by,
        "timestamp": at.isoformat(),
        "properties": {"decisionId": str(contact.decision_id)},
    }
    actions.ingest([event], source="test", now=at)
    contact.refresh_from_db()


def test_a_decision_that_was_shown_is_a_contact(
    contact: Contact, now: datetime
) -> None:
    at = now + timedelta(minutes=2)
    shown(contact, at)
    shown(contact, at + timedelta(minutes=1), message="again")
    assert contact.shown_at == at


def test_shown_after_the_reservation_lapsed_keeps_nothing(
    contact: Contact, now: datetime
) -> None:
    shown(contact, now + timedelta(minutes=16))
    assert contact.shown_at is None


def test_what_somebody_else_was_shown_is_not_this_contact(
    contact: Contact, now: datetime
) -> None:
    shown(contact, now + timedelta(minutes=2), by="c-2")
    assert contact.shown_at is None
