"""Joining an anonymous visitor to a known customer, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from decisioning.customers.actions import (
    IdentityRaced,
    fold_traits,
    know_addresses,
    merged_contact,
)
from decisioning.customers.core import Join
from decisioning.customers.models import Customer, CustomerIdentity, IdentityMerge
from governance.audit import actions as audit
from governance.consent import actions as consent
from governance.consent import queries as consents
from governance.consent.core import Age, Choice, Head
from governance.types import Actor, Conflict, NotFound, SubjectRef

SYSTEM = Actor.system("events")
# Tables whose rows follow a person when two identities are joined: the column that
# names the person, and which rows stay behind.
MOVABLE = {
    "identities": ("decisioning_customeridentity", "customer_id", ""),
    "events": ("decisioning_event", "customer_id", ""),
    "contacts": ("decisioning_contact", "customer_id", ""),
    "complaints": ("governance_complaint", "person_id", ""),
    "requests": ("governance_rightsrequest", "person_id", ""),
    "assignments": (
        "decisioning_assignment",
        "customer_id",
        " AND NOT EXISTS (SELECT 1 FROM decisioning_assignment other"
        " WHERE other.experiment_id = moving.experiment_id"
        " AND other.customer_id = %s)",
    ),
}
# What was derived for the visitor alone; it is computed anew for whoever stands.
DERIVED = (
    "decisioning_standingdecision",
    "decisioning_customerfeatures",
    "decisioning_customertally",
    "decisioning_score",
)


@transaction.atomic
def join(found: Join, *, now: datetime, by: Actor = SYSTEM) -> IdentityMerge:
    """Make an anonymous customer part of a known one; what moves is written down.

    The strictest consent of the two holds afterwards, and stays after an undo.

    Raises
    ------
    IdentityRaced
        Where one of the two became part of a customer at the same moment.
    """
    for person in sorted((found.kept, found.merged)):
        consent.lock_person(person)
    # Before anything moves: who stores events of either holds these rows as well.
    pair = [found.kept, found.merged]
    locked = Customer.objects.select_for_update().filter(pk__in=pair).order_by("pk")
    rows = {row.pk: row for row in locked}
    if len(rows) != len(set(pair)):  # one was erased in the meantime
        raise IdentityRaced
    kept, visitor = rows[found.kept], rows[found.merged]
    if kept.merged_into_id is not None or visitor.merged_into_id is not None:
        raise IdentityRaced
    moved: dict[str, Any] = {
        name: _move(*where, kept=found.kept, merged=found.merged)
        for name, where in MOVABLE.items()
    }
    moved |= {"contact_before": kept.contact, "traits_before": kept.traits}
    news = {key: (at, visitor.contact.get(key)) for key, at in _told(visitor).items()}
    if news:
        kept.contact = merged_contact(dict(kept.contact), news)
    seen = [at for at in (kept.last_seen_at, visitor.last_seen_at) if at is not None]
    kept.last_seen_at = max(seen, default=None)
    kept.save(update_fields=["contact", "last_seen_at"])
    visitor.merged_into = kept
    visitor.save(update_fields=["merged_into"])
    know_addresses({kept.pk: kept.contact}, now=now)
    with connection.cursor() as cursor:
        for table in DERIVED:
            cursor.execute(
                f"DELETE FROM {table} WHERE customer_id = %s",  # noqa: S608
                [found.merged],
            )
    _carry_refusals(found, by=by, now=now)
    fold_traits([found.kept])
    merge = IdentityMerge.objects.create(
        kept_id=found.kept,
        merged_id=found.merged,
        reason=found.reason,
        moved=moved,
        merged_at=now,
    )
    _record(by, now, "customer.merged", merge)
    return merge


def _carry_refusals(found: Join, *, by: Actor, now: datetime) -> None:
    """A visitor's refusals become the account's; grants never travel."""
    visitor = consents.head(found.merged)
    if visitor is None:
        return
    rows = _refusals(visitor, consents.head(found.kept) or Head(), found, now)
    if rows:
        consent.record_bulk(by=by, now=now, rows=rows, source="merge")


def _refusals(
    visitor: Head, account: Head, found: Join, now: datetime
) -> list[consent.ConsentRow]:
    evidence = {"joined": found.merged, "reason": found.reason}

    def row(action: str, purpose: str = "", **more: Any) -> consent.ConsentRow:
        return consent.ConsentRow(
            person_id=found.kept,
            purpose=purpose,
            action=action,
            **{"occurred_at": now, "evidence": evidence, **more},
        )

    rows = [
        row(
            "object" if cell.choice is Choice.OBJECT else "deny",
            key.purpose,
            channel=key.channel,
            topic=key.topic,
        )
        for key, cell in visitor.cells.items()
        if cell.choice is not Choice.GRANT
    ]
    rows += [
        row("channel_off", channel=channel)
        for channel in sorted(visitor.channels_off - account.channels_off)
    ]
    for channel, until in visitor.paused_until.items():
        if until > max(now, account.paused_until.get(channel, now)):
            rows.append(row("pause", channel=channel, valid_until=until))
    if visitor.personalisation_off:
        rows.append(row("off"))
    if visitor.gpc_at and (account.gpc_at is None or visitor.gpc_at > account.gpc_at):
        rows.append(row("gpc", occurred_at=visitor.gpc_at))
    return [*rows, *_limits(visitor, account, row)]


def _limits(visitor: Head, account: Head, row: Any) -> list[consent.ConsentRow]:
    """Topics struck out, barred addresses, a child's age, the lower weekly limit."""
    rows = [row("topic_off", topic=t) for t in visitor.topics_off - account.topics_off]
    signals = visitor.signals_off - account.signals_off
    rows += [row("signal_off", topic=field) for field in signals]
    rows += [
        row("suppress", channel=channel)
        for channel in sorted(visitor.suppressed - account.suppressed)
    ]
    if visitor.age is Age.CHILD and account.age is not Age.CHILD:
        rows.append(row("age", evidence={"status": Age.CHILD.value}))
    limits = [n for n in (visitor.max_per_week, account.max_per_week) if n is not None]
    if limits and min(limits) != account.max_per_week:
        rows.append(row("limit", evidence={"per_week": min(limits)}))
    return rows


