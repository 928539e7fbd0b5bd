from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.rights.models import Complaint
from governance.rights.requests import (
    ask,
    escalate_overdue,
    move,
    note_failure,
    pack_handed_over,
)
from governance.types import (
    Actor,
    ActorKind,
    Invalid,
    NotFound,
    Refused,
    SubjectRef,
)

__all__ = [
    "acknowledge",
    "ask",
    "close",
    "escalate_overdue",
    "move",
    "note_failure",
    "pack_handed_over",
    "receive_complaint",
    "take_complaint",
]

ACKNOWLEDGE_WITHIN = timedelta(days=30)
LONGEST = 5_000


@transaction.atomic
def receive_complaint(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    text: str,
    use_case_key: str = "",
    decision_id: UUID | None = None,
) -> Complaint:
    """Take a complaint in; the law gives 30 days to acknowledge it."""
    _must_write(by)
    told = text.replace("\x00", "").strip()
    if not told:
        raise Invalid({"text": "Say in a few words what went wrong."})
    if len(told) > LONGEST:
        raise Invalid({"text": f"Keep it to {LONGEST:,} characters."})
    complaint = Complaint.objects.create(
        person_id=person_id,
        use_case_key=use_case_key,
        decision_id=decision_id,
        text=told,
        received_at=now,
        acknowledge_by=now + ACKNOWLEDGE_WITHIN,
    )
    _record(by, now, "complaint.received", complaint)
    return complaint


@transaction.atomic
def acknowledge(*, by: Actor, now: datetime, complaint_id: int) -> Complaint:
    """Stops the 30-day clock."""
    _must_write(by)
    complaint = _open(complaint_id)
    if complaint.state == "received":
        complaint.state = "acknowledged"
        complaint.save()
        _record(by, now, "complaint.acknowledged", complaint)
    return complaint


@transaction.atomic
def close(*, by: Actor, now: datetime, complaint_id: int, outcome: str) -> Complaint:
    """End it with what was found and done, in words fit for the customer."""
    _must_write(by)
    complaint = _open(complaint_id)
    if not outcome.strip():
        raise Invalid({"outcome": "Say what was found and what was done."})
    complaint.state, complaint.outcome = "closed", outcome.strip()
    complaint.closed_at = now
    complaint.closed_by_id = by.id if by.kind is ActorKind.PERSON else None
    complaint.save()
    _record(by, now, "complaint.closed", complaint)
    return complaint


def _must_write(by: Actor) -> None:
    if by.kind is ActorKind.SYSTEM or holds(by, Permission.COMPLAINTS_WRITE):
        return
    raise Refused("Only privacy and support handle complaints.")


def _open(complaint_id: int) -> Complaint:
    complaint = Complaint.objects.select_for_update().filter(pk=complaint_id).first()
    if complaint is None:
        raise NotFound("There is no such complaint.")
    if complaint.state == "closed":
        raise Refused("This complaint is closed already.", code="complaint.closed")
    return complaint


def _record(by: Actor, now: datetime, kind: str, complaint: Complaint) -> None:
    audit.record(
        by=by,
        now=now,
        type=kind,
        subject=SubjectRef("complaint", str(complaint.pk)),
        details={"use_case": complaint.use_case_key},
    )


def take_complaint(
    *,
    now: datetime,
    person_id: int,
    text: str,
    use_case_key: str = "",
    decision_id: UUID | None = None,
) -> Complaint:
    """A complaint that arrived as an event, shortened where it is too long."""
    return receive_complaint(
        by=Actor.system("events"),
        now=now,
        person_id=person_id,
        text=text.strip()[:LONGEST] or "No words given.",
        use_case_key=use_case_key,
        decision_id=decision_id,
    )
