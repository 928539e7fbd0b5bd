"""Requests under the law: noted, taken step by step through the table, never lost."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.catalogue.core import PURPOSES
from governance.consent import actions as consent
from governance.rights.core import (
    MONTH,
    OPEN,
    Standing,
    State,
    Step,
    Told,
    Who,
    after,
    problem,
    steps,
)
from governance.rights.core.requests import MOVES
from governance.rights.models import RightsRequest
from governance.types import (
    Actor,
    ActorKind,
    Invalid,
    NotFound,
    Refused,
    SubjectRef,
)

LONGEST = 300
WATCH = Actor.system("rights")


@transaction.atomic
def ask(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    kind: str,
    reason: str = "",
    is_verified: bool = False,
) -> RightsRequest:
    """Note what a person asks for; asking again while it waits adds nothing.

    Whoever asks on their own page, by a signed link, has shown who they are. An
    objection holds at once, for that takes no weighing where people are written to.
    """
    must_handle(by)
    if kind not in RightsRequest.Kind.values:
        raise Invalid({"kind": f"Choose one of: {', '.join(RightsRequest.Kind)}."})
    waiting = open_requests().filter(person_id=person_id, kind=kind).first()
    if waiting is not None:
        return waiting
    is_known = is_verified or by.kind is ActorKind.SYSTEM
    request = RightsRequest.objects.create(
        kind=kind,
        person_id=person_id,
        state=RightsRequest.State.REVIEW if is_known else RightsRequest.State.RECEIVED,
        reason=_plain(reason),
        received_at=now,
        changed_at=now,
        verified_at=now if is_known else None,
        due_at=now + MONTH,
    )
    _record(by, now, "rights.asked", request)
    if kind == RightsRequest.Kind.OBJECTION:
        _object(by, now, request)
    return request


def _object(by: Actor, now: datetime, request: RightsRequest) -> None:
    """Stop what nobody may refuse to stop; anything else waits for privacy."""
    assert request.person_id is not None
    absolute = [each for each in PURPOSES.values() if each.objection_absolute]
    for purpose in absolute:
        consent.record(
            by=by,
            now=now,
            person_id=request.person_id,
            purpose=purpose.key,
            action="object",
            source="objection",
        )
    request.verified_at = request.verified_at or now
    told = ", ".join(each.label.lower() for each in absolute)
    _write(by, now, request, Step.COMPLETE, f"Stopped at once: {told}.")


@transaction.atomic
def move(
    *, by: Actor, now: datetime, request_id: int, step: str, words: str = ""
) -> RightsRequest:
    """Take one step, where the table of steps has nothing against it.

    Raises
    ------
    Refused
        Where the state, or the role of whoever tries, does not allow it.
    Invalid
        Where words are missing that must come with it.
    """
    request = _locked(request_id)
    wanted = _step(step)
    if MOVES[wanted].who is Who.PRIVACY:
        must_execute(by)
    else:
        must_handle(by)
    _write(by, now, request, wanted, words)
    return request


def _step(step: str) -> Step:
    try:
        return Step(step)
    except ValueError:
        raise Invalid({"step": f"Choose one of: {', '.join(Step)}."}) from None


def _write(
    by: Actor, now: datetime, request: RightsRequest, step: Step, words: str
) -> None:
    before, told = standing(request), _told(by, now, request, words)
    if why := problem(before, step, told):
        if why == MOVES[step].needs_words:
            raise Invalid({"words": why})
        raise Refused(why, code="rights.step_refused")
    new = after(before, step, told)
    request.state, request.due_at = new.state.value, new.due_at
    request.n_tries, request.changed_at = new.n_tries, now
    for name, holds_now in (
        ("verified_at", new.is_verified),
        ("accepted_at", new.is_accepted),
        ("extended_at", new.is_extended),
        ("escalated_at", new.is_escalated),
    ):
        if holds_now and getattr(request, name) is None:
            setattr(request, name, now)
    if words.strip():
        request.outcome = _plain(words)
    if not new.is_open:
        request.closed_at = now
        request.closed_by_id = by.id if by.kind is ActorKind.PERSON else None
    request.save()
    _record(by, now, f"rights.{_PAST.get(step, 'moved')}", request, step)


_PAST = {
    Step.COMPLETE: "answered",
    Step.DENY: "answered",
    Step.EXTEND: "extended",
    Step.ESCALATE: "escalated",
}


def standing(request: RightsRequest) -> Standing:
    return Standing(
        state=State(request.state),
        received_at=request.received_at,
        due_at=request.due_at,
        is_verified=request.verified_at is not None,
        is_accepted=request.accepted_at is not None,
        is_escalated=request.escalated_at is not None,
        is_extended=request.extended_at is not None,
        n_tries=request.n_tries,
    )


def possible(request: RightsRequest, by: Actor, now: datetime) -> tuple[Step, ...]:
    """Steps that this person could take with this request now."""
    may = {Who.HANDLER} if holds(by, Permission.RIGHTS_WRITE) else set()
    if holds(by, Permission.RIGHTS_EXECUTE):
        may |= {Who.HANDLER, Who.PRIVACY}
    open_to = steps(standing(request), _told(by, now, request, ""))
    return tuple(step for step in open_to if MOVES[step].who in may)


def _told(by: Actor, now: datetime, request: RightsRequest, words: str) -> Told:
    earlier = RightsRequest.objects.filter(
        person_id=request.person_id, kind=request.kind, pk__lt=request.pk
    )
    return Told(
        now=now,
        words=words,
        by_person=by.kind is not ActorKind.SYSTEM,
        has_earlier=request.person_id is not None and earlier.exists(),
    )


@transaction.atomic
def pack_handed_over(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    digest: str,
    kind: str = RightsRequest.Kind.ACCESS,
) -> None:
    """On record: who took a person's data; their request for it is met."""
    must_execute(by)
    for request in (
        open_requests().select_for_update().filter(person_id=person_id, kind=kind)
    ):
        _met(by, now, request, "Handed over.")
    audit.record(
        by=by,
        now=now,
        type="person.pack_made",
        subject=SubjectRef("person", str(person_id), digest),
        details={"kind": str(kind)},
    )


