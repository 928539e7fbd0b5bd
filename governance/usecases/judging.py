"""Other people's word on a use case: test assessments and attestations."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.signoffs.core import ATTESTATION_LIFETIME, MIN_REASON
from governance.types import Actor, ActorKind, Invalid, NotFound, Refused
from governance.usecases.core import UseCaseContent
from governance.usecases.drafting import latest, locked, subject_of
from governance.usecases.models import (
    Attestation,
    StrategicAssessment,
    UseCase,
    UseCaseVersion,
)
from governance.usecases.queries import open_version
from governance.usecases.settling import settle
from governance.usecases.standing import (
    ASSESSED_BLOCKS,
    ATTESTATION_KINDS,
    assessed_hash,
)

VERDICTS = ("pass", "fail")


@transaction.atomic
def assess(
    *,
    by: Actor,
    now: datetime,
    key: str,
    test: int,
    verdict: str,
    evidence: str,
) -> StrategicAssessment:
    """A verdict on one strategic test, with its evidence; the latest counts."""
    if by.kind is not ActorKind.PERSON or not allows(by, Permission.USE_CASES_ASSESS):
        raise Refused(
            "Marketing owners, analysts, channel owners and privacy assess tests."
        )
    case = locked(key)
    version = _open(case)
    if by.id == version.author_id:
        raise Refused(
            "You wrote this version, so someone else must assess it.",
            code="assessment.author",
        )
    errors = {}
    if test not in ASSESSED_BLOCKS:
        errors["test"] = "Choose test 1, 2 or 3."
    if verdict not in VERDICTS:
        errors["verdict"] = "Choose pass or fail."
    if len(evidence.strip()) < MIN_REASON:
        errors["evidence"] = f"Give the evidence in at least {MIN_REASON} characters."
    if errors:
        raise Invalid(errors)
    assert by.id is not None
    given = StrategicAssessment.objects.create(
        version=version,
        test=test,
        verdict=verdict,
        evidence=evidence.strip(),
        content_hash=assessed_hash(UseCaseContent.from_dict(version.content), test),
        assessor_id=by.id,
        assessed_at=now,
    )
    audit.record(
        by=by,
        now=now,
        type="use_case.assessed",
        subject=subject_of(version),
        details={"version": version.number, "test": test, "verdict": verdict},
    )
    settle(case, version, now=now)
    return given


def _open(case: UseCase) -> UseCaseVersion:
    version = open_version(case) or latest(case)
    version.use_case = case
    return version


@transaction.atomic
def attest(
    *,
    by: Actor,
    now: datetime,
    key: str,
    kind: str = "assessments",
    text: str,
    number: int | None = None,
) -> Attestation:
    """Privacy's written word for the assessments that have no tool yet; 90 days.

    ``assessments`` stands for all of them; or one each for ``dpia``, ``lia`` and
    ``rollback_drill``.
    """
    if by.kind is not ActorKind.PERSON or not allows(by, Permission.USE_CASES_ATTEST):
        raise Refused("Only a privacy reviewer attests.")
    case = locked(key)
    version = case.versions.filter(number=number).first() if number else _open(case)
    if version is None:
        raise NotFound("There is no such version.")
    version.use_case = case
    if not version.config_hash:
        raise Refused(
            "There is nothing fixed to attest yet: it has not been submitted.",
            code="attestation.not_submitted",
        )
    writers = {version.author_id, *version.editors.values_list("user_id", flat=True)}
    if by.id in writers:
        raise Refused("You wrote in this version, so someone else must attest.")
    errors = {}
    if kind not in ATTESTATION_KINDS:
        errors["kind"] = f"Choose one of: {', '.join(ATTESTATION_KINDS)}."
    if len(text.strip()) < MIN_REASON:
        errors["text"] = f"Write your attestation in at least {MIN_REASON} characters."
    if errors:
        raise Invalid(errors)
    assert by.id is not None
    given = Attestation.objects.create(
        version=version,
        kind=kind,
        text=text.strip(),
        config_hash=version.config_hash,
        attested_by_id=by.id,
        attested_at=now,
        valid_until=now + ATTESTATION_LIFETIME,
    )
    audit.record(
        by=by,
        now=now,
        type="use_case.attested",
        subject=subject_of(version),
        details={"version": version.number, "kind": kind},
    )
    settle(case, version, now=now)
    return given
