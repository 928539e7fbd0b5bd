from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from governance.access.core import Permission, allows
from governance.assessments.queries import judged, undescribed_parts
from governance.catalogue.core import Catalogue
from governance.catalogue.queries import catalogue
from governance.fairness.queries import audits_of
from governance.people.models import RoleAssignment
from governance.signoffs.core import APPROVING, Decision
from governance.signoffs.models import Approval
from governance.types import Actor, NotFound, Role, State
from governance.usecases.core import (
    Allowed,
    Change,
    Guarded,
    LearnStep,
    Missing,
    SampleRatio,
    Situation,
    TestResult,
    UseCaseContent,
    allowed_actions,
    classify,
    diff,
    material,
    missing_answers,
    step_of,
    three_tests,
)
from governance.usecases.core.classify import Classification
from governance.usecases.core.envelope import flatten
from governance.usecases.models import (
    Attestation,
    RollbackDrill,
    StateChange,
    StrategicAssessment,
    UseCase,
    UseCaseVersion,
    VersionEditor,
)
from governance.usecases.serving import ServingCase, serving_cases
from governance.usecases.standing import (
    assessed,
    envelope_of,
    pinned,
    signed_answer,
    standing_of,
)

__all__ = [
    "Card",
    "Detail",
    "DiffSinceSigned",
    "MeasuredFacts",
    "ServingCase",
    "UseCase",
    "UseCaseVersion",
    "allowed",
    "assessments_of",
    "attestations_of",
    "board",
    "detail",
    "diff_since_signed",
    "etag",
    "open_version",
    "owner_ids",
    "served_by",
    "serving_cases",
    "situation",
    "story",
    "use_case",
    "version",
    "versions",
]

