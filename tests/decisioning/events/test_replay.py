"""Dead letters are tried again: what is mended counts, what is not stays listed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning.events import actions
from decisioning.events.models import DeadLetter, Event
from governance.audit.models import AuditEntry
from governance.types import Actor

pytestmark = pytest.mark.django_db
BY = Actor.system("test")
LATER = timedelta(days=2)


def order(message: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": message,
        "userId": "c-1",
        "timestamp": at.isoformat(),
        **more,
    }


def test_an_event_from_a_clock_ahead_is_taken_once_its_time_has_come(
    now: datetime,
) -> None:
    early = order("m-1", now + LATER)
    actions.ingest([early, order("m-2", now)], source="test", now=now)
    letter = DeadLetter.objects.get()
    assert letter.code == "event.timestamp"

    told = actions.replay(by=BY, now=now + LATER, ids=[letter.pk])

    assert (told.accepted, told.rejected) == (1, [])
    letter.refresh_from_db()
    assert letter.replayed_at == now + LATER
    assert Event.objects.count() == 2
    assert AuditEntry.objects.filter(type="events.replayed").count() == 1


def test_a_letter_that_is_still_wrong_stays_and_is_not_buried_twice(
    now: datetime,
) -> None:
    actions.ingest([order("m-1", now, event="")], source="test", now=now)
    letter = DeadLetter.objects.get()

    told = actions.replay(by=BY, now=now, ids=[letter.pk])

    assert [row.code for row in told.rejected] == ["event.name"]
    assert DeadLetter.objects.get().replayed_at is None
    assert not Event.objects.exists()


def test_a_letter_that_was_sent_again_meanwhile_counts_once(now: datetime) -> None:
    early = order("m-1", now + LATER)
    actions.ingest([early], source="test", now=now)
    actions.ingest([early], source="test", now=now + LATER)

    letter = DeadLetter.objects.get()
    told = actions.replay(by=BY, now=now + LATER, ids=[letter.pk])

    assert (told.accepted, told.duplicates) == (0, 1)
    assert Event.objects.count() == 1
    assert DeadLetter.objects.get().replayed_at == now + LATER


def test_a_replayed_letter_is_not_tried_again(now: datetime) -> None:
    actions.ingest([order("m-1", now + LATER)], source="test", now=now)
    ids = [DeadLetter.objects.get().pk]
    actions.replay(by=BY, now=now + LATER, ids=ids)

    told = actions.replay(by=BY, now=now + LATER, ids=ids)

    assert (told.accepted, told.duplicates, told.rejected) == (0, 0, [])
