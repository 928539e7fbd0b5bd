"""What follows by itself once the last word of a review is given."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from governance.access.core import Permission, allows
from governance.assessments.queries import judged as judged_impact
from governance.audit import actions as audit
from governance.catalogue.queries import catalogue
from governance.fairness.queries import audits_of
from governance.signoffs import hooks
from governance.signoffs.core import in_force
from governance.types import Actor, ActorKind, Answer, Invalid, Refused, State
from governance.usecases.core import UseCaseContent, may_take
from governance.usecases.drafting import (
    Status,
    latest,
    locked,
    move,
    must_be_allowed,
    subject_of,
    take_owners,
)
from governance.usecases.models import UseCase, UseCaseVersion
from governance.usecases.queries import (
    assessments_of,
    open_version,
    owner_ids,
    situation,
)
from governance.usecases.standing import signature, signed_answer, standing_of

SYSTEM = Actor.system()


def judged(version: UseCaseVersion, now: datetime) -> Answer:
    """Whether everything has been said that this version needs in order to serve."""
    standing = standing_of(
        version,
        state=State(version.use_case.state),
        catalogue=catalogue(),
        approvals=version.approvals.all(),
        attestations=version.attestations.all(),
        drills=version.drills.all(),
        audits=audits_of(version),
        impact=judged_impact(version).answer,
    )
    return signed_answer(version, standing, assessments_of(version), now)


def settle(case: UseCase, version: UseCaseVersion, *, now: datetime) -> bool:
    """Sign off the version if nothing is missing; the caller holds the use case.

    Runs the hooks, in the same transaction, and makes the version the serving one.
    """
    if version.status == Status.SIGNED:
        return _renew(version, now=now)
    if version.status != Status.IN_REVIEW or not judged(version, now):
        return False
    building = case.state == State.GOVERNANCE
    at = situation(case.key, now)
    if building and not may_take("make_ready", at, SYSTEM):
        return False
    version.status, version.signed_at = Status.SIGNED, now
    version.expires_at = _expiry(version, now)
    version.save()
    if building:
        move(case, State.READY, "make_ready", by=SYSTEM, now=now)
    audit.record(
        by=SYSTEM,
        now=now,
        type="use_case.signed",
        subject=subject_of(version),
        details={"version": version.number, "expires_at": str(version.expires_at)},
    )
    hooks.fully_signed(version, now=now)
    case.refresh_from_db()
    if case.serving_version_id != version.pk:
        make_serving(by=SYSTEM, now=now, key=case.key, version_number=version.number)
        case.refresh_from_db()
    return True


def _renew(version: UseCaseVersion, *, now: datetime) -> bool:
    """Once all have signed again what had run out, it holds for another term."""
    ends = version.expires_at
    version.expires_at = None
    if not judged(version, now):
        version.expires_at = ends
        return False
    version.expires_at = _expiry(version, now)
    version.save()
    return True


def _expiry(version: UseCaseVersion, now: datetime) -> datetime:
    rows = [signature(row) for row in version.approvals.all()]
    ends = [row.valid_until for row in in_force(rows, now, version.config_hash)]
    days = UseCaseContent.from_dict(version.content).review_interval_days
    if days:
        ends.append(now + timedelta(days=days))
    return min(ends)


@transaction.atomic
def make_serving(
    *, by: Actor, now: datetime, key: str, version_number: int
) -> UseCaseVersion:
    """From the next decision on, this signed version is the one that serves."""
    case = locked(key)
    version = case.versions.select_for_update().filter(number=version_number).first()
    if version is None:
        raise Refused(f"There is no version {version_number}.")
    version.use_case = case
    if case.serving_version_id == version.pk and version.status == Status.SIGNED:
        return version
    answer = judged(version, now)
    if version.status != Status.SIGNED or not answer:
        raise (
            Refused.because(*answer.reasons)
            if not answer
            else Refused("Only a version with all its signatures is made to serve.")
        )
    before = case.serving_version
    is_other = before is not None and before.pk != version.pk
    if before is not None and is_other and before.status == Status.SIGNED:
        before.status = Status.SUPERSEDED
        before.save()
    content = UseCaseContent.from_dict(version.content)
    case.serving_version, case.changed_at = version, now
    case.exposure_share = _exposure(case, content, is_first=before is None)
    take_owners(case, content)
    case.save()
    audit.record(
        by=by,
        now=now,
        type="use_case.made_serving",
        subject=subject_of(version),
        details={
            "version": version.number,
            "before": before.number if before else None,
        },
    )
    return version


def _exposure(case: UseCase, content: UseCaseContent, *, is_first: bool) -> float:
    first = content.experiment.first_exposure
    largest = content.experiment.max_exposure
    share = first if is_first and first is not None else case.exposure_share
    return min(share, largest) if largest is not None else share


@transaction.atomic
def void(*, by: Actor, now: datetime, key: str, reason: str) -> UseCaseVersion:
    """Take the signatures' force away at once; the default is served."""
    case = locked(key)
    if by.kind is not ActorKind.SYSTEM and not allows(
        by, Permission.USE_CASES_STOP, owner_ids(case)
    ):
        raise Refused("Only those who may stop a use case void its signatures.")
    if not reason.strip():
        raise Invalid({"reason": "Say why the signatures no longer hold."})
    version = latest(case)
    version.status, version.void_reason = Status.VOID, reason.strip()[:300]
    version.save()
    case.changed_at = now
    case.save()
    audit.record(
        by=by,
        now=now,
        type="use_case.voided",
        subject=subject_of(version),
        details={"version": version.number, "reason": reason.strip()},
    )
    return version


@transaction.atomic
def apply_now(*, by: Actor, now: datetime, key: str) -> UseCaseVersion:
    """Put the unsigned draft in the place of the serving version.

    The old signatures are void and the new ones are not given: the default is served
    until people sign.
    """
    case = locked(key)
    must_be_allowed(by, case, ["experiment"])
    draft = open_version(case)
    if draft is None:
        raise Refused("There is no draft to apply.", code="use_case.no_draft")
    before = case.serving_version
    if before is not None and before.pk != draft.pk and before.status == Status.SIGNED:
        before.status = Status.VOID
        before.void_reason = f"Version {draft.number} was applied without signatures."
        before.save()
    case.serving_version, case.changed_at = draft, now
    case.save()
    draft.use_case = case
    audit.record(
        by=by,
        now=now,
        type="use_case.applied_unsigned",
        subject=subject_of(draft),
        details={"version": draft.number, "before": before.number if before else None},
    )
    return draft
