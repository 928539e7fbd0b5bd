"""Letters are written in the transaction of what they tell of, each once a reader."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from governance.notices.core import Kind, Text, urgency, warning
from governance.notices.models import Letter
from governance.notices.queries import owners_of, signers
from governance.signoffs.core import in_force
from governance.signoffs.models import Approval
from governance.types import Actor
from governance.usecases.models import UseCase, UseCaseVersion
from governance.usecases.standing import open_conditions, signature

Status = UseCaseVersion.Status


def write(text: Text, readers: Collection[int], *, now: datetime) -> int:
    """Put a letter into the outbox for each who has not had it; tells how many."""
    rows = [
        Letter(
            reader_id=reader,
            kind=text.kind,
            once=text.once,
            subject=text.subject,
            body=text.body,
            path=text.path,
            written_at=now,
            next_try_at=now,
        )
        for reader in sorted(readers)
    ]
    before = Letter.objects.filter(once=text.once).count()
    Letter.objects.bulk_create(rows, ignore_conflicts=True)
    return Letter.objects.filter(once=text.once).count() - before


def review_asked(*, key: str, number: int, by: Actor, now: datetime) -> None:
    """Whoever may sign is told that a version waits for a signature."""
    of = UseCaseVersion.objects.select_related("use_case").get(
        use_case__key=key, number=number
    )
    text = Text(
        kind=Kind.REVIEW_ASKED,
        once=f"review_asked:{of.pk}:{of.config_hash[:16]}",
        subject=f"Review asked: {of.use_case.name}, version {number}",
        body=f"{by.label or by.username} asks for a review of {of.use_case.name}, "
        f"version {number}. You may sign it.",
        path=f"/reviews/{key}/",
    )
    write(text, signers(of, now) - {by.id or 0}, now=now)


def sent_back(*, row: Approval, by: Actor, now: datetime) -> None:
    """Its owners are told that somebody asked for changes, refused or took back."""
    of = row.version
    text = Text(
        kind=Kind.SENT_BACK,
        once=f"sent_back:{row.pk}",
        subject=f"{row.get_decision_display()}: {of.use_case.name}, "
        f"version {of.number}",
        body=f"{by.label or by.username} answered for {row.role}: "
        f"{row.get_decision_display().lower()}.\n\n{row.reason}",
        path=f"/use-cases/{of.use_case.key}/",
    )
    write(text, owners_of(of) - {by.id or 0}, now=now)


@transaction.atomic
def tell_what_is_due(*, now: datetime) -> int:
    """Once a day: conditions due or overdue, and signatures about to run out."""
    cases = UseCase.objects.exclude(state="retired")
    served = cases.exclude(serving_version=None).values("serving_version")
    versions = UseCaseVersion.objects.select_related("use_case")
    reviewed = versions.filter(status=Status.IN_REVIEW, use_case__in=cases)
    signed = versions.filter(status=Status.SIGNED, pk__in=served)
    return sum(_conditions(of, now) for of in (*reviewed, *signed)) + sum(
        _running_out(of, now) for of in signed
    )


def _conditions(of: UseCaseVersion, now: datetime) -> int:
    rows = list(of.approvals.order_by("pk"))
    valid = in_force([signature(row) for row in rows], now, of.config_hash)
    counted = {one.order for one in valid}
    open_ones = open_conditions(rows, of.attestations.all())
    return sum(
        _condition(of, row, place, words, now)
        for row, place, words in open_ones
        if row.pk in counted
    )


def _condition(
    of: UseCaseVersion, row: Approval, place: int, words: str, now: datetime
) -> int:
    due, owner = row.conditions_due_at, row.conditions_owner_id
    how = urgency(due, now) if due else ""
    if due is None or owner is None or not how:
        return 0
    last = due - timedelta(seconds=1)
    told = "was due on" if how == "overdue" else "is due on"
    text = Text(
        kind=Kind.CONDITION_DUE,
        once=f"condition_due:{row.pk}:{place}:{how}",
        subject=f"Condition {'overdue' if how == 'overdue' else 'due soon'}: "
        f"{of.use_case.name}",
        body=f"A condition of {of.use_case.name}, version {of.number}, {told} "
        f"{last:%-d %B %Y}:\n\n{words}",
        path=f"/reviews/{of.use_case.key}/",
    )
    return write(text, {owner}, now=now)


def _running_out(of: UseCaseVersion, now: datetime) -> int:
    stage = warning(of.expires_at, now) if of.expires_at else None
    if of.expires_at is None or stage is None:
        return 0
    text = Text(
        kind=Kind.RUNNING_OUT,
        once=f"running_out:{of.pk}:{of.expires_at:%Y-%m-%d}:{stage.days}",
        subject=f"Signatures run out: {of.use_case.name}",
        body=f"The signatures of {of.use_case.name}, version {of.number}, run out on "
        f"{of.expires_at:%-d %B %Y}. From then on customers get the default, unless "
        "it is reviewed again.",
        path=f"/use-cases/{of.use_case.key}/",
    )
    return write(text, owners_of(of), now=now)
