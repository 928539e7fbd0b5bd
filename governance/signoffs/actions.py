from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction

from governance.audit import actions as audit
from governance.catalogue.queries import catalogue
from governance.lints.core import blockers
from governance.people.models import User
from governance.signoffs import hooks
from governance.signoffs.core import (
    APPROVING,
    CONDITION_TERM,
    REAUTH_WITHIN,
    Decision,
    in_force,
    reason_problem,
    valid_until,
    who_may_sign,
)
from governance.signoffs.models import Approval
from governance.signoffs.reviewing import red_flags
from governance.types import (
    Actor,
    ActorKind,
    Conflict,
    Invalid,
    NotFound,
    Reason,
    Refused,
    RiskTier,
    SignOffRole,
    State,
)
from governance.usecases.core import UseCaseContent
from governance.usecases.drafting import Status, locked, move, subject_of
from governance.usecases.models import Attestation, UseCase, UseCaseVersion
from governance.usecases.moving import reopen
from governance.usecases.settling import settle
from governance.usecases.standing import CONDITION, envelope_of, signature, tier_of

__all__ = ["close_condition", "revoke", "sign"]

AUDIT_TYPES: Mapping[Decision, str] = {
    Decision.APPROVE: "signoff.given",
    Decision.APPROVE_WITH_CONDITIONS: "signoff.given_with_conditions",
    Decision.REQUEST_CHANGES: "signoff.changes_requested",
    Decision.REJECT: "signoff.refused",
    Decision.REVOKE: "signoff.revoked",
}
TRIGGER_REFUSALS: Mapping[str, str] = {
    "signoff.hash_differs": "The version changed since this page was opened. Reload.",
    "signoff.not_in_review": "Nobody asked for a review of this version.",
    "signoff.own_work": "You wrote in this version, so someone else must sign it.",
    "signoff.wrong_role": "You do not hold the role that gives this sign-off.",
    "signoff.taken": "This sign-off is already given, or you gave another one here.",
}


@transaction.atomic
def sign(
    *,
    by: Actor,
    now: datetime,
    key: str,
    number: int,
    role: SignOffRole | str,
    decision: Decision | str,
    shown_hash: str,
    reason: str = "",
    conditions: Sequence[str] = (),
    conditions_owner: int | None = None,
    conditions_due: date | None = None,
    page_seconds: int | None = None,
    reauth_at: datetime | None = None,
    audience_size: int | None = None,
) -> Approval:
    """Answer a review; an approval binds to the hash that the page showed.

    With the last required signature the version is signed, and starts to serve.
    Asking for changes, or refusing, opens the next draft.

    Raises
    ------
    Conflict
        Where the version is no longer the one that was shown.
    """
    case, version = _version(key, number)
    given, capacity = _decision(decision), _role(role)
    _must_be_fresh(reauth_at, now)
    if not version.config_hash or version.config_hash != shown_hash:
        raise Conflict(
            "This version is not the one that was shown to you. Reload the page and "
            "read what changed.",
            code="signoff.hash_differs",
        )
    if envelope_of(version).config_hash != version.config_hash:
        raise Refused(
            "What is stored is not what was submitted. Ask for it to be submitted "
            "again.",
            code="governance.config_changed",
        )
    tier = tier_of(version, catalogue())
    _must_be_in_order(given, capacity, reason, conditions)
    terms = _terms(case, version, conditions, conditions_owner, conditions_due, now)
    if given in APPROVING:
        _must_be_allowed(by, version, capacity, tier, now)
        _must_be_harmless(version, audience_size)
    else:
        _must_hold(by, capacity)
        if version.status != Status.IN_REVIEW:
            raise Refused(TRIGGER_REFUSALS["signoff.not_in_review"])
    assert by.id is not None
    row = _insert(
        Approval(
            version=version,
            role=capacity,
            approver_id=by.id,
            decision=given,
            config_hash=version.config_hash,
            reason=reason.strip(),
            **terms,
            page_seconds=page_seconds,
            reauth_at=reauth_at,
            decided_at=now,
            valid_until=valid_until(tier, now),
        )
    )
    _record(by, now, version, row)
    if given in APPROVING:
        settle(case, version, now=now)
    else:
        _send_back(case, row, by=by, now=now)
        hooks.sent_back(row, by=by, now=now)
    return row


def _version(key: str, number: int) -> tuple[UseCase, UseCaseVersion]:
    case = locked(key)
    version = case.versions.select_for_update().filter(number=number).first()
    if version is None:
        raise NotFound("There is no such version.")
    version.use_case = case
    return case, version


def _decision(given: Decision | str) -> Decision:
    answers = [d for d in Decision if d is not Decision.REVOKE]
    if given not in answers:
        told = ", ".join(answers)
        raise Invalid({"decision": f"Choose one of: {told}."})
    return Decision(given)


def _role(given: SignOffRole | str) -> SignOffRole:
    if given not in set(SignOffRole):
        raise Invalid({"role": f"Choose one of: {', '.join(SignOffRole)}."})
    return SignOffRole(given)


def _must_be_fresh(reauth_at: datetime | None, now: datetime) -> None:
    """Where second factors are required, the person proved who they are just now."""
    if not settings.REQUIRE_MFA:
        return
    if reauth_at is None or not now - REAUTH_WITHIN <= reauth_at <= now:
        raise Refused(
            "Confirm who you are with your password or second factor first; that "
            "holds for 10 minutes.",
            code="signoff.reauth",
        )


