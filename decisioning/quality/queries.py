from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from decisioning.quality.core import (
    BASE_DAYS,
    MEASURES,
    WINDOW_DAYS,
    Check,
    Day,
    Field,
    Finding,
    judge,
)
from decisioning.quality.models import (
    CountedUntil,
    QualityAlert,
    QualityThreshold,
    SignalDay,
    SignalField,
)
from governance.types import NotFound

__all__ = ["QualityAlert", "Signal", "findings", "open_alerts", "signal", "thresholds"]
JUDGED_DAYS = BASE_DAYS + WINDOW_DAYS + 1
SHOWN_DAYS = 90


@dataclass(frozen=True, slots=True)
class Signal:
    """One kind of event from one source, with its history."""

    source: str
    name: str
    days: list[Day]
    fields: list[Field]
    findings: list[Finding]


def thresholds() -> Mapping[Check, float]:
    """Where each check alarms now."""
    moved = dict(QualityThreshold.objects.values_list("check_key", "value"))
    return {c: moved.get(c.value, m.default) for c, m in MEASURES.items()}


def findings(now: datetime) -> list[Finding]:
    """Every check of every signal; three queries whatever the number of events."""
    since = (now - timedelta(days=JUDGED_DAYS)).date()
    days = [_day(row) for row in SignalDay.objects.filter(day_date__gte=since)]
    fields = [_field(row) for row in SignalField.objects.filter(last_date__gte=since)]
    return judge(days, fields, thresholds(), now=now)


def signal(source: str, name: str, now: datetime) -> Signal:
    """One signal with ninety days of history.

    Raises
    ------
    NotFound
        Where no such events came in these days.
    """
    since = (now - timedelta(days=SHOWN_DAYS)).date()
    rows = SignalDay.objects.filter(source=source, day_date__gte=since)
    days = [_day(row) for row in rows.order_by("day_date")]
    mine = [d for d in days if d.name == name]
    if not mine:
        raise NotFound("No such events came in the last 90 days.")
    fields = SignalField.objects.filter(source=source, name=name).order_by("field")
    shapes = [_field(row) for row in fields]
    recent = [d for d in days if d.day >= (now - timedelta(days=JUDGED_DAYS)).date()]
    found = judge(recent, shapes, thresholds(), now=now)
    return Signal(
        source, name, mine, shapes, [f for f in found if f.name in (name, "")]
    )


def open_alerts() -> list[QualityAlert]:
    """Alarms that last, newest first."""
    rows = QualityAlert.objects.filter(closed_at=None)
    return list(rows.select_related("acknowledged_by").order_by("-opened_at", "pk"))


def counted_at() -> datetime | None:
    """When events were last counted."""
    row = CountedUntil.objects.filter(pk="decisioning_event").first()
    return row.seen_at if row else None


def _day(row: SignalDay) -> Day:
    return Day(
        source=row.source,
        name=row.name,
        day=row.day_date,
        n=row.n,
        n_late=row.n_late,
        n_missing=row.n_missing,
        n_impossible=row.n_impossible,
        n_unresolved=row.n_unresolved,
        n_repeated=row.n_repeated,
        n_duplicates=row.n_duplicates,
        n_rejected=row.n_rejected,
        last_at=row.last_at,
    )


def _field(row: SignalField) -> Field:
    return Field(
        source=row.source,
        name=row.name,
        field=row.field,
        kind=row.kind,
        n=row.n,
        first_date=row.first_date,
        last_date=row.last_date,
    )
