"""The step itself opens an incident; what was learned closes it."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.incidents.core import ACTS, Cause
from governance.incidents.models import Incident, IncidentClosing
from governance.signoffs.core import MIN_REASON
from governance.types import Actor, ActorKind, Invalid, NotFound, Refused, SubjectRef
from governance.usecases.drafting import latest
from governance.usecases.models import UseCase
from governance.usecases.queries import owner_ids


@transaction.atomic
def open_incident(
    *,
    by: Actor,
    now: datetime,
    case: UseCase,
    act: str,
    reason: str,
    cause: Cause | None = None,
) -> Incident | None:
    """In the transaction of the step; nothing where a person took it."""
    if by.kind is not ActorKind.SYSTEM or act not in ACTS:
        return None
    why, of = cause or Cause(), case.serving_version or latest(case)
    row = Incident.objects.create(
        use_case=case,
        version_number=of.number,
        config_hash=of.config_hash,
        act=act,
        code=why.code,
        reason=reason[:500],
        first_harm_at=why.first_harm_at,
        noticed_at=now,
        noticed_by_label=str(by)[:120],
    )
    audit.record(
        by=by,
        now=now,
        type="use_case.incident_opened",
        subject=SubjectRef("use_case", case.key),
        details={"incident": row.pk, "act": act, "code": why.code},
    )
    return row


@transaction.atomic
def close(
    *,
    by: Actor,
    now: datetime,
    incident_id: int,
    learned: str,
    n_decisions: int,
    n_customers: int,
    first_default_at: datetime | None,
) -> IncidentClosing:
    """Write down what was learned; the counts of the log are kept with it."""
    row = Incident.objects.select_related("use_case").filter(pk=incident_id).first()
    if row is None:
        raise NotFound("There is no such incident.")
    is_person = by.kind is ActorKind.PERSON and by.id is not None
    owners = owner_ids(row.use_case)
    if not is_person or not allows(by, Permission.USE_CASES_STOP, owners):
        raise Refused("Its owners, or those who may stop it, close an incident.")
    if len(learned.strip()) < MIN_REASON:
        raise Invalid(
            {"learned": f"Say what was learned in at least {MIN_REASON} characters."}
        )
    assert by.id is not None
    made = _closed(
        IncidentClosing(
            incident=row,
            learned=learned.strip(),
            n_decisions=n_decisions,
            n_customers=n_customers,
            first_default_at=first_default_at,
            closed_by_id=by.id,
            closed_at=now,
        )
    )
    audit.record(
        by=by,
        now=now,
        type="use_case.incident_closed",
        subject=SubjectRef("use_case", row.use_case.key),
        details={"incident": row.pk},
    )
    return made


def _closed(row: IncidentClosing) -> IncidentClosing:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(
            "Somebody has closed this incident already.", code="incident.closed"
        ) from error
    return row
