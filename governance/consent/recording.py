"""The one way into the ledger: a row, the head it leads to, the entry in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.catalogue.core import PURPOSES
from governance.consent import hooks
from governance.consent.bulk import ConsentRow, record_rows
from governance.consent.core import Head, evidence_gaps
from governance.consent.ledger import ACTIONS, CHOICES, fold
from governance.consent.models import ConsentEvent, ConsentHead, Notice
from governance.consent.queries import entry_of, head_from
from governance.installation.queries import now as database_now
from governance.types import Actor, ActorKind, Invalid, Refused, SubjectRef

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
    "topic_off": "consent.topic_off",
    "topic_on": "consent.topic_on",
    "signal_off": "consent.signal_off",
    "signal_on": "consent.signal_on",
    "expire": "consent.expired",
    "suppress": "consent.suppressed",
    "unsuppress": "consent.suppression_lifted",
    "age": "consent.age_set",
    "block": "consent.blocked",
    "unblock": "consent.block_lifted",
    "limit": "consent.frequency_set",
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
    if notice is not None and claimed.get("covers_below") and not notice.covers_below:
        raise Invalid({"notice": "This notice did not name what lies beneath."})
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
        recorded_by=party(by),
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
        details={
            "purpose": purpose,
            "channel": channel,
            "source": source,
            **({"topic": topic} if topic else {}),
            **({"per_week": claimed.get("per_week")} if action == "limit" else {}),
        },
    )
    hooks.chosen([person_id], now=clock)
    return head


def party(by: Actor) -> str:
    """Who wrote a row of the ledger, in the few words that are kept with it."""
    return f"{by.kind.value}:{by.id if by.id is not None else by.username}"[:60]


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
            "paused_until": head.paused_until.get(""),
            "max_contacts_per_week": head.max_per_week,
            "updated_at": clock,
        },
    )
    return head


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
    clock = database_now()
    n_people = record_rows(rows, source=source[:40], by=party(by), clock=clock)
    n_incomplete = sum(bool(row.evidence.get("evidence_incomplete")) for row in rows)
    audit.record(
        by=by,
        now=now,
        type="consent.imported" if source.startswith(IMPORT) else "consent.recorded",
        subject=SubjectRef("consent", source),
        details={
            "rows": len(rows),
            "people": n_people,
            "evidence_incomplete": n_incomplete,
        },
    )
    hooks.chosen({row.person_id for row in rows}, now=clock)
    return n_people


def _check_bulk(action: str, purposes: set[str]) -> None:
    if action not in ACTIONS:
        raise Invalid({"action": f"“{action}” is not a choice."})
    unknown = sorted(purposes - set(PURPOSES)) if action in CHOICES else []
    if unknown:
        raise Invalid({"purpose": f"There is no purpose “{unknown[0]}”."})
