"""Joining an anonymous visitor to a known customer, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from decisioning.customers.actions import fold_traits, merged_contact
from decisioning.customers.core import Join
from decisioning.customers.models import Customer, IdentityMerge
from governance.audit import actions as audit
from governance.consent import actions as consent
from governance.consent import queries as consents
from governance.consent.core import Choice, Head
from governance.types import Actor, Conflict, NotFound, SubjectRef

SYSTEM = Actor.system("events")
# Tables whose rows follow a person when two identities are joined.
MOVABLE = {
    "identities": ("decisioning_customeridentity", ""),
    "events": ("decisioning_event", ""),
    "contacts": ("decisioning_contact", ""),
    "assignments": (
        "decisioning_assignment",
        " AND NOT EXISTS (SELECT 1 FROM decisioning_assignment other"
        " WHERE other.experiment_id = moving.experiment_id"
        " AND other.customer_id = %s)",
    ),
}


@transaction.atomic
def join(found: Join, *, now: datetime, by: Actor = SYSTEM) -> IdentityMerge:
    """Make an anonymous customer part of a known one; what moves is written down.

    The strictest consent of the two holds afterwards, and stays after an undo.
    """
    for person in sorted((found.kept, found.merged)):
        consent.lock_person(person)
    moved: dict[str, Any] = {
        name: _move(table, also, kept=found.kept, merged=found.merged)
        for name, (table, also) in MOVABLE.items()
    }
    kept, visitor = (
        Customer.objects.select_for_update().get(pk=pk)
        for pk in (found.kept, found.merged)
    )
    moved |= {"contact_before": kept.contact, "traits_before": kept.traits}
    news = {key: (at, visitor.contact.get(key)) for key, at in _told(visitor).items()}
    if news:
        kept.contact = merged_contact(dict(kept.contact), news)
    seen = [at for at in (kept.last_seen_at, visitor.last_seen_at) if at is not None]
    kept.last_seen_at = max(seen, default=None)
    kept.save(update_fields=["contact", "last_seen_at"])
    visitor.merged_into = kept
    visitor.save(update_fields=["merged_into"])
    with connection.cursor() as cursor:
        for table in ("decisioning_standingdecision", "decisioning_customerfeatures"):
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
            evidence=evidence,
            **{"occurred_at": now, **more},
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
    return rows


def _told(customer: Customer) -> dict[str, str]:
    return dict(customer.contact.get("_told_at", {}))


def _move(table: str, also: str, *, kept: int, merged: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} moving SET customer_id = %s"  # noqa: S608
            f" WHERE customer_id = %s{also} RETURNING id",
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
    for name, (table, _) in MOVABLE.items():
        _give_back(table, merge.moved.get(name, []), merge)
    kept.contact = merge.moved.get("contact_before", kept.contact)
    kept.traits = merge.moved.get("traits_before", kept.traits)
    kept.save(update_fields=["contact", "traits"])
    Customer.objects.filter(pk=merge.merged_id).update(merged_into=None)
    fold_traits([merge.kept_id, merge.merged_id])
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    _record(by, now, "customer.merge_undone", merge)
    return merge


def _give_back(table: str, ids: Sequence[int], merge: IdentityMerge) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET customer_id = %s"  # noqa: S608
            " WHERE id = ANY(%s) AND customer_id = %s",
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
