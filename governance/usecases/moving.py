"""Taking a use case along its life: submit, start, pause, resume, stop, scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.catalogue.queries import catalogue
from governance.incidents.actions import open_incident
from governance.incidents.core import Cause
from governance.types import (
    SERVING_STATES,
    Actor,
    ActorKind,
    Answer,
    Invalid,
    Reason,
    Refused,
    State,
    SubjectRef,
)
from governance.usecases import hooks
from governance.usecases.core import UseCaseContent, classify, envelope, may_take
from governance.usecases.core.guards import GUARDS
from governance.usecases.core.lifecycle import BY_ACTION
from governance.usecases.core.situation import Situation
from governance.usecases.drafting import (
    Status,
    locked,
    move,
    must_be_allowed,
    next_version,
    subject_of,
    user_id_of,
)
from governance.usecases.models import StateChange, UseCase, UseCaseVersion
from governance.usecases.queries import (
    MeasuredFacts,
    open_version,
    owner_ids,
    situation,
)
from governance.usecases.standing import effective_content, pinned

STANDING_STATES = frozenset({*SERVING_STATES, State.READY, State.PAUSED})
RESUBMIT_GUARDS = (
    *BY_ACTION["to_data_needs"].guards,
    *BY_ACTION["submit"].guards,
)
BY_RULE = frozenset({"submit", "make_ready", "request_changes"})


@transaction.atomic
def submit(
    *,
    by: Actor,
    now: datetime,
    key: str,
    references: Mapping[str, Any],
    facts: MeasuredFacts | None = None,
) -> UseCaseVersion:
    """Ask for review: from here on the text that people sign is fixed.

    A next version of something that is ready, running or paused is submitted without
    moving the use case, which serves on.
    """
    case = locked(key)
    version = open_version(case)
    if version is None or version.status != Status.DRAFT:
        raise Refused("There is no draft to submit.", code="use_case.no_draft")
    version.use_case = case
    content = UseCaseContent.from_dict(version.content)
    lacking = missing_references(content, references)
    known = facts or MeasuredFacts()
    known = replace(known, referenced_missing=(*known.referenced_missing, *lacking))
    at = situation(key, now, known, number=version.number)
    _must(_may_submit(case, at, by))
    fixed = envelope(content, pinned(references))
    version.envelope, version.config_hash = fixed.canonical, fixed.config_hash
    version.references = {name: _plain(ref) for name, ref in references.items()}
    version.risk_tier = classify(content, catalogue()).tier
    version.status, version.submitted_at = Status.IN_REVIEW, now
    version.saved_at = now
    version.save()
    if case.state == State.DATA_NEEDS:
        move(case, State.GOVERNANCE, "submit", by=by, now=now)
    audit.record(
        by=by,
        now=now,
        type="use_case.submitted",
        subject=subject_of(version),
        details={"version": version.number, "risk_tier": version.risk_tier},
    )
    hooks.submitted(key=key, number=version.number, by=by, now=now)
    return version


def _plain(reference: Any) -> dict[str, Any]:
    if isinstance(reference, Mapping):
        return dict(reference)
    return {"digest": str(reference)}


def missing_references(
    content: UseCaseContent, references: Mapping[str, Any]
) -> tuple[str, ...]:
    """What the content names and the references do not pin."""
    reach = content.reach
    named = [
        *(("offer", key) for key in reach.offers),
        *(("placement", key) for key in reach.placements),
        *(("cap", key) for key in reach.caps),
        ("segment", reach.segment),
        ("budget", reach.budget),
    ]
    return tuple(
        key for kind, key in named if key and f"{kind}:{key}" not in references
    )


def _may_submit(case: UseCase, at: Situation, by: Actor) -> Answer:
    if case.state not in STANDING_STATES:
        return may_take("submit", at, by)
    row = BY_ACTION["submit"]
    is_owner = by.id in at.owner_ids | {at.author_id}
    is_person = by.kind is ActorKind.PERSON
    if not is_person or not (by.has(*row.roles) or is_owner):
        return Answer.no("lifecycle.not_yours", "Only its owners submit it.")
    return Answer(tuple(_unmet(RESUBMIT_GUARDS, at, by)))


def _unmet(names: Iterable[str], at: Situation, by: Actor) -> Iterable[Reason]:
    for name in dict.fromkeys(names):
        yield from GUARDS[name](at, by)


def _must(answer: Answer) -> None:
    if not answer:
        raise Refused.because(*answer.reasons)


@transaction.atomic
def transition(
    *,
    by: Actor,
    now: datetime,
    key: str,
    transition: str,
    reason: str = "",
    facts: MeasuredFacts | None = None,
    cause: Cause | None = None,
) -> UseCase:
    """One step of the table; the guards judge the rows as they are now.

    Where the system pauses or rolls back, an incident is opened with its ``cause``.

    Raises
    ------
    Refused
        With every unmet guard and its way out.
    """
    if transition in BY_RULE:
        raise Refused(
            "This step follows from submitting or signing.",
            code="lifecycle.by_rule",
        )
    case = locked(key)
    at = situation(key, now, facts, reason=reason.strip())
    _must(may_take(transition, at, by))
    row = BY_ACTION[transition]
    target = row.to or at.state_before_pause or State(case.state)
    _prepare(case, transition, by=by, now=now)
    before = case.state
    move(case, target, transition, by=by, now=now, reason=reason.strip())
    audit.record(
        by=by,
        now=now,
        type=f"use_case.{PAST.get(transition, transition)}",
        subject=SubjectRef("use_case", key),
        details={"from": before, "to": target, "reason": reason.strip()},
    )
    open_incident(
        by=by,
        now=now,
        case=case,
        act=transition,
        reason=reason.strip(),
        cause=cause,
    )
    hooks.moved(key=key, transition=transition, by=by, now=now, reason=reason.strip())
    return case


PAST: Mapping[str, str] = {
    "to_data_needs": "taken_to_data",
    "withdraw": "withdrawn",
    "start_test": "test_started",
    "finish_test": "measured",
    "scale": "scaled",
    "refine": "refined",
    "pause": "paused",
    "resume": "resumed",
    "roll_back": "rolled_back",
    "retire": "retired",
}


def _prepare(case: UseCase, transition: str, *, by: Actor, now: datetime) -> None:
    """What a step changes besides the state; ``move`` saves it."""
    if transition == "pause":
        case.state_before_pause = case.state
        case.paused_by_id = user_id_of(by)
    elif transition == "resume":
        case.state_before_pause, case.paused_by_id = "", None
    elif transition in {"withdraw", "refine"}:
        reopen(case, "Taken back to draft.", now=now)
    elif transition == "start_test" and case.serving_version is not None:
        content = UseCaseContent.from_dict(case.serving_version.content)
        first = content.experiment.first_exposure
        case.exposure_share = case.exposure_share if first is None else first
    elif transition == "retire":
        version = open_version(case)
        if version is not None:
            version.status, version.void_reason = Status.VOID, "Retired."
            version.save()


def reopen(case: UseCase, reason: str, *, now: datetime) -> UseCaseVersion:
    """A draft to write in; what was in review is void, its authors stay authors."""
    version = open_version(case)
    if version is not None and version.status == Status.DRAFT:
        return version
    if version is None:
        version = case.serving_version or case.versions.order_by("-number").first()
        assert version is not None
        if version.status != Status.SIGNED:
            return next_version(case, version, author_id=None, now=now)
    if version.status == Status.IN_REVIEW:
        version.status, version.void_reason = Status.VOID, reason[:300]
        version.save()
    return next_version(case, version, author_id=version.author_id, now=now)


def pause(
    *,
    by: Actor,
    now: datetime,
    key: str,
    reason: str = "",
    facts: MeasuredFacts | None = None,
    cause: Cause | None = None,
) -> UseCase:
    """Takes effect on the next decision; needs nobody's leave."""
    return transition(
        by=by,
        now=now,
        key=key,
        transition="pause",
        reason=reason,
        facts=facts,
        cause=cause,
    )


