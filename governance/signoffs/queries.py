from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.access.core import Permission, allows
from governance.assessments.core import Judged, Need
from governance.assessments.queries import judged
from governance.catalogue.core import Catalogue
from governance.catalogue.queries import catalogue, elements
from governance.fairness import queries as fairness
from governance.lints.core import Finding, blockers
from governance.people.models import User
from governance.rights.models import Complaint
from governance.signoffs.core import (
    APPROVING,
    Decision,
    in_force,
    missing_roles,
    required_roles,
    who_may_sign,
)
from governance.signoffs.models import Approval
from governance.signoffs.reviewing import (
    Badge,
    DataRow,
    MaySign,
    PeoplesControl,
    Safety,
    VerdictRow,
    data_rows,
    flow,
    n_checks,
    peoples_control,
    red_flags,
    safety,
    verdict_strip,
)
from governance.types import Actor, Answer, Reason, Refused, SignOffRole
from governance.usecases.core import (
    EXAMPLE_OFFER,
    AdmClass,
    ChangeClass,
    UseCaseContent,
)
from governance.usecases.models import Attestation, UseCaseVersion
from governance.usecases.queries import (
    DiffSinceSigned,
    attestations_of,
    diff_since_signed,
    last_drill,
    version,
    versions,
)
from governance.usecases.standing import (
    attested,
    envelope_of,
    open_conditions,
    signature,
    tier_of,
)

__all__ = [
    "Approval",
    "Badge",
    "DataRow",
    "MaySign",
    "PeoplesControl",
    "Precedent",
    "QueueRow",
    "Review",
    "Safety",
    "Signed",
    "VerdictRow",
    "approvals_of",
    "badges",
    "queue",
    "review",
    "signed_under",
    "signoffs",
]

Status = UseCaseVersion.Status
STATE_WORDS: Mapping[str, str] = {
    "signed": "Signed",
    "missing": "Not signed yet",
    "expired": "Run out",
    "revoked": "Taken back",
    "changes": "Changes asked for",
    "outdated": "Signed for other content",
}


def approvals_of(of: UseCaseVersion) -> list[Approval]:
    return list(of.approvals.select_related("approver").order_by("pk"))


@dataclass(frozen=True, slots=True)
class Signed:
    """Which role said yes to a configuration, and when."""

    role: str
    at: datetime


def signed_under(config_hash: str) -> list[Signed]:
    """The latest yes of each role to what stands under a hash; no names of people."""
    rows = Approval.objects.filter(
        config_hash=config_hash, decision__in=[d.value for d in APPROVING]
    ).order_by("decided_at")
    latest = {row.role: row.decided_at for row in rows} if config_hash else {}
    return [
        Signed(role.value, latest[role.value])
        for role in SignOffRole
        if role.value in latest
    ]


def signoffs(key: str = "") -> Any:
    """All answers, newest first; the caller slices."""
    rows = Approval.objects.select_related("version__use_case", "approver")
    if key:
        rows = rows.filter(version__use_case__key=key)
    return rows.order_by("-pk")


def badges(
    of: UseCaseVersion, now: datetime, elements: Catalogue | None = None
) -> tuple[Badge, ...]:
    """One badge for each sign-off that the risk tier asks for."""
    tier = tier_of(of, elements or catalogue())
    rows = approvals_of(of)
    valid = in_force([signature(row) for row in rows], now, of.config_hash)
    counted = {row.role: row.order for row in valid}
    return tuple(_badge(role, rows, counted.get(role)) for role in required_roles(tier))


def _badge(role: SignOffRole, rows: Sequence[Approval], pk: int | None) -> Badge:
    of_role = [row for row in rows if row.role == role]
    counted = [row for row in of_role if row.pk == pk]
    if not of_role:
        return Badge(role=role, state="missing", label=STATE_WORDS["missing"])
    row = (counted or of_role)[-1]
    state = "signed" if pk == row.pk else _lapsed(row)
    return Badge(
        role=role,
        state=state,
        label=STATE_WORDS[state],
        who=str(row.approver),
        at=row.decided_at,
        until=row.valid_until if state == "signed" else None,
        reason=row.reason,
        conditions=tuple(row.conditions),
        page_seconds=row.page_seconds,
    )


def _lapsed(row: Approval) -> str:
    decision = Decision(row.decision)
    if decision is Decision.REVOKE:
        return "revoked"
    if decision in APPROVING:
        is_other = row.config_hash != row.version.config_hash
        return "outdated" if is_other else "expired"
    return "changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One version that waits for signatures, or has lost them."""

    key: str
    name: str
    number: int
    tier: str
    why: str
    waiting_since: datetime | None
    missing: tuple[SignOffRole, ...]
    yours: tuple[SignOffRole, ...]
    author: str
    config_hash: str
    changes: tuple[str, ...]