def _told(customer: Customer) -> dict[str, str]:
    return dict(customer.contact.get("_told_at", {}))


def _move(table: str, who: str, also: str, *, kept: int, merged: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} moving SET {who} = %s"  # noqa: S608
            f" WHERE {who} = %s{also} RETURNING id",
            [kept, merged, *([kept] if also else [])],
        )
        return [row_id for (row_id,) in cursor.fetchall()]


@transaction.atomic
def undo_merge(*, by: Actor, now: datetime, merge_id: int) -> IdentityMerge:
    """Give back to the visitor what the merge moved; consent stays at its strictest.

    Raises
    ------
    Conflict
        If the merge was undone before, or the kept customer was merged on since.
    """
    merge = IdentityMerge.objects.select_for_update().filter(pk=merge_id).first()
    if merge is None:
        raise NotFound("There is no such merge.")
    if merge.undone_at is not None:
        raise Conflict("This merge was undone before.")
    for person in sorted((merge.kept_id, merge.merged_id)):
        consent.lock_person(person)
    kept = Customer.objects.select_for_update().get(pk=merge.kept_id)
    if kept.merged_into_id is not None:
        raise Conflict("The customer was merged on since. Undo the later merge first.")
    for name, (table, who, _) in MOVABLE.items():
        _give_back(table, who, merge.moved.get(name, []), merge)
    CustomerIdentity.objects.filter(customer=merge.merged_id).update(account="")
    kept.contact = merge.moved.get("contact_before", kept.contact)
    kept.traits = merge.moved.get("traits_before", kept.traits)
    kept.save(update_fields=["contact", "traits"])
    visitor = Customer.objects.select_for_update().get(pk=merge.merged_id)
    visitor.merged_into = None
    visitor.save(update_fields=["merged_into"])
    know_addresses({each.pk: each.contact for each in (kept, visitor)}, now=now)
    fold_traits([merge.kept_id, merge.merged_id])
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    _record(by, now, "customer.merge_undone", merge)
    return merge


def _give_back(table: str, who: str, ids: Sequence[int], merge: IdentityMerge) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {who} = %s"  # noqa: S608
            f" WHERE id = ANY(%s) AND {who} = %s",
            [merge.merged_id, list(ids), merge.kept_id],
        )


def _record(by: Actor, now: datetime, kind: str, merge: IdentityMerge) -> None:
    audit.record(
        by=by,
        now=now,
        type=kind,
        subject=SubjectRef("customer", str(merge.kept_id)),
        details={
            "merged": merge.merged_id,
            "reason": merge.reason,
            "n_events": len(merge.moved.get("events", [])),
        },
    )
