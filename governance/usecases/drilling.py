"""The rollback drill goes on record; it is run where decisions are made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.signoffs.core import ATTESTATION_LIFETIME
from governance.types import Actor, ActorKind, Refused
from governance.usecases.drafting import locked, subject_of
from governance.usecases.models import RollbackDrill, UseCaseVersion
from governance.usecases.queries import owner_ids
from governance.usecases.settling import settle


def must_be_drillable(by: Actor, version: UseCaseVersion) -> None:
    """Its owners, analysts and channel owners drill what is fixed by its hash."""
    owners = owner_ids(version.use_case)
    if by.kind is ActorKind.PERSON and not allows(
        by, Permission.USE_CASES_TRANSITION, owners
    ):
        raise Refused("Its owners, analysts and channel owners run the drill.")
    if not version.config_hash:
        raise Refused(
            "There is nothing fixed to drill yet: it has not been submitted.",
            code="drill.not_submitted",
        )


@transaction.atomic
def record_drill(
    *,
    by: Actor,
    now: datetime,
    version: UseCaseVersion,
    n: int,
    n_personal: int,
    seconds: float,
    faults: Sequence[str],
) -> RollbackDrill:
    """Keep the result for good; a pass holds for 90 days, a failure at once."""
    case = locked(version.use_case.key)
    version.use_case = case
    must_be_drillable(by, version)
    row = RollbackDrill.objects.create(
        version=version,
        config_hash=version.config_hash,
        is_passed=not faults,
        n=n,
        n_personal=n_personal,
        seconds=seconds,
        faults=list(faults),
        drilled_by_label=str(by)[:120],
        drilled_at=now,
        valid_until=now + ATTESTATION_LIFETIME,
    )
    audit.record(
        by=by,
        now=now,
        type="use_case.rollback_drilled",
        subject=subject_of(version),
        details={
            "version": version.number,
            "passed": row.is_passed,
            "n": n,
            "milliseconds": round(1000 * seconds),
        },
    )
    settle(case, version, now=now)
    return row