def queue(actor: Actor, now: datetime) -> list[QueueRow]:
    """What waits for review: what the actor may sign first, then the oldest."""
    known = catalogue()
    waiting = UseCaseVersion.objects.filter(status=Status.IN_REVIEW)
    serving = UseCaseVersion.objects.filter(
        pk__in=UseCaseVersion.objects.filter(
            use_case__serving_version__isnull=False
        ).values("use_case__serving_version")
    )
    found = (waiting | serving).distinct().select_related("use_case", "author")
    rows = [_queued(of, actor, now, known) for of in found]
    return sorted(
        (row for row in rows if row is not None),
        key=lambda row: (not row.yours, row.waiting_since or now, row.key),
    )


def _queued(
    of: UseCaseVersion, actor: Actor, now: datetime, known: Catalogue
) -> QueueRow | None:
    rows = [signature(row) for row in of.approvals.all()]
    tier = tier_of(of, known)
    missing = missing_roles(tier, rows, now, of.config_hash)
    is_open = of.status == Status.IN_REVIEW
    if of.use_case.state == "retired" or not (missing or is_open):
        return None
    may = _may_sign(actor, of, now, known) if of.config_hash else ()
    since = diff_since_signed(of.use_case.key, of.number)
    material = [c for c in since.changes if c.change_class is ChangeClass.MATERIAL]
    return QueueRow(
        key=of.use_case.key,
        name=of.use_case.name,
        number=of.number,
        tier=str(tier),
        why=_why(of),
        waiting_since=of.submitted_at or of.saved_at,
        missing=missing,
        yours=tuple(m.role for m in may if m.answer and m.role in missing),
        author=str(of.author),
        config_hash=of.config_hash,
        changes=(
            *(change.label for change in material),
            *since.reference_changes,
        ),
    )


def _why(of: UseCaseVersion) -> str:
    if of.status == Status.DRAFT:
        return (
            "Applied without signatures: customers get the default until it is signed"
        )
    if of.status == Status.VOID:
        return of.void_reason or "The signatures were voided"
    if of.status == Status.SIGNED:
        return "A signature has run out or was taken back"
    return "First sign-off" if of.number == 1 else "A change to something signed"


def _may_sign(
    actor: Actor, of: UseCaseVersion, now: datetime, known: Catalogue
) -> tuple[MaySign, ...]:
    """For each required role, whether this person may sign it, and if not why."""
    tier = tier_of(of, known)
    rows = [signature(row) for row in of.approvals.all()]
    valid = in_force(rows, now, of.config_hash)
    editors = set(of.editors.values_list("user_id", flat=True))
    is_open = of.status in {Status.IN_REVIEW, Status.SIGNED}
    return tuple(
        MaySign(
            role=role,
            answer=who_may_sign(
                actor,
                role,
                author_id=of.author_id,
                editor_ids=editors,
                signatures=valid,
                tier=tier,
            )
            if is_open
            else NOT_ASKED,
        )
        for role in required_roles(tier)
    )


