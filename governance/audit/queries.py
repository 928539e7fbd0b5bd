from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from governance.audit.core import Link, Verification, verify
from governance.audit.models import AuditEntry
from governance.types import ActorKind

__all__ = ["AuditEntry", "entries", "sealed_row", "story_of", "verified"]


def sealed_row(entry: AuditEntry) -> dict[str, Any]:
    """The fields that the seal covers, in the form in which they are sealed."""
    return {
        "seq": entry.seq,
        "occurred_at": entry.occurred_at,
        "actor": [entry.actor_kind, entry.actor_id, entry.actor_label],
        "type": entry.type,
        "subject": [entry.subject_kind, entry.subject_id, entry.digest],
        "details": entry.details,
    }


# Kinds of objects that have an owner, and acts by which somebody comes to own one.
OWNED = ("use_case", "segment", "offer", "creative", "placement", "cap", "budget")
OWNING = r"\.(created|saved|drafted)$"


def entries(
    *,
    text: str = "",
    type_prefix: str = "",
    who: str = "",
    subject_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    own_of: int | None = None,
) -> QuerySet[AuditEntry]:
    """Newest first; the caller slices.

    ``own_of`` leaves what this person did, and what happened to their own objects.
    """
    found = AuditEntry.objects.order_by("-seq")
    if own_of is not None:
        found = found.filter(_own(own_of))
    if type_prefix:
        found = found.filter(type__startswith=type_prefix)
    if who:
        found = found.filter(actor_label__icontains=who)
    if subject_id:
        found = found.filter(subject_id=subject_id)
    if since is not None:
        found = found.filter(occurred_at__gte=since)
    if until is not None:
        found = found.filter(occurred_at__lt=until)
    if text:
        found = found.filter(
            Q(subject_id__icontains=text)
            | Q(actor_label__icontains=text)
            | Q(type__icontains=text)
        )
    return found


def _own(person: int) -> Q:
    made = AuditEntry.objects.filter(
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
        subject_kind__in=OWNED,
        actor_kind=ActorKind.PERSON.value,
        actor_id=person,
        type__regex=OWNING,
    )
    mine = Q(actor_kind=ActorKind.PERSON.value, actor_id=person)
    return mine | Q(Exists(made))


def story_of(kind: str, subject_id: str, *, limit: int = 50) -> list[AuditEntry]:
    return list(
        AuditEntry.objects.filter(subject_kind=kind, subject_id=subject_id).order_by(
            "-seq"
        )[:limit]
    )


def verified() -> Verification:
    """Walk the whole chain; costs one pass over the table."""
    head = AuditEntry.objects.aggregate(last=Max("seq"))["last"]
    return verify(_links(head or 0))


def _links(last_seq: int) -> Iterator[Link]:
    rows = AuditEntry.objects.filter(seq__lte=last_seq).order_by("seq")
    for entry in rows.iterator(chunk_size=2000):
        yield Link(entry.seq, entry.prev_hash, entry.hash, sealed_row(entry))
