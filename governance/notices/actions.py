from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from governance.audit import actions as audit
from governance.notices.core import Kind
from governance.notices.models import SilencedKind
from governance.notices.sending import send_waiting
from governance.notices.writing import tell_what_is_due
from governance.types import Actor, ActorKind, Invalid, Refused, SubjectRef

__all__ = ["send_waiting", "silence", "tell_what_is_due"]


@transaction.atomic
def silence(*, by: Actor, now: datetime, kinds: Collection[str]) -> None:
    """Switch these kinds of letters off for oneself, and all others on."""
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise Refused("Only people get letters.")
    if not set(kinds) <= set(Kind):
        raise Invalid({"kinds": f"Choose among: {', '.join(Kind)}."})
    rows = SilencedKind.objects.filter(reader_id=by.id)
    rows.exclude(kind__in=kinds).delete()
    SilencedKind.objects.bulk_create(
        [
            SilencedKind(reader_id=by.id, kind=kind, silenced_at=now)
            for kind in sorted(set(kinds))
        ],
        ignore_conflicts=True,
    )
    audit.record(
        by=by,
        now=now,
        type="letters.chosen",
        subject=SubjectRef("user", by.username),
        details={"off": sorted(kinds)},
    )
