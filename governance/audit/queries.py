from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Max, Q

from governance.audit.core import Link, Verification, verify
from governance.audit.models import AuditEntry

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


def entries(
    *, text: str = "", type_prefix: str = "", actor_id: int | None = None
) -> Any:
    """Newest first; the caller slices."""
    found = AuditEntry.objects.order_by("-seq")
    if actor_id is not None:
        found = found.filter(actor_id=actor_id)
    if type_prefix:
        found = found.filter(type__startswith=type_prefix)
    if text:
        found = found.filter(
            Q(subject_id__icontains=text)
            | Q(actor_label__icontains=text)
            | Q(type__icontains=text)
        )
    return found


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
