from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from governance.audit.queries import AuditEntry, entries
from governance.incidents.models import Incident, IncidentClosing
from governance.types import NotFound
from governance.usecases.models import StateChange, UseCase

__all__ = ["Incident", "Remembered", "incident", "incidents", "remembered", "timeline"]

MOST = 20


def incidents(*, key: str = "") -> list[Incident]:
    """Open ones first, then the newest."""
    found = Incident.objects.select_related("use_case", "closing").order_by("-pk")
    rows = list(found.filter(use_case__key=key) if key else found)
    return sorted(rows, key=lambda row: closing_of(row) is not None)


def incident(incident_id: int) -> Incident:
    found = (
        Incident.objects.select_related("use_case", "closing__closed_by")
        .filter(pk=incident_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def closing_of(row: Incident) -> IncidentClosing | None:
    return getattr(row, "closing", None)


def timeline(row: Incident) -> list[AuditEntry]:
    """What the audit log says of the use case from the first harm on, oldest first."""
    closing = closing_of(row)
    since = min(row.first_harm_at or row.noticed_at, row.noticed_at)
    found = entries(subject_id=row.use_case.key, since=since)
    found = found.filter(subject_kind="use_case")
    if closing is not None:
        found = found.filter(occurred_at__lte=closing.closed_at)
    return list(found.order_by("seq")[:50])


@dataclass(frozen=True, slots=True)
class Remembered:
    """Something that was learned or went wrong; ``incident_id`` where it has a page."""

    use_case: UseCase
    who: str
    kind: str
    text: str
    at: datetime
    incident_id: int | None = None


def remembered(text: str) -> list[Remembered]:
    """Learning notes and incidents that have the words, newest first."""
    words = text.split()
    if not words:
        return []
    rows = [*_notes(words), *_incidents(words)]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:MOST]


def _notes(words: list[str]) -> list[Remembered]:
    rows = StateChange.objects.filter(transition="note_learning")
    found = rows.filter(_all(words, "reason")).select_related(
        "use_case__serving_version"
    )
    return [
        Remembered(
            row.use_case, _who(row.use_case), "Learned", row.reason, row.changed_at
        )
        for row in found.order_by("-pk")[:MOST]
    ]


def _incidents(words: list[str]) -> list[Remembered]:
    rows = Incident.objects.filter(_all(words, "reason", "closing__learned"))
    found = rows.select_related("use_case__serving_version", "closing")
    return [
        Remembered(
            row.use_case,
            _who(row.use_case),
            "Incident",
            _told(row),
            row.noticed_at,
            row.pk,
        )
        for row in found.order_by("-pk")[:MOST]
    ]


def _told(row: Incident) -> str:
    closing = closing_of(row)
    return f"{row.reason} {closing.learned}" if closing else row.reason


def _all(words: list[str], *fields: str) -> Q:
    """Every word in one of the fields, or in the use case's name or audience."""
    looked_in = (
        *fields,
        "use_case__key",
        "use_case__name",
        "use_case__serving_version__content__customer__who",
    )
    found = Q()
    for word in words:
        one = Q()
        for field in looked_in:
            one |= Q(**{f"{field}__icontains": word})
        found &= one
    return found


def _who(case: UseCase) -> str:
    version = case.serving_version
    return str(version.content.get("customer", {}).get("who", "")) if version else ""
