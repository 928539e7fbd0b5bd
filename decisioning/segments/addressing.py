"""Audiences by their number: looked up, and told of under another name or address."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from decisioning.revisions.actions import must_write
from decisioning.segments.audiences import must_export, problems_of
from decisioning.segments.models import Audience
from governance.access.core import Permission
from governance.audit import actions as audit
from governance.types import Actor, Conflict, Invalid, NotFound, Refused, SubjectRef
from governance.types import sha256_hex as digest


def audiences(*, segment: str = "") -> QuerySet[Audience]:
    rows = Audience.objects.select_related("segment")
    return rows.filter(segment__key=segment) if segment else rows


def audience(audience_id: int) -> Audience:
    found = audiences().filter(pk=audience_id).first()
    if found is None:
        raise NotFound("There is no such audience.")
    return found


def etag(row: Audience) -> str:
    told = (row.name, row.url, row.purpose, row.channel, row.stopped_at)
    return f'"{digest(repr(told))[:32]}"'


@transaction.atomic
def change(
    *,
    by: Actor,
    now: datetime,
    audience_id: int,
    name: str,
    url: str,
    expected: str = "",
) -> Audience:
    """The same system under another name or address: it keeps whom it holds.

    What it may be told for, purpose and channel, is fixed: that is another audience.
    """
    row = audiences().select_for_update(of=("self",)).filter(pk=audience_id).first()
    if row is None:
        raise NotFound("There is no such audience.")
    must_export(by, row.segment.created_by_id)
    must_write(by, Permission.SEGMENTS_WRITE, row.segment.created_by_id)
    if expected and expected != etag(row):
        raise Conflict(
            "Somebody changed this since you read it. Read it again and merge.",
            code="conflict.lost_update",
        )
    if row.stopped_at is not None:
        raise Refused("This audience was stopped. Add it anew.")
    if problems := problems_of(name, url, row.purpose, row.channel):
        raise Invalid(problems)
    row.name, row.url = name.strip(), url.strip()
    row.save(update_fields=["name", "url"])
    audit.record(
        by=by,
        now=now,
        type="audience.changed",
        subject=SubjectRef("segment", row.segment.key),
        details={"audience": row.pk, "name": row.name},
    )
    return row