def _must_be_in_order(
    given: Decision, role: SignOffRole, reason: str, conditions: Sequence[str]
) -> None:
    errors = {}
    if problem := reason_problem(role, given, reason):
        errors["reason"] = problem
    named = [text for text in conditions if text.strip()]
    if given is Decision.APPROVE_WITH_CONDITIONS and not named:
        errors["conditions"] = "Name at least one condition, or approve without."
    if named and given is not Decision.APPROVE_WITH_CONDITIONS:
        errors["conditions"] = "Choose “approve with conditions” to set conditions."
    if errors:
        raise Invalid(errors)


def _terms(
    case: UseCase,
    version: UseCaseVersion,
    conditions: Sequence[str],
    owner_id: int | None,
    due: date | None,
    now: datetime,
) -> dict[str, Any]:
    """What has to be met, by whom and until when; a fortnight unless said otherwise."""
    named = [text.strip() for text in conditions if text.strip()]
    if not named:
        return {"conditions": []}
    errors = {}
    owner = owner_id or case.marketing_owner_id or version.author_id
    if not User.objects.filter(pk=owner, is_active=True).exists():
        errors["conditions_owner"] = "Choose somebody who works here."
    until = now + CONDITION_TERM
    if due is not None:
        until = datetime.combine(due + timedelta(days=1), time.min, tzinfo=now.tzinfo)
        if until <= now:
            errors["conditions_due"] = "Choose a day that is still to come."
    if errors:
        raise Invalid(errors)
    return {
        "conditions": named,
        "conditions_owner_id": owner,
        "conditions_due_at": until,
    }


def _must_be_allowed(
    by: Actor,
    version: UseCaseVersion,
    role: SignOffRole,
    tier: RiskTier,
    now: datetime,
) -> None:
    rows = [signature(row) for row in version.approvals.all()]
    answer = who_may_sign(
        by,
        role,
        author_id=version.author_id,
        editor_ids=set(version.editors.values_list("user_id", flat=True)),
        signatures=in_force(rows, now, version.config_hash),
        tier=tier,
    )
    if not answer:
        raise Refused.because(*answer.reasons)


def _must_be_harmless(version: UseCaseVersion, audience_size: int | None) -> None:
    """Nobody approves what a check blocks; it can still be sent back or refused."""
    content = UseCaseContent.from_dict(version.content)
    found = blockers(red_flags(content, catalogue(), audience_size))
    if found:
        raise Refused.because(
            *(Reason(f"guard.{one.code}", one.text, one.mend) for one in found)
        )


def _must_hold(by: Actor, role: SignOffRole) -> None:
    if by.kind is not ActorKind.PERSON or not by.has(role.staff_role):
        needed = role.staff_role.label.lower()
        raise Refused.because(
            Reason(
                "signoff.wrong_role",
                f"This answer is given by a {needed}; you are not one.",
            )
        )


def _insert(row: Approval) -> Approval:
    """The database judges for itself; its refusals are told in plain words."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except DatabaseError as error:
        for code, text in TRIGGER_REFUSALS.items():
            if code in str(error):
                raise Refused(text, code=code) from error
        raise
    return row


def _record(by: Actor, now: datetime, version: UseCaseVersion, row: Approval) -> None:
    audit.record(
        by=by,
        now=now,
        type=AUDIT_TYPES[Decision(row.decision)],
        subject=subject_of(version),
        details={
            "version": version.number,
            "role": str(row.role),
            "reason": row.reason,
            "page_seconds": row.page_seconds,
        },
    )


def _send_back(case: UseCase, row: Approval, *, by: Actor, now: datetime) -> None:
    reopen(case, f"{row.get_decision_display()}: {row.reason}", now=now)
    if case.state == State.GOVERNANCE:
        move(case, State.DEFINE, "request_changes", by=by, now=now, reason=row.reason)


@transaction.atomic
def revoke(
    *,
    by: Actor,
    now: datetime,
    key: str,
    number: int,
    role: SignOffRole | str,
    reason: str,
) -> Approval:
    """Take a signature back; from the next decision the default is served."""
    _, version = _version(key, number)
    capacity = _role(role)
    _must_hold(by, capacity)
    if problem := reason_problem(capacity, Decision.REVOKE, reason):
        raise Invalid({"reason": problem})
    rows = [signature(row) for row in version.approvals.all()]
    standing = in_force(rows, now, version.config_hash)
    if capacity not in {row.role for row in standing}:
        raise Refused("There is no signature in this role to take back.")
    assert by.id is not None
    row = _insert(
        Approval(
            version=version,
            role=capacity,
            approver_id=by.id,
            decision=Decision.REVOKE,
            config_hash=version.config_hash,
            reason=reason.strip(),
            decided_at=now,
            valid_until=now,
        )
    )
    _record(by, now, version, row)
    hooks.sent_back(row, by=by, now=now)
    return row


@transaction.atomic
def close_condition(
    *,
    by: Actor,
    now: datetime,
    key: str,
    approval_id: int,
    place: int,
    text: str,
) -> Attestation:
    """Whoever signs in the role that set a condition declares that it is met."""
    case = locked(key)
    row = Approval.objects.filter(pk=approval_id, version__use_case=case).first()
    if row is None or not 0 <= place < len(row.conditions):
        raise NotFound("There is no such condition.")
    version = row.version
    version.use_case = case
    _must_hold(by, SignOffRole(row.role))
    if not text.strip():
        raise Invalid({"text": "Say how the condition was met."})
    assert by.id is not None
    met = Attestation.objects.create(
        version=version,
        kind=f"{CONDITION}{row.pk}:{place}",
        text=text.strip(),
        config_hash=version.config_hash,
        attested_by_id=by.id,
        attested_at=now,
        valid_until=row.valid_until,
    )
    audit.record(
        by=by,
        now=now,
        type="signoff.condition_met",
        subject=subject_of(version),
        details={"version": version.number, "condition": row.conditions[place]},
    )
    settle(case, version, now=now)
    return met
