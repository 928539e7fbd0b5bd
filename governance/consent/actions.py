from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.catalogue.core import PURPOSES
from governance.consent.bulk import ConsentRow, record_rows
from governance.consent.core import Head, evidence_gaps
from governance.consent.ledger import ACTIONS, CHOICES, fold
from governance.consent.models import ConsentEvent, ConsentHead, Notice
from governance.consent.queries import entry_of, head_from
from governance.installation.queries import now as database_now
from governance.types import Actor, ActorKind, Invalid, Refused, SubjectRef

__all__ = [
    "ConsentRow",
    "add_notice",
    "claim_evidence",
    "lock_person",
    "pause",
    "record",
    "record_bulk",
    "see_gpc",
    "set_channel",
    "set_max_contacts",
    "turn_everything_off",
    "turn_on",
    "unpause",
]

LONGEST_PAUSE_DAYS = 366
IMPORT = "import"
AUDIT_TYPES: Mapping[str, str] = {
    "grant": "consent.granted",
    "deny": "consent.denied",
    "withdraw": "consent.withdrawn",
    "object": "consent.objected",
    "off": "consent.turned_off",
    "on": "consent.turned_on",
    "channel_off": "consent.channel_off",
    "channel_on": "consent.channel_on",
    "pause": "consent.paused",
    "unpause": "consent.pause_ended",
    "gpc": "consent.gpc_seen",
}


def lock_person(person_id: int, using: Any = None) -> None:
    """Wait for everybody else who decides or changes something for this person.

    A statement of its own at READ COMMITTED, held until the transaction ends: what is
    read after it is what the last holder committed.
    """
    with (using or connection).cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [person_id])


@transaction.atomic
def record(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    purpose: str,
    action: str,
    channel: str = "",
    topic: str = "",
    source: str,
    notice: Notice | None = None,
    evidence: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
    valid_until: datetime | None = None,
) -> Head:
    """Append to the ledger and bring the head up to date; committed means in force.

    A grant reaches places beneath its own only where ``evidence["covers_below"]``
    says that the notice named them. From an import (``source`` begins with "import")
    incomplete evidence is kept as such, and denies.
    """
    _check(by, purpose, action, source)
    lock_person(person_id)
    clock = database_now()
    claimed = dict(evidence or {})
    if action == "grant" and source.startswith(IMPORT):
        claimed = claim_evidence(claimed, occurred_at)
    event = ConsentEvent.objects.create(
        person_id=person_id,
        purpose=purpose,
        channel=channel,
        topic=topic,
        action=action,
        notice=notice,
        evidence=claimed,
        source=source[:40],
        occurred_at=min(occurred_at or clock, max(clock, now)),
        recorded_at=clock,
        valid_until=valid_until,
    )
    head = _bring_up_to_date(event, clock)
    audit.record(
        by=by,
        now=now,
        type=AUDIT_TYPES[action],
        subject=SubjectRef("person", str(person_id)),
        details={"purpose": purpose, "channel": channel, "source": source},
    )
    return head


def _check(by: Actor, purpose: str, action: str, source: str) -> None:
    is_staff = by.kind is ActorKind.PERSON
    if is_staff and not holds(by, Permission.PREFERENCES_WRITE_ON_REQUEST):
        raise Refused("Only privacy and support change a customer's choices.")
    errors = {}
    if action not in ACTIONS:
        errors["action"] = f"Choose one of: {', '.join(sorted(ACTIONS))}."
    if action in CHOICES and purpose not in PURPOSES:
        errors["purpose"] = f"Choose one of: {', '.join(PURPOSES)}."
    if not source:
        errors["source"] = "Say where the choice was made."
    if errors:
        raise Invalid(errors)


def claim_evidence(
    evidence: Mapping[str, Any], occurred_at: datetime | None
) -> dict[str, Any]:
    """Mark imported evidence as incomplete where a part of it is missing."""
    gaps = [*evidence_gaps(evidence)]
    if occurred_at is None and "collectedAt" not in gaps:
        gaps.append("collectedAt")
    if not gaps:
        return dict(evidence)
    return {**evidence, "evidence_incomplete": True, "missing": gaps}


def _bring_up_to_date(event: ConsentEvent, clock: datetime) -> Head:
    row = ConsentHead.objects.select_for_update().filter(pk=event.person_id).first()
    start = head_from(row.version, row.cells) if row else None
    head = fold([entry_of(event)], start)
    stored = head.to_dict()
    version = stored.pop("version")
    ConsentHead.objects.update_or_create(
        person_id=event.person_id,
        defaults={
            "version": version,
            "cells": stored,
            "personalization_off": head.personalisation_off,
            "paused_until": max(head.paused_until.values(), default=None),
            "updated_at": clock,
        },
    )
    return head


def turn_everything_off(
    *, by: Actor, now: datetime, person_id: int, source: str
) -> Head:
    """From the next decision on nothing is personalised, whatever was granted."""
    return record(
        by=by, now=now, person_id=person_id, purpose="", action="off", source=source
    )


