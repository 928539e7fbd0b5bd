"""People who ask to be heard on a decision, and the people who look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from governance.access.core import Permission, holds
from governance.assessments.core import MESSAGE, SIGNIFICANT, Kind
from governance.assessments.core.hearing import Outcome, Wish, due_after
from governance.assessments.models import Assessment, Hearing
from governance.assessments.queries import house_pack, judged
from governance.audit import actions as audit
from governance.signoffs.core import MIN_REASON
from governance.types import Actor, ActorKind, Invalid, NotFound, Refused, SubjectRef
from governance.usecases.models import UseCase

__all__ = ["Hearing", "Pack", "decide", "hearing", "hearings", "pack_of", "receive"]

LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Pack:
    """What people are told, and who looks at what they say."""

    message: str
    reviewers: frozenset[int]


def pack_of(use_case_key: str) -> Pack | None:
    """The safeguards of what serves, where it has or needs them; else nothing."""
    case = UseCase.objects.filter(key=use_case_key).first()
    house = house_pack()
    named = frozenset(house.reviewers) if house and house.is_on else frozenset()
    version = case.serving_version if case else None
    if version is None:
        return Pack(MESSAGE, named) if named else None
    if not named and judged(version).adm not in SIGNIFICANT:
        return None
    own = (
        Assessment.objects.filter(
            version__use_case=version.use_case_id,
            version__number__lte=version.number,
            kind=Kind.SAFEGUARDS,
            is_complete=True,
        )
        .order_by("-pk")
        .first()
    )
    if own is None:
        return Pack(MESSAGE, named)
    return Pack(str(own.answers["message"]), named | set(own.answers["reviewers"]))


@transaction.atomic
def receive(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    use_case_key: str,
    decision_id: UUID,
    wish: Wish | str,
    text: str = "",
) -> Hearing:
    """Take a person's wish in; a person has looked within five working days."""
    if wish not in set(Wish):
        raise Invalid({"wish": "Use one of the buttons on the page."})
    if wish != Wish.PERSON and not text.strip():
        raise Invalid({"text": "Write a few words on how you see it, then send it."})
    row = Hearing.objects.create(
        person_id=person_id,
        use_case_key=use_case_key,
        decision_id=decision_id,
        wish=wish,
        text=text.strip()[:LONGEST],
        received_at=now,
        due_at=due_after(now),
    )
    _record(by, now, row, "hearing.received", {"wish": wish, "due_at": row.due_at})
    return row


@transaction.atomic
def decide(
    *,
    by: Actor,
    now: datetime,
    hearing_id: int,
    outcome: Outcome | str,
    told: str,
) -> Hearing:
    """What a named person made of it, once, in words that go back to the customer."""
    row = Hearing.objects.select_for_update().filter(pk=hearing_id).first()
    if row is None:
        raise NotFound("There is no such hearing.")
    _must_be_named(by, row)
    if row.state != "waiting":
        raise Refused("Somebody has decided it already.")
    errors = {}
    if outcome not in set(Outcome):
        errors["outcome"] = "Choose what follows."
    if len(told.strip()) < MIN_REASON:
        errors["told"] = f"Tell the customer why, in at least {MIN_REASON} characters."
    if errors:
        raise Invalid(errors)
    row.state, row.outcome, row.told = "decided", outcome, told.strip()
    row.decided_at, row.decided_by_id = now, by.id
    row.save()
    details = {"outcome": outcome, "in_time": now <= row.due_at}
    _record(by, now, row, "hearing.decided", details)
    return row


def _must_be_named(by: Actor, row: Hearing) -> None:
    if by.kind is not ActorKind.PERSON or not holds(by, Permission.HEARINGS_DECIDE):
        raise Refused("Privacy, support and the channel decide what people contest.")
    pack = pack_of(row.use_case_key)
    if pack is not None and pack.reviewers and by.id not in pack.reviewers:
        raise Refused("Those who are named in the safeguards decide this one.")


def _record(
    by: Actor, now: datetime, row: Hearing, type: str, details: dict[str, Any]
) -> None:
    plain = {name: str(value) for name, value in details.items()}
    audit.record(
        by=by,
        now=now,
        type=type,
        subject=SubjectRef("hearing", str(row.pk)),
        details={"use_case": row.use_case_key, **plain},
    )


def hearings(state: str = "") -> QuerySet[Hearing]:
    """The queue, what is due first on top."""
    rows = Hearing.objects.select_related("decided_by").order_by("due_at", "pk")
    return rows.filter(state=state) if state else rows


def hearing(hearing_id: int) -> Hearing:
    found = Hearing.objects.select_related("decided_by").filter(pk=hearing_id).first()
    if found is None:
        raise NotFound("There is no such hearing.")
    return found
