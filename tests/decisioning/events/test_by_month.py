"""The event log is kept by month; what has no month of its own is kept as well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from decisioning.events import actions, storing
from decisioning.events.models import Event

pytestmark = pytest.mark.django_db

JULY = datetime(2031, 7, 9, tzinfo=UTC)


def happened(*moments: datetime) -> None:
    batch: list[dict[str, Any]] = [
        {
            "type": "track",
            "event": "Order Completed",
            "userId": "c-1",
            "messageId": f"m-{number}",
            "timestamp": at.isoformat(),
            "properties": {"revenue": 1},
        }
        for number, at in enumerate(moments)
    ]
    told = actions.ingest(batch, source="test", now=max(moments))
    assert told.accepted == len(moments)


def kept() -> dict[str, list[datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text, array_agg(occurred_at ORDER BY 1)"
            " FROM decisioning_event GROUP BY 1"
        )
        return dict(cursor.fetchall())


def test_a_month_has_a_table_of_its_own_from_its_first_to_its_last_moment() -> None:
    first = datetime(2031, 7, 1, tzinfo=UTC)
    last = datetime(2031, 8, 1, tzinfo=UTC) - timedelta(microseconds=1)

    assert storing.keep_months(now=JULY, ahead=1) == 2
    happened(first, last, first + timedelta(days=31))

    assert kept() == {
        "decisioning_event_2031_07": [first, last],
        "decisioning_event_2031_08": [first + timedelta(days=31)],
    }


def test_times_without_a_month_are_kept_too(now: datetime) -> None:
    long_ago = datetime(1997, 1, 1, tzinfo=UTC)

    happened(long_ago)

    assert kept() == {"decisioning_event_other": [long_ago]}
    assert Event.objects.get().occurred_at == long_ago


def test_events_that_came_before_their_month_move_into_it() -> None:
    happened(JULY, JULY - timedelta(days=60))
    ids = set(Event.objects.values_list("pk", flat=True))

    storing.keep_months(now=JULY, ahead=0)

    assert kept() == {
        "decisioning_event_2031_07": [JULY],
        "decisioning_event_other": [JULY - timedelta(days=60)],
    }
    assert set(Event.objects.values_list("pk", flat=True)) == ids


def test_making_room_again_changes_nothing() -> None:
    storing.keep_months(now=JULY, ahead=3)

    assert storing.keep_months(now=JULY, ahead=3) == 0
    assert storing.keep_months(now=JULY + timedelta(days=31), ahead=3) == 1


def test_there_is_room_for_the_present_from_the_start() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('decisioning_event_' || to_char(now(), 'YYYY_MM'))"
        )
        assert cursor.fetchone() != (None,)


def test_one_customer_s_events_are_found_in_every_month_by_index() -> None:
    storing.keep_months(now=JULY, ahead=0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT count(*) FROM decisioning_event"
            " WHERE customer_id = 1 AND occurred_at <= %s",
            [JULY],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "decisioning_event_2031_07" in plan
