from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from decisioning.revisions import actions as revisions
from decisioning.revisions.actions import must_write, new_key, owner_of
from decisioning.revisions.core import Kind
from decisioning.rules.core import EVERYONE, InvalidRule, Rule, check, dump, load
from decisioning.rules.core.check import SEGMENT_SOURCES
from decisioning.segments.catalogue import rule_catalogue
from decisioning.segments.core import text_problems
from decisioning.segments.models import Segment
from governance.access.core import Permission
from governance.audit import actions as audit
from governance.types import Actor, Invalid, NotFound, SubjectRef


@transaction.atomic
def save(
    *,
    by: Actor,
    now: datetime,
    name: str,
    rule: Any,
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
    problems = text_problems(name, description)
    tree: Rule = EVERYONE
    try:
        tree = read_rule(rule)
    except InvalidRule as error:
        problems["rule"] = " ".join(f"{problem}." for problem in error.problems)
    if problems:
        raise Invalid(problems)
    row = row or Segment(
        key=new_key(name, taken=_is_taken, kind="segment"),
        created_by_id=owner_of(by, owner_id),
    )
    row.name, row.description, row.rule = name.strip(), description, dump(tree)
    revisions.save(by=by, now=now, kind=Kind.SEGMENT, row=row, name=row.name)
    return row


def read_rule(rule: Any) -> Rule:
    """A rule that a segment may have.

    Raises
    ------
    InvalidRule
        With every problem and its path.
    """
    tree = load(rule)
    check(tree, rule_catalogue(), sources=SEGMENT_SOURCES)
    return tree


def _is_taken(key: str) -> bool:
    return Segment.objects.filter(key=key).exists()


@transaction.atomic
def retire(*, by: Actor, now: datetime, key: str) -> Segment:
    """A use case whose segment is retired serves the default from the next decision."""
    row = Segment.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound("There is no such segment.")
    must_write(by, Permission.SEGMENTS_WRITE, row.created_by_id)
    if row.retired_at is None:
        row.retired_at = row.changed_at = now
        row.save()
        audit.record(
            by=by, now=now, type="segment.retired", subject=SubjectRef("segment", key)
        )
    return row