def _met(by: Actor, now: datetime, request: RightsRequest, outcome: str) -> None:
    """Done, by whoever had the person before them or acts for the person's own link."""
    request.verified_at = request.verified_at or now
    if request.state == RightsRequest.State.UNVERIFIED:
        request.state = RightsRequest.State.REVIEW
    _write(by, now, request, Step.COMPLETE, outcome)


def note_failure(*, by: Actor, now: datetime, person_id: int, words: str) -> None:
    """An erasure that could not be carried out stays open as failed, to try again."""
    for request in open_requests().filter(
        person_id=person_id, kind=RightsRequest.Kind.ERASURE, state=State.PROCESSING
    ):
        move(by=by, now=now, request_id=request.pk, step=Step.FAIL, words=words)


def escalate_overdue(*, now: datetime) -> int:
    """What is past its day and still open is put before a person, once."""
    late = open_requests().filter(due_at__lt=now, escalated_at=None)
    ids = list(late.values_list("pk", flat=True))
    for pk in ids:
        with transaction.atomic():
            _write(WATCH, now, _locked(pk), Step.ESCALATE, "")
    return len(ids)


def open_requests() -> models.QuerySet[RightsRequest]:
    return RightsRequest.objects.filter(state__in=sorted(OPEN))


def must_handle(by: Actor) -> None:
    if by.kind is not ActorKind.SYSTEM and not holds(by, Permission.RIGHTS_WRITE):
        raise Refused("Only privacy and support note such requests.")


def must_execute(by: Actor) -> None:
    if by.kind is ActorKind.SYSTEM or holds(by, Permission.RIGHTS_EXECUTE):
        return
    raise Refused("Only privacy answers such requests.")


def _locked(request_id: int) -> RightsRequest:
    found = RightsRequest.objects.select_for_update().filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request.")
    return found


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST]


def _record(
    by: Actor,
    now: datetime,
    kind: str,
    request: RightsRequest,
    step: Step | None = None,
) -> None:
    audit.record(
        by=by,
        now=now,
        type=kind,
        subject=SubjectRef("rights_request", str(request.pk)),
        details={
            "kind": request.kind,
            "state": request.state,
            **({"step": step.value} if step else {}),
        },
    )
