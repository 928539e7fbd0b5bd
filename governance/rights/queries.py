from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q

from governance.access.core import Permission, holds
from governance.consent.models import ConsentEvent
from governance.keyed import identity_hash
from governance.rights.core import OPEN
from governance.rights.models import Complaint, ErasureRecord, RightsRequest
from governance.types import Actor, NotFound, Refused

__all__ = [
    "Complaint",
    "ComplaintCounts",
    "ErasureRecord",
    "OnTime",
    "RightsRequest",
    "all_requests",
    "closed_requests",
    "complaint",
    "complaints",
    "complaints_of",
    "counts",
    "erasure_of",
    "on_time",
    "proof_of",
    "request",
    "requests_of",
    "waiting_requests",
]


@dataclass(frozen=True, slots=True)
class ComplaintCounts:
    """How many, for those who see numbers only."""

    n_open: int
    n_overdue: int
    n_closed: int
    by_use_case: dict[str, int]


def complaints(actor: Actor, *, state: str = "", use_case_key: str = "") -> Any:
    """Newest first; the caller slices.

    Raises
    ------
    Refused
        For those who see counts only.
    """
    if not holds(actor, Permission.COMPLAINTS_READ):
        raise Refused("Complaints are read by privacy, support and auditors.")
    rows = Complaint.objects.select_related("closed_by").order_by("-received_at", "-pk")
    if state:
        rows = rows.filter(state=state)
    if use_case_key:
        rows = rows.filter(use_case_key=use_case_key)
    return rows


def complaint(actor: Actor, complaint_id: int) -> Complaint:
    found: Complaint | None = complaints(actor).filter(pk=complaint_id).first()
    if found is None:
        raise NotFound("There is no such complaint.")
    return found


def complaints_of(person_id: int, *, most: int = 10) -> list[Complaint]:
    """A person's own complaints, newest first, for their own page."""
    rows = Complaint.objects.filter(person_id=person_id)
    return list(rows.order_by("-received_at", "-pk")[:most])


def counts(now: datetime, *, use_case_key: str = "") -> ComplaintCounts:
    rows = Complaint.objects.all()
    if use_case_key:
        rows = rows.filter(use_case_key=use_case_key)
    late = Q(state="received", acknowledge_by__lt=now)
    totals = rows.aggregate(
        n_open=Count("pk", filter=~Q(state="closed")),
        n_overdue=Count("pk", filter=late),
        n_closed=Count("pk", filter=Q(state="closed")),
    )
    per_case = rows.values_list("use_case_key").annotate(n=Count("pk")).order_by("-n")
    return ComplaintCounts(**totals, by_use_case=dict(per_case))


def requests_of(person_id: int) -> list[RightsRequest]:
    rows = RightsRequest.objects.select_related("closed_by")
    return list(rows.filter(person_id=person_id).order_by("-received_at"))


def waiting_requests(*, limit: int = 200) -> list[RightsRequest]:
    """Those whose answer is due first."""
    rows = RightsRequest.objects.filter(state__in=sorted(OPEN))
    return list(rows.order_by("due_at", "pk")[:limit])


def closed_requests(*, limit: int = 100) -> list[RightsRequest]:
    rows = RightsRequest.objects.exclude(state__in=sorted(OPEN))
    return list(rows.select_related("closed_by").order_by("-closed_at")[:limit])


def all_requests() -> Any:
    return RightsRequest.objects.select_related("closed_by")


def request(request_id: int) -> RightsRequest:
    found: RightsRequest | None = all_requests().filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request.")
    return found


@dataclass(frozen=True, slots=True)
class OnTime:
    """How requests were answered, and which wait."""

    n_open: int
    n_late: int
    n_escalated: int
    n_answered: int
    n_answered_on_time: int


def on_time(now: datetime) -> OnTime:
    is_open = Q(state__in=sorted(OPEN))
    done = Q(state__in=["complete", "denied"])
    return OnTime(
        **RightsRequest.objects.aggregate(
            n_open=Count("pk", filter=is_open),
            n_late=Count("pk", filter=is_open & Q(due_at__lt=now)),
            n_escalated=Count("pk", filter=is_open & Q(escalated_at__isnull=False)),
            n_answered=Count("pk", filter=done),
            n_answered_on_time=Count("pk", filter=done & Q(closed_at__lte=F("due_at"))),
        )
    )


def erasure_of(kind: str, value: str) -> ErasureRecord | None:
    """The tombstone of somebody who tells us the name they had."""
    mark = identity_hash(kind, value)
    found = ErasureRecord.objects.filter(identity_hashes__contains=[mark])
    return found.order_by("-erased_at").first()


def proof_of(record: ErasureRecord) -> list[ConsentEvent]:
    """What an erased person had allowed or refused: when, by which notice, how."""
    rows = ConsentEvent.objects.filter(person_id=record.proof_id)
    return list(rows.select_related("notice").order_by("id"))
