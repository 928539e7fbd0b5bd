from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import Error, transaction
from django.db.models import OuterRef, Subquery

from decisioning.revisions import actions as revisions
from decisioning.revisions.actions import must_write, new_key, owner_of
from decisioning.revisions.core import Kind
from decisioning.rules.core import (
    EVERYONE,
    InvalidRule,
    Loop,
    Problem,
    Rule,
    TooLarge,
    UnknownSegment,
    check,
    dump,
    load,
    reached,
    resolved,
    segments_used,
)
from decisioning.rules.core.check import SEGMENT_SOURCES
from decisioning.segments import insight, membership, moving, queries
from decisioning.segments.catalogue import rule_catalogue
from decisioning.segments.core import text_problems
from decisioning.segments.insight import Explained
from decisioning.segments.membership import Moved
from decisioning.segments.models import (
    AudienceMember,
    Segment,
    SegmentBuild,
    SegmentVersion,
)
from governance.access.core import Permission
from governance.audit import actions as audit
from governance.types import Actor, Invalid, NotFound, Refused, SubjectRef

MOST_AT_ONCE: Final = 1_000
REBUILD_AFTER: Final = 30
KEPT_BUILDS: Final = timedelta(days=400)
log = structlog.get_logger(__name__)


@transaction.atomic
def save(
    *,
    by: Actor,
    now: datetime,
    name: str,
    rule: Any,
    goal: str,
    description: str = "",
    key: str | None = None,
    owner_id: int | None = None,
) -> Segment:
    """Save a segment; what a signed use case serves waits as a draft."""
    row = None
    if key is not None:
        row = Segment.objects.select_for_update().filter(key=key).first()
        if row is None:
            raise NotFound("There is no such segment.")
    must_write(by, Permission.SEGMENTS_WRITE, row.created_by_id if row else None)
    problems = text_problems(name, description, goal)
    tree: Rule = EVERYONE
    try:
        tree = read_rule(rule, key=key or "")
    except InvalidRule as error:
        problems["rule"] = " ".join(f"{problem}." for problem in error.problems)
    if problems:
        raise Invalid(problems)
    row = row or Segment(
        key=new_key(name, taken=_is_taken, kind="segment"),
        created_by_id=owner_of(by, owner_id),
    )
    row.name, row.description, row.rule = name.strip(), description, dump(tree)
    row.goal = goal.strip()
    revisions.save(by=by, now=now, kind=Kind.SEGMENT, row=row, name=row.name)
    Segment.objects.filter(pk=row.pk).update(goal=row.goal)
    transaction.on_commit(_wake_worker, robust=True)
    return row


def read_rule(rule: Any, *, key: str = "") -> Rule:
    """A rule that the segment of this key, or a new one, may have.

    Raises
    ------
    InvalidRule
        With every problem and its path; a circle of segments is one.
    """
    tree = load(rule)
    check(tree, rule_catalogue(but_not=key), sources=SEGMENT_SOURCES)
    if segments_used(tree):
        try:
            resolved(tree, queries.rules_by_key(), within=(key,) if key else ())
        except (Loop, TooLarge, UnknownSegment) as error:
            raise InvalidRule([Problem("rule", str(error))]) from error
    return tree


def _is_taken(key: str) -> bool:
    return Segment.objects.filter(key=key).exists()


def _wake_worker() -> None:
    current_app.send_task("decisioning.rebuild_changed_segments")


@transaction.atomic
def explain(*, by: Actor, now: datetime, key: str, pseudonym: str) -> Explained:
    """Why one customer is in or out; the look at a person is on record."""
    found = insight.explained(key, pseudonym, catalogue=rule_catalogue(), now=now)
    audit.record(
        by=by,
        now=now,
        type="segment.explained",
        subject=SubjectRef("segment", key),
        details={"customer": found.pseudonym},
    )
    return found


@transaction.atomic
def ask_for_rebuild(*, by: Actor, now: datetime, key: str) -> None:
    """Let a worker evaluate the segment over all customers now."""
    row = queries.segment(key)
    must_write(by, Permission.SEGMENTS_WRITE, row.created_by_id)
    audit.record(
        by=by,
        now=now,
        type="segment.rebuild_asked",
        subject=SubjectRef("segment", key),
    )
    transaction.on_commit(
        lambda: current_app.send_task("decisioning.rebuild_segment", args=[key]),
        robust=True,
    )


@transaction.atomic
def retire(*, by: Actor, now: datetime, key: str) -> Segment:
    """A use case whose segment is retired serves the default from the next decision."""
    row = Segment.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound("There is no such segment.")
    must_write(by, Permission.SEGMENTS_WRITE, row.created_by_id)
    others = _named_by(key)
    if others:
        raise Refused(
            f"{', '.join(others)} is built on this segment. Change that rule first.",
            code="segment.named_by_others",
        )
    if row.retired_at is None:
        row.retired_at = row.changed_at = now
        row.save()
        membership.close(row.pk, now=now)
        AudienceMember.objects.filter(audience__segment=row).delete()
        audit.record(
            by=by, now=now, type="segment.retired", subject=SubjectRef("segment", key)
        )
    return row