NOT_ASKED = Answer(
    (
        Reason(
            "signoff.not_in_review",
            "Nobody has asked for a review of this version.",
            "Its owners submit it first.",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Precedent:
    """An earlier version and what was decided about it."""

    number: int
    status: str
    decisions: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything the review page shows, in its order (``governance.md`` 9)."""

    key: str
    name: str
    version: UseCaseVersion
    what_happens: str
    example: Mapping[str, Any]
    example_sentence: str
    verdicts: tuple[VerdictRow, ...]
    diff: DiffSinceSigned
    material_changes: tuple[Any, ...]
    data: tuple[DataRow, ...]
    flow: tuple[tuple[str, str], ...]
    flags: tuple[Finding, ...]
    undetermined: tuple[str, ...]
    open_needs: tuple[Need, ...]
    n_checks: int
    conditions: tuple[tuple[int, int, str], ...]
    control: PeoplesControl
    fairness: str
    unfair: Reason | None
    last_drill: str
    safety: Safety
    precedents: tuple[Precedent, ...]
    n_complaints: int
    badges: tuple[Badge, ...]
    may_sign: tuple[MaySign, ...]
    blocked_by: str
    shown_hash: str
    is_intact: bool

    @property
    def hash_prefix(self) -> str:
        return self.shown_hash[:8]


def review(
    actor: Actor,
    key: str,
    now: datetime,
    *,
    number: int | None = None,
    example: Mapping[str, Any] | None = None,
    audience_size: int | None = None,
    offer: str = EXAMPLE_OFFER,
) -> Review:
    """The page for deciding; example and offer are real ones, given by the caller."""
    if not allows(actor, Permission.SIGNOFFS_READ):
        raise Refused("Reviews are for staff who take part in them.")
    of = version(key, number)
    content = UseCaseContent.from_dict(of.content)
    known = catalogue()
    found = judged(of, elements=known, audience_size=audience_size)
    words = attestations_of(of)
    since = diff_since_signed(key, of.number)
    used = {use.element for use in content.data_uses}
    where = [row.collected_where for row in elements() if row.key in used]
    flags = red_flags(content, known, audience_size)
    control = peoples_control(content, known, audience_size, offer)
    fixed = envelope_of(of).config_hash
    return Review(
        key=key,
        name=of.use_case.name,
        version=of,
        what_happens=_what_happens(content),
        example=dict(example or {}),
        example_sentence=control.sentence,
        verdicts=verdict_strip(content, found, known),
        diff=since,
        material_changes=tuple(
            c for c in since.changes if c.change_class is ChangeClass.MATERIAL
        ),
        data=data_rows(content, known),
        flow=flow(content, known, where),
        flags=flags,
        undetermined=_undetermined(found),
        open_needs=tuple(need for need in found.needs if need.is_open),
        n_checks=n_checks(content, known),
        conditions=tuple(
            (row.pk, place, text)
            for row, place, text in open_conditions(of.approvals.all(), words)
        ),
        control=control,
        fairness=fairness.in_words(of),
        unfair=fairness.objection_to(fairness.audits_of(of), of.config_hash),
        last_drill=_drill(of, words),
        safety=safety(content, _name_of(content.owners.stop_person)),
        precedents=_precedents(key, of.number),
        n_complaints=Complaint.objects.filter(use_case_key=key).count(),
        badges=badges(of, now, known),
        may_sign=_may_sign(actor, of, now, known),
        blocked_by=_blocked(flags, of, fixed),
        shown_hash=of.config_hash,
        is_intact=fixed == of.config_hash,
    )


def _what_happens(content: UseCaseContent) -> str:
    reach = content.reach
    who = content.customer.who or "Customers"
    where = ", ".join(reach.placements) or "no placement yet"
    n = len(reach.offers)
    offers = f"one of {n} offers" if n > 1 else "one offer"
    limit = (
        f", at most {reach.max_contacts} times in {reach.window_days} days"
        if reach.max_contacts is not None
        else ""
    )
    task = content.customer.task.rstrip(".")
    aim = f", so that they can: {task[:1].lower()}{task[1:]}" if task else ""
    return f"{who} see {offers} at {where}{limit}{aim}."


def _undetermined(found: Judged) -> tuple[str, ...]:
    """The triggers that nobody has ruled on."""
    if found.adm is not AdmClass.UNDETERMINED:
        return ()
    return found.classification.adm_reasons


def _drill(of: UseCaseVersion, words: Iterable[Attestation]) -> str:
    """The latest drill where one was run; else the word that stands in for it."""
    drill = last_drill(of)
    if drill is not None:
        how = "passed" if drill.is_passed else "failed"
        of_this = "" if drill.config_hash == of.config_hash else ", on other settings"
        return (
            f"Rollback drill: {how} on {drill.drilled_at:%-d %B %Y}{of_this}: "
            f"{drill.n} customers, {drill.seconds:.1f} s to the default."
        )
    given = attested(words, ())
    if given is None or given.config_hash != of.config_hash:
        return "Rollback drill: not run, and privacy has not attested it."
    return (
        "Rollback drill: not run; attested in writing by privacy until "
        f"{given.valid_until:%-d %B %Y}."
    )


def _name_of(user_id: int | None) -> str:
    found = User.objects.filter(pk=user_id).first() if user_id else None
    return str(found) if found else "nobody named"


def _precedents(key: str, number: int) -> tuple[Precedent, ...]:
    return tuple(
        Precedent(
            of.number,
            of.get_status_display(),
            tuple(
                f"{SignOffRole(row.role).label}: {row.get_decision_display()} "
                f"({row.approver})"
                for row in approvals_of(of)
            ),
            of.void_reason,
        )
        for of in versions(key)
        if of.number < number
    )


def _blocked(flags: Sequence[Finding], of: UseCaseVersion, fixed: str) -> str:
    found = blockers(flags)
    if found:
        return f"{found[0].text} {found[0].mend}".strip()
    if of.config_hash and fixed != of.config_hash:
        return "What is stored is not what was submitted. It has to be submitted again."
    return ""
