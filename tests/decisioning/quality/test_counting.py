"""Events are counted once each into days and fields; alarms open and close."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning.events import actions as events
from decisioning.quality import actions, queries
from decisioning.quality.core import Check
from decisioning.quality.models import QualityAlert, SignalDay, SignalField
from governance.audit.models import AuditEntry
from governance.types import Invalid, Refused, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
AT_ONCE = timedelta()
ORDER = {
    "type": "track",
    "event": "Order Completed",
    "userId": "c-1",
    "properties": {"revenue": 20, "orderId": "o-1"},
}


def send(now: datetime, *several: dict[str, Any], source: str = "api:shop") -> None:
    events.ingest(several, source=source, now=now)


def order(number: int, **more: Any) -> dict[str, Any]:
    properties = {"revenue": 20, "orderId": f"o-{number}", **more.pop("properties", {})}
    return {**ORDER, "messageId": f"m-{number}", "properties": properties, **more}


def counted(name: str = "Order Completed") -> SignalDay:
    return SignalDay.objects.get(name=name)


def test_each_event_is_counted_once_however_often_it_is_asked_for(
    now: datetime,
) -> None:
    send(now, order(1), order(2))
    actions.roll_up(now=now, settles_after=AT_ONCE)
    send(now, order(3))

    for _ in range(3):
        actions.roll_up(now=now, settles_after=AT_ONCE)

    assert counted().n == 3
    assert SignalField.objects.get(field="revenue").n == 3


def test_rows_whose_ids_are_fresh_wait_for_the_next_run(now: datetime) -> None:
    send(now, order(1))

    actions.roll_up(now=now)
    assert not SignalDay.objects.exists()
    actions.roll_up(now=now + timedelta(minutes=4))
    assert not SignalDay.objects.exists()
    actions.roll_up(now=now + timedelta(minutes=10))
    assert counted().n == 1


@pytest.mark.parametrize(
    ("column", "sent"),
    [
        ("n_late", order(1, timestamp="2026-02-20T09:00:00Z")),
        ("n_missing", {**order(1), "properties": {"orderId": "o-1"}}),
        ("n_missing", {**order(1), "properties": {"revenue": 3}}),
        ("n_impossible", order(1, properties={"revenue": -3})),
        ("n_impossible", order(1, timestamp="1970-01-01T00:00:00Z")),
        ("n_impossible", order(1, timestamp="2026-03-02T15:00:00Z")),
        ("n_unresolved", {**order(1), "userId": None, "anonymousId": "a-1"}),
    ],
)
def test_what_is_wrong_with_an_event_is_counted(
    column: str, sent: dict[str, Any], now: datetime
) -> None:
    send(now, sent, order(2, userId="c-2"))

    actions.roll_up(now=now, settles_after=AT_ONCE)

    assert (counted().n, getattr(counted(), column)) == (2, 1)


def test_an_order_under_two_message_ids_is_a_repeated_order(now: datetime) -> None:
    send(now, order(1), {**order(1), "messageId": "again"}, order(2))

    actions.roll_up(now=now, settles_after=AT_ONCE)

    assert (counted().n, counted().n_repeated) == (3, 1)


def test_repeated_messages_and_refused_events_count_for_their_source(
    now: datetime,
) -> None:
    send(now, order(1), order(1), {"type": "track", "userId": "c-1"})
    send(now, order(1))

    actions.roll_up(now=now, settles_after=AT_ONCE)

    whole = counted(name="")
    assert (whole.source, whole.n_duplicates, whole.n_rejected) == ("api:shop", 2, 1)


def test_a_field_is_known_by_its_kind_and_traits_by_their_names(
    now: datetime,
) -> None:
    hello = {"type": "identify", "userId": "c-1", "traits": {"plan": "pro", "age": 4}}
    send(now, hello, order(1), order(2, properties={"revenue": "20"}))

    actions.roll_up(now=now, settles_after=AT_ONCE)

    kinds = set(SignalField.objects.values_list("field", "kind"))
    assert {("plan", "string"), ("age", "number")} <= kinds
    assert {("revenue", "number"), ("revenue", "string")} <= kinds


def broken(now: datetime) -> None:
    several = [order(i, properties={"revenue": -1}) for i in range(60)]
    send(now, *several)
    actions.roll_up(now=now, settles_after=AT_ONCE)


def test_an_alarm_opens_once_and_closes_when_the_cause_is_gone(now: datetime) -> None:
    broken(now)

    opened = actions.watch(now=now)
    again = actions.watch(now=now + timedelta(minutes=5))
    kept = QualityAlert.objects.get(check_key="impossible")
    actions.watch(now=now + timedelta(days=8))

    assert [a.check_key for a in opened] == ["impossible"]
    assert again == []
    assert (kept.n_touched, kept.value, kept.closed_at) == (60, 1.0, None)
    closed = QualityAlert.objects.get(check_key="impossible")
    assert closed.closed_at == now + timedelta(days=8)


def test_a_threshold_moves_the_alarm_and_the_move_is_on_record(now: datetime) -> None:
    broken(now)
    analyst = make.actor("ana", Role.ANALYST, now=now)

    actions.set_threshold(by=analyst, now=now, check="impossible", value=1.0)

    assert actions.watch(now=now) == []
    assert queries.thresholds()[Check.IMPOSSIBLE] == 1.0
    entry = AuditEntry.objects.get(type="data_quality.threshold_set")
    assert entry.details == {"from": 0.005, "to": 1.0}


@pytest.mark.parametrize(
    ("check", "value"),
    [("none", 0.1), ("late", 1.1), ("late", -0.1), ("late", float("nan"))],
)
def test_a_threshold_that_cannot_be_is_refused(
    check: str, value: float, now: datetime
) -> None:
    analyst = make.actor("ana", Role.ANALYST, now=now)

    with pytest.raises(Invalid):
        actions.set_threshold(by=analyst, now=now, check=check, value=value)


def test_who_may_not_set_thresholds_does_not(now: datetime) -> None:
    marketer = make.actor("mia", Role.MARKETER, now=now)

    with pytest.raises(Refused):
        actions.set_threshold(by=marketer, now=now, check="late", value=0.5)
