"""Counting what came in, once each; alarms that open and close; thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction

from decisioning.quality import queries, sql
from decisioning.quality.core import MEASURES, Check, Finding, State
from decisioning.quality.models import (
    CountedUntil,
    QualityAlert,
    QualityThreshold,
    SignalDay,
    SignalField,
)
from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.types import Actor, Invalid, NotFound, Refused, SubjectRef

IDS_A_CHUNK = 50_000
# A transaction that took an id has ended by then, so that no row comes in behind.
SETTLES_AFTER = timedelta(minutes=5)
COUNTED: Mapping[str, tuple[Callable[[int, int], sql.Statement], ...]] = {
    "decisioning_event": (sql.days_statement, sql.fields_statement),
    "decisioning_deadletter": (sql.refused_statement,),
    "decisioning_repeatedmessages": (sql.repeats_statement,),
}


def roll_up(*, now: datetime, settles_after: timedelta = SETTLES_AFTER) -> int:
    """Add what came in since the last time to the days; gives the ids gone through.

    Ids are handed out before their rows are visible, so a run counts up to the newest
    id that an earlier run saw at least ``settles_after`` ago. Two runs never overlap.
    """
    n_done = 0
    for table in COUNTED:
        until = _seen(table, now, settles_after)
        while n := _count_on(table, until):
            n_done += n
    return n_done


@transaction.atomic
def _seen(table: str, now: datetime, settles_after: timedelta) -> int:
    """Up to which id may be counted; remembers the newest for the next time."""
    CountedUntil.objects.get_or_create(table=table)
    row = CountedUntil.objects.select_for_update().get(pk=table)
    if row.seen_at is not None and timedelta() <= now - row.seen_at < settles_after:
        return row.done_id
    before = row.seen_id
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")  # noqa: S608
        newest = cursor.fetchone()
    row.seen_id, row.seen_at = int(newest[0]) if newest else 0, now
    row.save()
    return row.seen_id if not settles_after else before


@transaction.atomic
def _count_on(table: str, until: int) -> int:
    row = CountedUntil.objects.select_for_update().get(pk=table)
    part = min(row.done_id + IDS_A_CHUNK, until)
    if part <= row.done_id:
        return 0
    with connection.cursor() as cursor:
        for make in COUNTED[table]:
            statement, params = make(row.done_id, part)
            cursor.execute(statement, params)
    n = part - row.done_id
    row.done_id = part
    row.save()
    return n


@transaction.atomic
def watch(*, now: datetime) -> list[QualityAlert]:
    """Open an alarm for each new breach, close those that are over; gives the new."""
    breaches = {_key(f): f for f in queries.findings(now) if f.state is State.BREACH}
    opened = {
        (a.check_key, a.source, a.name): a
        for a in QualityAlert.objects.select_for_update().filter(closed_at=None)
    }
    for key, alert in opened.items():
        if key in breaches:
            _bring_up_to_date(alert, breaches[key], now)
        else:
            alert.closed_at = now
        alert.save()
    return [
        _bring_up_to_date(_new(finding, now), finding, now, is_new=True)
        for key, finding in breaches.items()
        if key not in opened
    ]


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.check.value, finding.source, finding.name


def _new(finding: Finding, now: datetime) -> QualityAlert:
    check, source, name = _key(finding)
    return QualityAlert(check_key=check, source=source, name=name, opened_at=now)


def _bring_up_to_date(
    alert: QualityAlert, finding: Finding, now: datetime, *, is_new: bool = False
) -> QualityAlert:
    alert.value, alert.threshold = finding.value, finding.threshold
    alert.n_touched, alert.detail = finding.n_touched, finding.detail[:400]
    alert.judged_at = now
    if is_new:
        alert.save()
    return alert


@transaction.atomic
def forget(*, source: str) -> None:
    """Take a source out of the counts, because its events were taken back."""
    SignalDay.objects.filter(source=source).delete()
    SignalField.objects.filter(source=source).delete()


@transaction.atomic
def set_threshold(*, by: Actor, now: datetime, check: str, value: float) -> None:
    """Move a check's threshold; the next watch judges by it.

    Raises
    ------
    Invalid, Refused
        Where there is no such check, or the value cannot be.
    """
    if not holds(by, Permission.IMPORTS_WRITE):
        raise Refused("A marketing owner, an analyst or an admin sets thresholds.")
    if check not in set(Check):
        raise Invalid({"check": f"Choose one of: {', '.join(Check)}."})
    measure = MEASURES[Check(check)]
    most = 1.0 if measure.unit == "share" and check != Check.VOLUME else 10_000.0
    if not math.isfinite(value) or not 0 <= value <= most:
        raise Invalid({"value": f"Give a number from 0 to {most:,.0f}."})
    before = queries.thresholds()[Check(check)]
    QualityThreshold.objects.update_or_create(
        check_key=check, defaults={"value": value, "changed_at": now}
    )
    audit.record(
        by=by,
        now=now,
        type="data_quality.threshold_set",
        subject=SubjectRef("data_quality_check", check),
        details={"from": before, "to": value},
    )


@transaction.atomic
def acknowledge(*, by: Actor, now: datetime, alert_id: int) -> QualityAlert:
    """Somebody looks after an alarm; it stays open until its cause is gone."""
    if not holds(by, Permission.ALERTS_ACKNOWLEDGE):
        raise Refused("Your role reads alarms. Others look after them.")
    alert = QualityAlert.objects.select_for_update().filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("There is no such alarm.")
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by_id = now, by.id
        alert.save()
        audit.record(
            by=by,
            now=now,
            type="data_quality.alert_acknowledged",
            subject=SubjectRef("data_quality_alert", str(alert.pk)),
            details={"check": alert.check_key, "source": alert.source},
        )
    return alert
