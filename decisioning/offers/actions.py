"""Offers, creatives and placements: every save is a revision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from decisioning.offers.core import (
    Channel,
    content_problems,
    copy_problems,
    key_problem,
    offer_problems,
    text_problems,
)
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.revisions import actions as revisions
from decisioning.revisions.actions import must_write, new_key, owner_of
from decisioning.revisions.core import Kind
from decisioning.rules.core import EVERYONE, InvalidRule, check, dump, load
from decisioning.segments.catalogue import rule_catalogue
from governance.access.core import Permission
from governance.audit import actions as audit
from governance.types import Actor, Invalid, NotFound, SubjectRef

OFFER_FIELDS = (
    "name",
    "topic",
    "benefit",
    "starts_at",
    "ends_at",
    "priority",
    "value_minor",
    "margin_minor",
    "cost_minor",
    "currency",
    "eligibility",
    "why_signal",
)
LONGEST_REFERENCE = 80
CHECKED = tuple(name for name in OFFER_FIELDS if name not in ("eligibility",))


@transaction.atomic
def save_offer(
    *,
    by: Actor,
    now: datetime,
    key: str | None = None,
    owner_id: int | None = None,
    **fields: Any,
) -> Offer:
    """Save an offer; without ``key`` a new one, whose key is made from its name.

    An offer that a signed use case serves stays as signed: the change waits as a draft.
    """
    row = _locked(Offer, key=key) if key else None
    must_write(by, Permission.OFFERS_WRITE, row.created_by_id if row else None)
    unknown = sorted(set(fields) - set(OFFER_FIELDS) - {"new_key"})
    if unknown:
        raise Invalid(dict.fromkeys(unknown, "There is no such field."))
    wanted_key = str(fields.pop("new_key", ""))
    row = row or _new_offer(owner_of(by, owner_id))
    for name, value in fields.items():
        setattr(row, name, value)
    problems = offer_problems(**{name: getattr(row, name) for name in CHECKED})
    try:
        row.eligibility = read_eligibility(row.eligibility)
    except InvalidRule as error:
        problems["eligibility"] = " ".join(f"{p}." for p in error.problems)
    if problems:
        raise Invalid(problems)
    row.name = row.name.strip()
    row.key = row.key or new_key(wanted_key or row.name, taken=_is_taken, kind="offer")
    revisions.save(by=by, now=now, kind=Kind.OFFER, row=row, name=row.name)
    return row


def _new_offer(owner_id: int) -> Offer:
    return Offer(
        created_by_id=owner_id,
        name="",
        value_minor=0,
        margin_minor=0,
        currency="",
    )


def _is_taken(key: str) -> bool:
    return Offer.objects.filter(key=key).exists()


def read_eligibility(rule: Any) -> dict[str, object] | None:
    """The rule in its stored form; no rule, or one for everyone, is none.

    Raises
    ------
    InvalidRule
        With every problem and its path.
    """
    if rule in (None, "", {}):
        return None
    tree = load(rule)
    check(tree, rule_catalogue(with_context=True))
    return None if tree == EVERYONE else dump(tree)


@transaction.atomic
def save_placement(
    *,
    by: Actor,
    now: datetime,
    key: str,
    name: str,
    channel: str,
    default_content: Mapping[str, Any],
    owner_id: int | None = None,
) -> Placement:
    row = Placement.objects.select_for_update().filter(key=key).first()
    must_write(by, Permission.OFFERS_WRITE, row.created_by_id if row else None)
    problems = {**content_problems(default_content), **text_problems(name=name)}
    if key_problem(key):
        problems["key"] = key_problem(key)
    if channel not in {item.value for item in Channel}:
        problems["channel"] = "Choose one of: web, app, email, push, sms."
    if not name.strip():
        problems["name"] = "Give the placement a name."
    if problems:
        raise Invalid(problems)
    if row is None:
        row = Placement(key=key, created_by_id=owner_of(by, owner_id))
    row.name, row.channel, row.default_content = name, channel, dict(default_content)
    revisions.save(by=by, now=now, kind=Kind.PLACEMENT, row=row, name=name)
    return row


@transaction.atomic
def save_creative(
    *,
    by: Actor,
    now: datetime,
    offer_key: str,
    placement_key: str,
    key: str,
    content: Mapping[str, Any],
    owner_id: int | None = None,
) -> Creative:
    offer = _locked(Offer, key=offer_key)
    placement = _locked(Placement, key=placement_key)
    must_write(by, Permission.OFFERS_WRITE, offer.created_by_id)
    problems = {
        **copy_problems(
            content,
            channel=placement.channel,
            topic=offer.topic,
            has_end=offer.ends_at is not None,
        ),
        **content_problems(content),
    }
    name = f"{offer.key}/{placement.key}/{slugify(key)}"
    if not slugify(key) or len(slugify(key)) > 40 or len(name) > LONGEST_REFERENCE:
        problems["key"] = "Give the creative a shorter name of letters and digits."
    if problems:
        raise Invalid(problems)
    row = Creative.objects.filter(
        offer=offer, placement=placement, key=slugify(key)
    ).first()
    if row is None:
        row = Creative(
            offer=offer,
            placement=placement,
            key=slugify(key),
            created_by_id=owner_of(by, owner_id or offer.created_by_id),
        )
    row.content = dict(content)
    revisions.save(by=by, now=now, kind=Kind.CREATIVE, row=row)
    return row


@transaction.atomic
def retire_offer(*, by: Actor, now: datetime, key: str) -> Offer:
    """Take an offer out of every decision, at once: stopping needs no signature."""
    row: Offer = _locked(Offer, key=key)
    must_write(by, Permission.OFFERS_WRITE, row.created_by_id)
    if row.retired_at is None:
        row.retired_at = row.changed_at = now
        row.save()
        audit.record(
            by=by, now=now, type="offer.retired", subject=SubjectRef("offer", key)
        )
    return row


@transaction.atomic
def retire_creative(*, by: Actor, now: datetime, pk: int) -> Creative:
    """Take one version of an offer's content out of every decision, at once."""
    row: Creative = _locked(Creative, pk=pk)
    must_write(by, Permission.OFFERS_WRITE, row.offer.created_by_id)
    if row.retired_at is None:
        row.retired_at = row.changed_at = now
        row.save()
        name = revisions.object_key(Kind.CREATIVE, row)
        audit.record(
            by=by,
            now=now,
            type="creative.retired",
            subject=SubjectRef("creative", name),
        )
    return row


def _locked(model: type[Any], **by_field: Any) -> Any:
    row = model.objects.select_for_update().filter(**by_field).first()
    if row is None:
        raise NotFound(f"There is no such {model.__name__.lower()}.")
    return row