def turn_on(*, by: Actor, now: datetime, person_id: int, source: str) -> Head:
    """Back to what was granted before; grants nothing new."""
    return record(
        by=by, now=now, person_id=person_id, purpose="", action="on", source=source
    )


def set_channel(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    channel: str,
    allowed: bool,
    source: str,
) -> Head:
    if not channel:
        raise Invalid({"channel": "Name the channel."})
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="channel_on" if allowed else "channel_off",
        channel=channel,
        source=source,
    )


def pause(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    days: int,
    channel: str = "",
    source: str = "preferences",
) -> Head:
    """Ends by itself, to what held before."""
    if not 1 <= days <= LONGEST_PAUSE_DAYS:
        raise Invalid({"days": f"Choose between 1 and {LONGEST_PAUSE_DAYS} days."})
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="pause",
        channel=channel,
        source=source,
        valid_until=now + timedelta(days=days),
    )


def unpause(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    channel: str = "",
    source: str = "preferences",
) -> Head:
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="unpause",
        channel=channel,
        source=source,
    )


def see_gpc(*, by: Actor, now: datetime, person_id: int, source: str) -> Head:
    """The browser said: do not sell or share; it outranks older grants."""
    return record(
        by=by, now=now, person_id=person_id, purpose="", action="gpc", source=source
    )


@transaction.atomic
def set_max_contacts(
    *, by: Actor, now: datetime, person_id: int, per_week: int | None, source: str
) -> ConsentHead:
    """The customer's own limit; None lifts it."""
    if per_week is not None and not 0 <= per_week <= 100:
        raise Invalid({"per_week": "Choose a number from 0 to 100, or no limit."})
    _check(by, "", "on", source)
    lock_person(person_id)
    clock = database_now()
    head, _ = ConsentHead.objects.select_for_update().get_or_create(
        person_id=person_id,
        defaults={"updated_at": clock, "version": 0, "cells": _empty()},
    )
    head.max_contacts_per_week, head.updated_at = per_week, clock
    head.save()
    audit.record(
        by=by,
        now=now,
        type="consent.frequency_set",
        subject=SubjectRef("person", str(person_id)),
        details={"per_week": per_week, "source": source},
    )
    return head


def _empty() -> dict[str, Any]:
    stored = Head(version=0).to_dict()
    stored.pop("version")
    return stored


@transaction.atomic
def record_bulk(
    *, by: Actor, now: datetime, rows: list[ConsentRow], source: str
) -> int:
    """Append many choices and bring all heads up to date; one entry in the audit log.

    Six statements a batch of 10,000 grants; batches are smaller where rows deny,
    since each of those people is locked against decisions.
    """
    if by.kind is ActorKind.PERSON and not (
        holds(by, Permission.IMPORTS_WRITE)
        or holds(by, Permission.PREFERENCES_WRITE_ON_REQUEST)
    ):
        raise Refused("Only those who may import bring in choices of customers.")
    for action in {row.action for row in rows}:
        _check_bulk(action, {row.purpose for row in rows if row.action == action})
    if not source:
        raise Invalid({"source": "Say where the choices were made."})
    if source.startswith(IMPORT):
        rows = [row.claimed(claim_evidence) for row in rows]
    n_people = record_rows(rows, source=source[:40], clock=database_now())
    n_incomplete = sum(bool(row.evidence.get("evidence_incomplete")) for row in rows)
    audit.record(
        by=by,
        now=now,
        type="consent.imported",
        subject=SubjectRef("consent", source),
        details={
            "rows": len(rows),
            "people": n_people,
            "evidence_incomplete": n_incomplete,
        },
    )
    return n_people


def _check_bulk(action: str, purposes: set[str]) -> None:
    if action not in ACTIONS:
        raise Invalid({"action": f"“{action}” is not a choice."})
    unknown = sorted(purposes - set(PURPOSES)) if action in CHOICES else []
    if unknown:
        raise Invalid({"purpose": f"There is no purpose “{unknown[0]}”."})


@transaction.atomic
def add_notice(*, by: Actor, now: datetime, key: str, text: str) -> Notice:
    """The next version of a notice's exact words; the same words add nothing."""
    may_write = by.kind is ActorKind.SYSTEM or holds(by, Permission.PURPOSES_WRITE)
    if not may_write:
        raise Refused("Only privacy writes the notices.")
    if not text.strip():
        raise Invalid({"text": "Write the words that people will read."})
    last = Notice.objects.filter(key=key).order_by("-version").first()
    if last is not None and last.text == text:
        return last
    notice = Notice.objects.create(
        key=key, version=last.version + 1 if last else 1, text=text, created_at=now
    )
    audit.record(
        by=by,
        now=now,
        type="notice.added",
        subject=SubjectRef("notice", f"{key}:{notice.version}"),
    )
    return notice