def _named_by(key: str) -> list[str]:
    rules = queries.rules_by_key(without=key)
    named = [other for other, rule in rules.items() if key in segments_used(rule)]
    names = Segment.objects.filter(key__in=named).order_by("name")
    return [f"“{name}”" for name in names.values_list("name", flat=True)]


def follow(customer_ids: Collection[int], *, now: datetime) -> Moved:
    """Move these customers in and out after something happened to them.

    Within the caller's transaction, at a cost that grows neither with their history nor
    with the number of customers. Loads of more than a thousand people at once are left
    to a rebuild, which a worker starts once they are stored.
    """
    if not customer_ids:
        return Moved()
    rules = moving.current()
    if not rules.ids:
        return Moved()
    if len(customer_ids) > MOST_AT_ONCE:
        transaction.on_commit(_wake_for_all, robust=True)
        return Moved()
    if len(customer_ids) > moving.FEW:
        return membership.move_people(customer_ids, rules.ready, now=now)
    return Moved(*moving.move_few(customer_ids, rules, now=now))


def follow_choices(people: Collection[int], *, now: datetime) -> Moved:
    """Move people in and out with what they just allowed, refused or took back.

    In the transaction of their choice, but never in its way: where somebody else is
    moving the same people for longer than a moment, a worker does it after the commit.
    """
    if not moving.current().asks_consent:
        return Moved()
    try:
        with transaction.atomic(), moving.briefly():
            return follow(people, now=now)
    except Error as error:
        log.warning("segment.choice_not_followed", error=str(error))
        transaction.on_commit(_wake_for_all, robust=True)
        return Moved()


def follow_notice() -> None:
    """New words ended old grants: whoever a rule on consent holds is asked anew."""
    if moving.current().asks_consent:
        transaction.on_commit(_wake_for_all, robust=True)


def _wake_for_all() -> None:
    """One rebuild for many chunks: it starts after the last moment it stands for."""
    if cache.add("segments.rebuild_waits", 1, timeout=REBUILD_AFTER):
        current_app.send_task("decisioning.rebuild_segments", countdown=REBUILD_AFTER)


def rebuild_all(*, now: datetime) -> int:
    """Put every segment right: each in its own transaction, none twice at once."""
    forget_old_builds(now=now)
    keys = Segment.objects.filter(retired_at=None).order_by("pk")
    return sum(
        rebuild(key=key, now=now) is not None
        for key in keys.values_list("key", flat=True)
    )


def rebuild_changed(*, now: datetime) -> int:
    """Rebuild where the rule, or one that it names, changed since the last build."""
    n_built = 0
    rules = queries.rules_by_key()
    stale = _stale()
    for key in rules:
        named = set(reached(rules[key], rules))
        if key in stale or stale & named:
            n_built += rebuild(key=key, now=now) is not None
    return n_built


def _stale() -> set[str]:
    """Segments that were never built, or whose rule holds since a later moment."""
    last = SegmentBuild.objects.filter(segment=OuterRef("pk"), error="")
    holds = SegmentVersion.objects.filter(segment=OuterRef("pk"), replaced_at=None)
    rows = Segment.objects.filter(retired_at=None).annotate(
        built=Subquery(last.order_by("-built_at").values("built_at")[:1]),
        since=Subquery(holds.values("effective_at")[:1]),
    )
    return {
        key
        for key, built, since in rows.values_list("key", "built", "since")
        if built is None or (since is not None and since > built)
    }


def rebuild(*, key: str, now: datetime) -> SegmentBuild | None:
    """Evaluate one segment over all customers; None where somebody else is at it."""
    begun = perf_counter()
    row = Segment.objects.get(key=key)
    build = SegmentBuild(segment=row, revision=row.revision, built_at=now)
    try:
        with transaction.atomic():
            if not membership.locked(row.pk):
                return None
            rules = queries.rules_by_key()
            rule = queries.ready(rules[key], rules, key=key)
            moved = membership.rebuild(row.pk, rule, now=now)
    except (Error, KeyError) as error:
        log.warning("segment.not_built", segment=key, error=str(error))
        build.error = f"{type(error).__name__}: {error}"[:300]
    else:
        build.n_members = moved.n_members
        build.n_entered, build.n_left = moved.n_entered, moved.n_left
    build.milliseconds = round(1000 * (perf_counter() - begun))
    build.save()
    return build


def forget_old_builds(*, now: datetime) -> int:
    n, _ = SegmentBuild.objects.filter(built_at__lt=now - KEPT_BUILDS).delete()
    return n
