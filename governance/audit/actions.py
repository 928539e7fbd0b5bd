from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance.audit.core import GENESIS, entry_hash
from governance.audit.models import AuditEntry
from governance.audit.queries import sealed_row
from governance.types import Actor, SubjectRef

CHAIN_LOCK = 7_201_117


@transaction.atomic
def record(
    *,
    by: Actor,
    now: datetime,
    type: str,
    subject: SubjectRef,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry to the chain, in the caller's transaction.

    Writers wait for each other here until their transaction ends, which keeps the
    sequence without gaps: call it last.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = AuditEntry.objects.order_by("-seq").first()
    entry = AuditEntry(
        seq=last.seq + 1 if last else 1,
        occurred_at=now,
        actor_kind=by.kind.value,
        actor_id=by.id,
        actor_label=by.label or by.username,
        type=type,
        subject_kind=subject.kind,
        subject_id=subject.id,
        digest=subject.digest,
        details=dict(details or {}),
        prev_hash=last.hash if last else GENESIS,
    )
    row = sealed_row(entry)
    entry.hash = entry_hash(entry.prev_hash, row)
    entry.save(force_insert=True)
    return entry