OPEN = (UseCaseVersion.Status.DRAFT, UseCaseVersion.Status.IN_REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFacts:
    """What only the upper floors know: read-outs, audiences, the live configuration.

    ``fallback_present`` None leaves it at what the intake declares.
    """

    fallback_present: bool | None = None
    referenced_missing: tuple[str, ...] = ()
    sample_reached: bool = False
    sample_ratio: SampleRatio | None = None
    guarded: tuple[Guarded, ...] = ()
    verdict: str = ""
    has_interval: bool = False
    uplift_decided: bool = False
    audience_size: int | None = None


def use_case(key: str) -> UseCase:
    found = (
        UseCase.objects.filter(key=key)
        .select_related(
            "serving_version", "created_by", "marketing_owner", "channel_owner"
        )
        .first()
    )
    if found is None:
        raise NotFound("There is no such use case.")
    return found


def open_version(case: UseCase) -> UseCaseVersion | None:
    """The draft or the version in review, if there is one."""
    return case.versions.filter(status__in=OPEN).order_by("-number").first()


def version(key: str, number: int | None = None) -> UseCaseVersion:
    """One version; without a number the open one, else the serving, else the last."""
    case = use_case(key)
    found: UseCaseVersion | None
    if number is not None:
        found = case.versions.filter(number=number).first()
    else:
        found = open_version(case) or case.serving_version
        found = found or case.versions.order_by("-number").first()
    if found is None:
        raise NotFound("There is no such version.")
    found.use_case = case
    return found


def versions(key: str) -> list[UseCaseVersion]:
    return list(use_case(key).versions.select_related("author").order_by("-number"))


def etag(of: UseCaseVersion) -> str:
    """Changes with every save of the draft."""
    return f'"{of.number}-{of.saved_at.isoformat()}-{of.status}"'


def owner_ids(case: UseCase) -> set[int | None]:
    owners = {case.created_by_id, case.marketing_owner_id, case.channel_owner_id}
    return {owner for owner in owners if owner is not None}


def served_by(reference: str) -> list[str]:
    """Keys of the use cases whose serving, signed version pins this object."""
    return list(
        UseCase.objects.filter(
            serving_version__status=UseCaseVersion.Status.SIGNED,
            serving_version__references__has_key=reference,
        )
        .exclude(state=State.RETIRED)
        .order_by("key")
        .values_list("key", flat=True)
    )


def assessments_of(of: UseCaseVersion) -> list[StrategicAssessment]:
    """All assessments up to this version, oldest first."""
    return list(
        StrategicAssessment.objects.filter(
            version__use_case=of.use_case_id, version__number__lte=of.number
        )
        .select_related("assessor", "version")
        .order_by("pk")
    )


def attestations_of(of: UseCaseVersion) -> list[Attestation]:
    return list(of.attestations.select_related("attested_by").order_by("pk"))


def last_drill(of: UseCaseVersion) -> RollbackDrill | None:
    return of.drills.order_by("-pk").first()


def situation(
    key: str,
    now: datetime,
    facts: MeasuredFacts | None = None,
    *,
    reason: str = "",
    number: int | None = None,
) -> Situation:
    """The use case at this moment, for the guards of the life cycle."""
    case = use_case(key)
    of = version(key, number) if number is not None else _judged(case)
    content = UseCaseContent.from_dict(of.content)
    known = facts or MeasuredFacts()
    elements = catalogue()
    approvals = list(of.approvals.order_by("pk"))
    pause = _last_pause(case)
    declared = content.fallback.uses_placement_default
    return Situation(
        state=State(case.state),
        standing=standing_of(
            of,
            state=State(case.state),
            catalogue=elements,
            approvals=approvals,
            attestations=attestations_of(of),
            drills=of.drills.all(),
            audits=audits_of(of),
            impact=judged(of, elements=elements).answer,
        ),
        content=content,
        catalogue=elements,
        now=now,
        author_id=of.author_id,
        editor_ids=frozenset(of.editors.values_list("user_id", flat=True)),
        owner_ids=frozenset(o for o in owner_ids(case) if o is not None),
        state_before_pause=_state(case.state_before_pause),
        paused_by_roles=_roles_at(pause),
        paused_at=pause.changed_at if pause else None,
        assessed=assessed(of, assessments_of(of)),
        last_approved_at=_last_approved(approvals),
        fallback_present=(
            declared if known.fallback_present is None else known.fallback_present
        ),
        referenced_missing=known.referenced_missing,
        undescribed=_undescribed(content, elements, of),
        duplicate_of=_duplicate_of(case, content),
        sample_reached=known.sample_reached,
        sample_ratio=known.sample_ratio,
        guarded=known.guarded,
        verdict=known.verdict,
        has_interval=known.has_interval,
        uplift_decided=known.uplift_decided,
        audience_size=known.audience_size,
        learning_note=reason or _learning_note(case),
        reason=reason,
    )


def _undescribed(
    content: UseCaseContent, elements: Catalogue, of: UseCaseVersion
) -> tuple[str, ...]:
    """Parts that no model card or data sheet describes as they are."""
    digests = {
        name.removeprefix("model:"): digest
        for name, digest in pinned(of.references).items()
        if name.startswith("model:")
    }
    found = undescribed_parts(content, elements, digests)
    return tuple(f"{part.label} of “{key}”" for part, key in found)


BUILDING = frozenset({State.DEFINE, State.DATA_NEEDS, State.GOVERNANCE})


def _judged(case: UseCase) -> UseCaseVersion:
    """The version that the next step is about: the open one while it is being built."""
    building = State(case.state) in BUILDING
    chosen = (open_version(case) if building else None) or case.serving_version
    chosen = chosen or case.versions.order_by("-number").first()
    if chosen is None:
        raise NotFound("There is no such version.")
    return chosen


def _state(stored: str) -> State | None:
    return State(stored) if stored in set(State) else None


def _last_pause(case: UseCase) -> StateChange | None:
    if case.state != State.PAUSED:
        return None
    return (
        case.state_changes.filter(to_state=State.PAUSED)
        .exclude(from_state=State.PAUSED)
        .order_by("-pk")
        .first()
    )


def _roles_at(pause: StateChange | None) -> frozenset[Role]:
    """Roles that whoever paused it held at that time."""
    if pause is None or pause.changed_by_id is None:
        return frozenset()
    held = RoleAssignment.objects.filter(
        user_id=pause.changed_by_id, granted_at__lte=pause.changed_at
    )
    return frozenset(
        Role(row.role)
        for row in held
        if row.ended_at is None or row.ended_at > pause.changed_at
    )


def _last_approved(approvals: list[Approval]) -> datetime | None:
    times = [a.decided_at for a in approvals if Decision(a.decision) in APPROVING]
    return max(times, default=None)


def _learning_note(case: UseCase) -> str:
    notes = case.state_changes.filter(transition="note_learning").order_by("-pk")
    latest = notes.first()
    return latest.reason if latest else ""


def _duplicate_of(case: UseCase, content: UseCaseContent) -> str:
    """Another living use case with the same aim, people and places."""
    if not content.reach.segment:
        return ""
    others = (
        UseCase.objects.exclude(pk=case.pk)
        .filter(state__in=[State.GOVERNANCE, State.READY, State.TESTING])
        .prefetch_related(
            Prefetch("versions", UseCaseVersion.objects.order_by("-number"))
        )
    )
    for other in others:
        latest = next(iter(other.versions.all()), None)
        if latest and _aim(UseCaseContent.from_dict(latest.content)) == _aim(content):
            return other.name
    return ""


def _aim(content: UseCaseContent) -> tuple[Any, ...]:
    reach = content.reach
    return (
        content.objective.primary_metric,
        reach.segment,
        sorted(reach.placements),
        sorted(reach.offers),
    )


def allowed(
    actor: Actor, key: str, now: datetime, facts: MeasuredFacts | None = None
) -> tuple[Allowed, ...]:
    """Every step from here, with all that stands against each for this actor."""
    return allowed_actions(situation(key, now, facts), actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One use case on the board."""

    key: str
    name: str
    state: State
    step: LearnStep | None
    risk_tier: str
    owner: str
    version_number: int
    version_status: str
    exposure_share: float
    is_serving: bool
    refusal: str
    content: UseCaseContent
    owner_ids: frozenset[int]
    author_id: int
    expires_at: datetime | None
    changed_at: datetime
    next_step: str


def board(now: datetime) -> list[Card]:
    """All use cases with their place on the learn loop; seven queries."""
    answers = {case.key: case.may_serve for case in serving_cases(now)}
    cases = UseCase.objects.select_related(
        "marketing_owner", "created_by", "serving_version"
    )
    latest = Prefetch("versions", UseCaseVersion.objects.order_by("-number"))
    return [
        _card(case, answers)
        for case in cases.prefetch_related(latest).order_by("name", "key")
    ]


def _card(case: UseCase, answers: Mapping[str, Any]) -> Card:
    last = next(iter(case.versions.all()))
    state = State(case.state)
    answer = answers.get(case.key)
    is_serving = bool(answer) and answer is not None
    return Card(
        key=case.key,
        name=case.name,
        state=state,
        step=step_of(state, _state(case.state_before_pause)),
        risk_tier=last.risk_tier,
        owner=str(case.marketing_owner or case.created_by),
        version_number=last.number,
        version_status=last.status,
        exposure_share=case.exposure_share,
        is_serving=is_serving,
        refusal="" if is_serving or answer is None else str(answer.reasons[0]),
        content=UseCaseContent.from_dict(last.content),
        owner_ids=frozenset(o for o in owner_ids(case) if o is not None),
        author_id=last.author_id,
        expires_at=case.serving_version.expires_at if case.serving_version else None,
        changed_at=max(case.changed_at, last.saved_at),
        next_step=NEXT_STEPS.get(state, ""),
    )


NEXT_STEPS: Mapping[State, str] = {
    State.DEFINE: "Pass the three tests",
    State.DATA_NEEDS: "Justify the data and submit",
    State.GOVERNANCE: "Collect the signatures",
    State.READY: "Start the test",
    State.TESTING: "Wait for the planned sample",
    State.MEASURED: "Decide: scale, refine or stop",
    State.SCALED: "Watch benefit and harm",
    State.PAUSED: "Resume or stop",
    State.ROLLED_BACK: "Refine or retire",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffSinceSigned:
    """What differs from the version that was signed last.

    ``reference_changes`` names the objects whose content differs; ``n_same`` counts
    the settings that do not.
    """

    signed_number: int | None
    signed_hash: str
    new_hash: str
    changes: tuple[Change, ...]
    reference_changes: tuple[str, ...]
    n_same: int


def diff_since_signed(key: str, number: int | None = None) -> DiffSinceSigned:
    new = version(key, number)
    old = (
        new.use_case.versions.filter(number__lt=new.number, signed_at__isnull=False)
        .order_by("-number")
        .first()
    )
    after = _plain(new)
    before = _plain(old) if old else {}
    changes = diff(before, after)
    same = len(flatten(after)) - sum(change.new is not None for change in changes)
    was, will_be = (pinned(old.references) if old else {}), pinned(new.references)
    moved = sorted(n for n in was | will_be if was.get(n) != will_be.get(n))
    return DiffSinceSigned(
        signed_number=old.number if old else None,
        signed_hash=old.config_hash if old else "",
        new_hash=new.config_hash or envelope_of(new).config_hash,
        changes=changes,
        reference_changes=tuple(moved) if old and will_be else (),
        n_same=max(same, 0),
    )


def _plain(of: UseCaseVersion) -> dict[str, Any]:
    """Everything but the references, the blocks outside the signature included."""
    content = UseCaseContent.from_dict(of.content)
    data = material(content, {})
    data.pop("referenced")
    whole = content.to_dict()
    return {**data, "customer": whole["customer"], "cosmetic": whole["cosmetic"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One use case for its page, as this actor meets it."""

    use_case: UseCase
    version: UseCaseVersion
    content: UseCaseContent
    is_serving: bool
    refusal: str
    tests: tuple[TestResult, ...]
    missing: tuple[Missing, ...]
    classification: Classification
    assessments: tuple[StrategicAssessment, ...]
    attestations: tuple[Attestation, ...]
    steps: tuple[Allowed, ...]
    story: tuple[StateChange, ...]
    versions: tuple[UseCaseVersion, ...]
    editors: tuple[str, ...]
    may_edit: bool
    may_edit_data: bool
    may_assess: bool
    may_attest: bool
    etag: str


def detail(
    actor: Actor, key: str, now: datetime, facts: MeasuredFacts | None = None
) -> Detail:
    of = version(key)
    case = of.use_case
    content = UseCaseContent.from_dict(of.content)
    elements = catalogue()
    answer = next((c.may_serve for c in serving_cases(now) if c.key == key), None)
    refusal = str(answer.reasons[0]) if answer is not None and not answer else ""
    may_edit = allows(actor, Permission.USE_CASES_WRITE, owner_ids(case))
    editors = VersionEditor.objects.filter(version=of).select_related("user")
    return Detail(
        use_case=case,
        version=of,
        content=content,
        is_serving=bool(answer) and answer is not None,
        refusal=refusal,
        tests=three_tests(content, elements),
        missing=missing_answers(content, elements),
        classification=classify(content, elements),
        assessments=tuple(assessments_of(of)),
        attestations=tuple(attestations_of(of)),
        steps=allowed(actor, key, now, facts),
        story=tuple(story(key)),
        versions=tuple(versions(key)),
        editors=tuple(dict.fromkeys(str(e.user) for e in editors.order_by("pk"))),
        may_edit=may_edit,
        may_edit_data=may_edit or allows(actor, Permission.USE_CASES_WRITE_DATA),
        may_assess=(
            allows(actor, Permission.USE_CASES_ASSESS) and actor.id != of.author_id
        ),
        may_attest=allows(actor, Permission.USE_CASES_ATTEST),
        etag=etag(of),
    )


def story(key: str, *, limit: int = 100) -> list[StateChange]:
    """How it got here, newest first."""
    return list(StateChange.objects.filter(use_case__key=key).order_by("-pk")[:limit])


def signed_refusal(of: UseCaseVersion, now: datetime) -> str:
    """Why this version would not be served, were its use case started; else empty."""
    standing = standing_of(
        of,
        state=State(of.use_case.state),
        catalogue=catalogue(),
        approvals=of.approvals.all(),
        attestations=of.attestations.all(),
        drills=of.drills.all(),
        audits=audits_of(of),
        impact=judged(of).answer,
    )
    answer = signed_answer(of, standing, assessments_of(of), now)
    return "" if answer else str(answer.reasons[0])
