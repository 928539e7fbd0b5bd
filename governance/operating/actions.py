from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.operating.models import RegulatoryReference
from governance.types import Actor, Invalid, NotFound, Refused, SubjectRef


@transaction.atomic
def check_reference(
    *,
    by: Actor,
    now: datetime,
    key: str,
    version: str,
    status: str,
    says: str,
    consequence: str,
) -> RegulatoryReference:
    """Privacy has read the source again today: what it says, in which version."""
    if not holds(by, Permission.PURPOSES_WRITE):
        raise Refused("Only privacy says what the law asks.")
    row = RegulatoryReference.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound("There is no such reference.")
    told = {"version": version, "says": says, "consequence": consequence}
    problems = {name: "Write a few words." for name, t in told.items() if not t.strip()}
    if status not in RegulatoryReference.Status.values:
        problems["status"] = "Choose whether it is in force."
    if problems:
        raise Invalid(problems)
    before = {"version": row.version, "status": row.status}
    for name, text in told.items():
        setattr(row, name, text.strip())
    row.status, row.checked_on, row.checked_by_id = status, now.date(), by.id
    row.save()
    audit.record(
        by=by,
        now=now,
        type="reference.checked",
        subject=SubjectRef("reference", key),
        details={"before": before, "version": row.version, "status": status},
    )
    return row
