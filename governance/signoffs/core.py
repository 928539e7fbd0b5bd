"""Who has to sign what, who may not, what is in force, and whether it may serve."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from governance.types import (
    SERVING_STATES,
    Actor,
    ActorKind,
    Answer,
    Reason,
    RiskTier,
    SignOffRole,
    State,
)

MIN_REASON = 20
REAUTH_WITHIN = timedelta(minutes=10)
ATTESTATION_LIFETIME = timedelta(days=90)
CONDITION_TERM = timedelta(days=14)
WARN_BEFORE = (timedelta(days=30), timedelta(days=14), timedelta(days=3))
VALID_FOR: Mapping[RiskTier, timedelta] = {
    RiskTier.T0: timedelta(days=365),
    RiskTier.T1: timedelta(days=365),
    RiskTier.T2: timedelta(days=180),
    RiskTier.T3: timedelta(days=90),
}
CUMULATIVE: tuple[tuple[RiskTier, tuple[SignOffRole, ...]], ...] = (
    (RiskTier.T0, (SignOffRole.CHANNEL, SignOffRole.PRIVACY)),
    (RiskTier.T1, (SignOffRole.MARKETING,)),
    (RiskTier.T2, (SignOffRole.DATA,)),
    (RiskTier.T3, (SignOffRole.EXECUTIVE,)),
)


class Decision(StrEnum):
    """What a reviewer answered."""

    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    REVOKE = "revoke"


APPROVING = frozenset({Decision.APPROVE, Decision.APPROVE_WITH_CONDITIONS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One row of the review: a signature, a refusal or a revocation."""

    role: SignOffRole
    approver_id: int
    decision: Decision
    config_hash: str
    decided_at: datetime
    valid_until: datetime
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """The privacy reviewer's written word, which runs out."""

    config_hash: str
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that decides whether a version may serve at this instant.

    ``approved_hash`` is what was signed, ``live_hash`` the hash of what is
    configured now, computed afresh and never read from a column. ``open_conditions``
    counts those that have to be met before anything is served; one set when a running
    version is signed again has until ``conditions_due_at``. ``fairness`` is what the
    audits of this configuration say against it.
    ``assessed`` says whether its assessments were written for exactly this.
    """

    state: State
    tier: RiskTier
    approved_hash: str
    live_hash: str
    approvals: tuple[Approval, ...] = ()
    attestation: Attestation | None = None
    assessed: Answer = field(default_factory=Answer)
    expires_at: datetime | None = None
    overlay_within: bool = True
    open_conditions: int = 0
    conditions_due_at: datetime | None = None
    fairness: Reason | None = None


def required_roles(tier: RiskTier) -> tuple[SignOffRole, ...]:
    """Roles that have to sign at a risk tier.

    Parameters
    ----------
    tier
        Computed tier.

    Returns
    -------
    tuple of SignOffRole
        In the order of the review page.

    References
    ----------
    ``governance.md`` 2.8.
    """
    roles = {role for level, added in CUMULATIVE if level <= tier for role in added}
    return tuple(role for role in SignOffRole if role in roles)


def in_force(
    approvals: Iterable[Approval], now: datetime, config_hash: str
) -> tuple[Approval, ...]:
    """Approvals that count: approving, of this hash, valid now, not revoked.

    Parameters
    ----------
    approvals
        All rows of the version; ``order`` tells which came first at equal times.
    now
        Moment of judgement.
    config_hash
        What has to have been signed.

    Returns
    -------
    tuple of Approval
        At most one a role, the latest, in the order of the roles.
    """
    rows = sorted(approvals, key=lambda row: (row.decided_at, row.order))
    by_role: dict[SignOffRole, Approval] = {}
    for row in rows:
        if row.decision is Decision.REVOKE:
            by_role.pop(row.role, None)
        elif row.decision in APPROVING:
            by_role[row.role] = row
    return tuple(
        by_role[role]
        for role in SignOffRole
        if role in by_role and _counts(by_role[role], now, config_hash)
    )


def _counts(row: Approval, now: datetime, config_hash: str) -> bool:
    in_time = row.decided_at <= now < row.valid_until
    return bool(config_hash) and row.config_hash == config_hash and in_time


def missing_roles(
    tier: RiskTier, approvals: Iterable[Approval], now: datetime, config_hash: str
) -> tuple[SignOffRole, ...]:
    """Roles that still have to sign this hash.

    Parameters
    ----------
    tier, approvals, now, config_hash
        As for ``required_roles`` and ``in_force``.

    Returns
    -------
    tuple of SignOffRole
        A person who signed in two roles counts in the first only.
    """
    signed: dict[int, SignOffRole] = {}
    for row in in_force(approvals, now, config_hash):
        signed.setdefault(row.approver_id, row.role)
    return tuple(role for role in required_roles(tier) if role not in signed.values())


def who_may_sign(
    actor: Actor,
    role: SignOffRole,
    *,
    author_id: int,
    editor_ids: Collection[int],
    signatures: Iterable[Approval] = (),
    tier: RiskTier | None = None,
) -> Answer:
    """Whether a person may sign a version in a role.

    Parameters
    ----------
    actor
        Who wants to sign.
    role
        In which capacity.
    author_id, editor_ids
        Who wrote the version, and who changed any part of it.
    signatures
        Approvals of this version that are in force.
    tier
        When given, a role that the tier does not ask for is refused.

    Returns
    -------
    Answer
        Every reason that stands against it, in plain words.
    """
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        return Answer.no("signoff.not_a_person", "Only people sign.")
    reasons = [
        *_role_reasons(actor, role, tier),
        *_own_work(actor.id, author_id, editor_ids),
        *_taken(actor.id, role, signatures),
    ]
    return Answer(tuple(reasons))


def _role_reasons(
    actor: Actor, role: SignOffRole, tier: RiskTier | None
) -> Iterable[Reason]:
    if not actor.has(role.staff_role):
        needed = role.staff_role.label.lower()
        yield Reason(
            "signoff.wrong_role",
            f"{role.label} sign-off is given by a {needed}; you are not one.",
            f"Ask a {needed} to sign.",
        )
    if tier is not None and role not in required_roles(tier):
        yield Reason(
            "signoff.not_required",
            f"A use case of tier {tier} needs no {role.label.lower()} sign-off.",
        )


def _own_work(
    actor_id: int, author_id: int, editor_ids: Collection[int]
) -> Iterable[Reason]:
    if actor_id == author_id:
        yield Reason(
            "signoff.author",
            "You wrote this version, so someone else must sign it.",
        )
    elif actor_id in editor_ids:
        yield Reason(
            "signoff.editor",
            "You edited this version, so someone else must sign it.",
        )


def _taken(
    actor_id: int, role: SignOffRole, signatures: Iterable[Approval]
) -> Iterable[Reason]:
    for row in signatures:
        if row.role is role:
            yield Reason(
                "signoff.role_taken",
                f"The {role.label.lower()} sign-off is already given.",
            )
        elif row.approver_id == actor_id:
            yield Reason(
                "signoff.signed_already",
                f"You already signed this version for {row.role.label.lower()}; "
                "one person signs once.",
                "Ask a colleague to sign here.",
            )


def reason_problem(role: SignOffRole, decision: Decision, reason: str) -> str:
    """Name what is wrong with the reason for an answer, if anything.

    Parameters
    ----------
    role, decision
        What is being answered, and how.
    reason
        The text as typed.

    Returns
    -------
    str
        Empty when it will do.
    """
    must_explain = role in {SignOffRole.PRIVACY, SignOffRole.EXECUTIVE}
    if decision is Decision.APPROVE and not must_explain:
        return ""
    if len(reason.strip()) >= MIN_REASON:
        return ""
    return f"Give the reason in at least {MIN_REASON} characters."


def valid_until(tier: RiskTier, decided_at: datetime) -> datetime:
    """When a signature runs out.

    Parameters
    ----------
    tier
        Computed tier of the version.
    decided_at
        When it was given.

    Returns
    -------
    datetime
        90 days on for T3, 180 for T2, 365 below.
    """
    return decided_at + VALID_FOR[tier]


STATE_REASONS: Mapping[State, Reason] = {
    State.PAUSED: Reason("governance.paused", "The use case is paused."),
    State.ROLLED_BACK: Reason(
        "governance.rolled_back", "The use case was rolled back."
    ),
    State.RETIRED: Reason("governance.retired", "The use case is retired."),
}


def may_serve(standing: Standing, now: datetime) -> Answer:
    """Whether a version may be served at this instant.

    Parameters
    ----------
    standing
        Computed afresh for this decision; no state column is trusted alone.
    now
        Moment of the decision.

    Returns
    -------
    Answer
        True, or the first refusal; where it is false the default is served.

    References
    ----------
    ``governance.md`` 0.1 and 3.
    """
    if standing.state not in SERVING_STATES:
        not_yet = Reason(
            "governance.not_started", f"The use case is at {standing.state.label}."
        )
        return Answer((STATE_REASONS.get(standing.state, not_yet),))
    return may_be_signed_for(standing, now)


def may_be_signed_for(standing: Standing, now: datetime) -> Answer:
    """Everything ``may_serve`` asks besides the state, for starting and resuming.

    Parameters
    ----------
    standing, now
        As for ``may_serve``.

    Returns
    -------
    Answer
        True, or the first refusal.
    """
    checks = (
        _hash_reason,
        _expiry_reason,
        _signature_reason,
        _assessment_reason,
        _attestation_reason,
        _fairness_reason,
    )
    found = (check(standing, now) for check in checks)
    first = next((reason for reason in found if reason is not None), None)
    return Answer((first,) if first else ())


def _hash_reason(standing: Standing, _now: datetime) -> Reason | None:
    if not standing.approved_hash:
        return Reason("governance.not_signed", "Nothing has been signed yet.")
    if standing.live_hash != standing.approved_hash:
        return Reason(
            "governance.config_changed",
            "What is configured is not what was signed.",
            "Have it signed again, or put back what was signed.",
        )
    if not standing.overlay_within:
        return Reason(
            "governance.outside_envelope",
            "A setting goes beyond the bounds that were signed.",
            "Bring it back within them, or have wider bounds signed.",
        )
    return None


def _expiry_reason(standing: Standing, now: datetime) -> Reason | None:
    if standing.expires_at is not None and now >= standing.expires_at:
        return Reason(
            "governance.expired", "The approval has run out.", "Have it signed again."
        )
    return None


def _signature_reason(standing: Standing, now: datetime) -> Reason | None:
    missing = missing_roles(
        standing.tier, standing.approvals, now, standing.approved_hash
    )
    if missing:
        names = ", ".join(role.label.lower() for role in missing)
        return Reason(
            "governance.not_signed", f"Not signed for: {names}.", "Ask them to sign."
        )
    if standing.open_conditions:
        return Reason(
            "governance.condition_open",
            f"{standing.open_conditions} condition(s) of a signature are still open.",
        )
    due = standing.conditions_due_at
    if due is not None and now >= due:
        return Reason(
            "governance.condition_overdue",
            f"A condition of a signature was due on {due:%-d %B %Y} and is not met.",
            "Meet it, and have the one who set it declare that.",
        )
    return None


def _assessment_reason(standing: Standing, _now: datetime) -> Reason | None:
    return standing.assessed.reasons[0] if standing.assessed.reasons else None


def _attestation_reason(standing: Standing, now: datetime) -> Reason | None:
    attestation = standing.attestation
    if attestation is None:
        return Reason(
            "governance.attestation_missing",
            "The privacy reviewer's written attestation is missing.",
            "Ask privacy to attest.",
        )
    if attestation.config_hash != standing.approved_hash:
        return Reason(
            "governance.attestation_outdated",
            "The privacy attestation was written for another configuration.",
            "Ask privacy to attest again.",
        )
    if now >= attestation.valid_until:
        return Reason(
            "governance.attestation_expired",
            "The privacy attestation has run out.",
            "Ask privacy to attest again; it holds for 90 days.",
        )
    return None


def _fairness_reason(standing: Standing, _now: datetime) -> Reason | None:
    return standing.fairness
