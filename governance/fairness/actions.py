"""Audits go on record, and what people do about a breach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from governance.access.core import Permission, allows
from governance.audit import actions as audit_log
from governance.fairness.core import Audit, FairnessVerdict
from governance.fairness.core.answering import (
    JUSTIFIED_BY,
    Occasion,
    Option,
    due,
)
from governance.fairness.models import FairnessAnswer, FairnessAudit
from governance.incidents.core import Cause
from governance.signoffs.core import MIN_REASON
from governance.types import (
    SERVING_STATES,
    Actor,
    ActorKind,
    Invalid,
    NotFound,
    Refused,
    Role,
    State,
    SubjectRef,
)
from governance.usecases import actions as use_cases
from governance.usecases.models import UseCase, UseCaseVersion
from governance.usecases.queries import owner_ids

SYSTEM = Actor.system("fairness")
PAUSED_AT_ONCE = "T3"


@transaction.atomic
def record_audit(
    *,
    by: Actor,
    now: datetime,
    version: UseCaseVersion,
    occasion: Occasion,
    method: str,
    result: Audit,
    starts_at: datetime | None = None,
    proxies: Sequence[Mapping[str, Any]] = (),
    bubble: Mapping[str, Any] | None = None,
    caution: str = "",
) -> FairnessAudit:
    """Keep the result for good; a breach at the highest risk pauses at once."""
    case = version.use_case
    is_breach = result.verdict is FairnessVerdict.BREACH
    row = FairnessAudit.objects.create(
        use_case=case,
        version_number=version.number,
        config_hash=version.config_hash,
        occasion=occasion,
        method=method,
        verdict=result.verdict,
        n_customers=result.n,
        starts_at=starts_at,
        ends_at=now,
        findings=[finding.as_dict() for finding in result.findings],
        proxies=list(proxies),
        bubble=dict(bubble or {}),
        limits=result.limits.as_dict(),
        limits_digest=result.limits.digest,
        caution=caution,
        due_at=due(now) if is_breach else None,
        audited_by_label=by.label or by.username,
        audited_at=now,
    )
    if is_breach and version.risk_tier == PAUSED_AT_ONCE:
        cause = Cause("fairness.breach", first_harm_at=now)
        _pause(case, now, "A fairness breach where the risk is highest.", cause)
    audit_log.record(
        by=by,
        now=now,
        type="fairness.audited",
        subject=SubjectRef("use_case", case.key),
        details={
            "audit": row.pk,
            "occasion": occasion.value,
            "verdict": result.verdict.value,
            "limits": result.limits.digest[:12],
        },
    )
    return row


def _pause(case: UseCase, now: datetime, reason: str, cause: Cause) -> bool:
    if State(case.state) not in SERVING_STATES:
        return False
    use_cases.pause(by=SYSTEM, now=now, key=case.key, reason=reason, cause=cause)
    return True


@transaction.atomic
def hold(*, now: datetime, audit: FairnessAudit) -> bool:
    """Pause a use case whose breach nobody answered in five working days."""
    case = UseCase.objects.get(pk=audit.use_case_id)
    reason = "Nobody said within five working days what is done about a breach."
    cause = Cause("fairness.unanswered", first_harm_at=audit.audited_at)
    return _pause(case, now, reason, cause)


@transaction.atomic
def answer(
    *,
    by: Actor,
    now: datetime,
    key: str,
    audit_id: int,
    option: str,
    reason: str,
) -> FairnessAnswer:
    """Record what will be done about a breach, or sign that it is left.

    Raises
    ------
    Refused
        Where the actor may not, or there is no breach to answer.
    """
    row = FairnessAudit.objects.filter(pk=audit_id, use_case__key=key).first()
    if row is None:
        raise NotFound("There is no such audit.")
    problems = _problems(option, reason)
    if problems:
        raise Invalid(problems)
    if row.verdict != FairnessVerdict.BREACH:
        raise Refused("There is no breach to answer.", code="fairness.no_breach")
    role = _role_for(by, row.use_case, Option(option), row)
    made = _created(row, Option(option), reason.strip(), role, by, now)
    audit_log.record(
        by=by,
        now=now,
        type="fairness.answered",
        subject=SubjectRef("use_case", key),
        details={"audit": row.pk, "option": option, "role": role},
    )
    return made


def _problems(option: str, reason: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if option not in set(Option):
        found["option"] = "Choose what will be done."
    if len(reason.strip()) < MIN_REASON:
        found["reason"] = f"Give the reason in at least {MIN_REASON} characters."
    return found


def _role_for(by: Actor, case: UseCase, option: Option, row: FairnessAudit) -> str:
    if by.kind is not ActorKind.PERSON or by.id is None:
        raise Refused("Only people answer for a breach.")
    if option is not Option.JUSTIFY:
        if not allows(by, Permission.USE_CASES_STOP, owner_ids(case)):
            raise Refused("Its owners, or those who may stop it, answer for a breach.")
        return ""
    taken = set(row.answers.filter(option=option).values_list("role", flat=True))
    roles = [r for r in Role if r.value in JUSTIFIED_BY - taken and by.has(r)]
    if not roles:
        raise Refused(
            "A justification is signed by a privacy reviewer and an executive, once "
            "each.",
            code="fairness.wrong_role",
        )
    return roles[0].value


def _created(
    row: FairnessAudit,
    option: Option,
    reason: str,
    role: str,
    by: Actor,
    now: datetime,
) -> FairnessAnswer:
    assert by.id is not None
    try:
        with transaction.atomic():
            return FairnessAnswer.objects.create(
                audit=row,
                option=option,
                reason=reason,
                role=role,
                answered_by_id=by.id,
                answered_at=now,
            )
    except IntegrityError as error:
        raise Refused(
            "You have signed this justification already; a second person signs too.",
            code="fairness.signed_already",
        ) from error