def resume(
    *, by: Actor, now: datetime, key: str, facts: MeasuredFacts | None = None
) -> UseCase:
    return transition(by=by, now=now, key=key, transition="resume", facts=facts)


def stop(*, by: Actor, now: datetime, key: str, reason: str = "") -> UseCase:
    """Roll back: the default is served from the next decision on."""
    return transition(by=by, now=now, key=key, transition="roll_back", reason=reason)


@transaction.atomic
def set_exposure(*, by: Actor, now: datetime, key: str, share: float) -> UseCase:
    """Widen or narrow the share that is reached, never past what was signed."""
    case = locked(key)
    if by.kind is not ActorKind.SYSTEM and not allows(
        by, Permission.USE_CASES_TRANSITION, owner_ids(case)
    ):
        raise Refused("Only its owners, analysts and channel owners change exposure.")
    version = case.serving_version
    if version is None:
        raise Refused("Nothing has been signed yet.", code="governance.not_signed")
    largest = effective_content(version).experiment.max_exposure or 0.0
    if not 0 <= share <= largest:
        raise Invalid(
            {
                "share": f"Choose a share from 0 to {largest:.0%}, the most that was "
                "signed. To go further, change the use case and have it signed again."
            }
        )
    before, case.exposure_share, case.changed_at = case.exposure_share, share, now
    case.save()
    version.use_case = case
    audit.record(
        by=by,
        now=now,
        type="use_case.exposure_set",
        subject=subject_of(version),
        details={"from": before, "to": share},
    )
    return case


@transaction.atomic
def set_priority(*, by: Actor, now: datetime, key: str, priority: int) -> UseCase:
    """Which use case comes first where several want the same placement."""
    case = locked(key)
    must_be_allowed(by, case, ["priority"])
    if not 0 <= priority <= 100:
        raise Invalid({"priority": "Choose a whole number from 0 to 100."})
    before, case.priority, case.changed_at = case.priority, priority, now
    case.save()
    audit.record(
        by=by,
        now=now,
        type="use_case.priority_set",
        subject=SubjectRef("use_case", key),
        details={"from": before, "to": priority},
    )
    return case


@transaction.atomic
def note_learning(*, by: Actor, now: datetime, key: str, text: str) -> StateChange:
    """What was learned, in the use case's own history."""
    case = locked(key)
    must_be_allowed(by, case, [])
    if not text.strip():
        raise Invalid({"text": "Write what was learned, also where it failed."})
    if len(text.strip()) > 500:
        raise Invalid({"text": "Keep the note to 500 characters."})
    move(
        case,
        State(case.state),
        "note_learning",
        by=by,
        now=now,
        reason=text.strip(),
    )
    audit.record(
        by=by,
        now=now,
        type="use_case.learning_noted",
        subject=SubjectRef("use_case", key),
    )
    return case.state_changes.order_by("-pk")[0]
