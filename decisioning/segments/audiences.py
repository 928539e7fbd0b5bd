"""Handing a segment over: who may be told of, the difference told, withdrawals too."""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http.client import HTTPException
from itertools import islice
from typing import Any, Final

import structlog
from django.db import connection, transaction

from decisioning.features.core import FEATURE_INDEX, FRESH_FOR
from decisioning.revisions.actions import must_write
from decisioning.rules.core import All, May, Rule
from decisioning.rules.sql import compile_sql
from decisioning.segments import queries, webhooks
from decisioning.segments.catalogue import CHANNELS, CONSENTS
from decisioning.segments.models import Audience, AudienceDelivery, AudienceMember
from decisioning.segments.webhooks import Forbidden
from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.consent import queries as consent
from governance.consent.core import may
from governance.types import Actor, Invalid, NotFound, Refused, SubjectRef

BATCH: Final = 1_000
AT_ONCE: Final = 50
# Standard Webhooks proposes these waits; a day and a half, then somebody must look.
WAITS: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400)
LONGEST_NAME: Final = 120
LONGEST_URL: Final = 500
SYSTEM: Final = Actor.system("audiences")
log = structlog.get_logger(__name__)

HANDED_OVER: Final = """
SELECT c.id, i.value FROM decisioning_customer c
JOIN decisioning_customeridentity i ON i.customer_id = c.id AND i.kind = 'user'
WHERE c.merged_into_id IS NULL AND ({condition})
ORDER BY i.value"""


def must_export(by: Actor, owner_id: int | None) -> None:
    owners = None if owner_id is None else {owner_id}
    if not allows(by, Permission.EXPORTS_READ, owners):
        raise Refused("Your role may not hand customers over. Ask a marketing owner.")


@transaction.atomic
def add(
    *,
    by: Actor,
    now: datetime,
    key: str,
    name: str,
    url: str,
    purpose: str,
    channel: str,
) -> tuple[Audience, str]:
    """A new system that is told; its signing secret is given this once."""
    segment = queries.segment(key)
    must_export(by, segment.created_by_id)
    must_write(by, Permission.SEGMENTS_WRITE, segment.created_by_id)
    problems = problems_of(name, url, purpose, channel)
    if problems:
        raise Invalid(problems)
    salt = randomness.token_urlsafe(32)
    audience = Audience.objects.create(
        segment=segment,
        name=name.strip(),
        url=url.strip(),
        secret_salt=salt,
        purpose=purpose,
        channel=channel,
        created_by_id=segment.created_by_id if by.id is None else by.id,
        created_at=now,
    )
    audit.record(
        by=by,
        now=now,
        type="audience.added",
        subject=SubjectRef("segment", key),
        details={"audience": audience.pk, "name": audience.name, "purpose": purpose},
    )
    return audience, webhooks.secrets(salt)[0]


def problems_of(name: str, url: str, purpose: str, channel: str) -> dict[str, str]:
    found = {}
    if not name.strip() or len(name) > LONGEST_NAME:
        found["name"] = f"Name the system, in at most {LONGEST_NAME} characters."
    if purpose not in CONSENTS:
        found["purpose"] = "Choose what the other side does with it."
    if channel and channel not in CHANNELS:
        found["channel"] = "Choose a channel."
    try:
        webhooks.checked(url)
    except Forbidden as error:
        found["url"] = str(error)
    if len(url) > LONGEST_URL:
        found["url"] = f"Keep the address to {LONGEST_URL} characters."
    return found


@transaction.atomic
def stop(*, by: Actor, now: datetime, key: str, audience_id: int) -> Audience:
    """The other side is told to remove everybody, and then nothing more."""
    audience = (
        Audience.objects.select_for_update(of=("self",))
        .select_related("segment")
        .filter(pk=audience_id, segment__key=key)
        .first()
    )
    if audience is None:
        raise NotFound("There is no such audience.")
    must_write(by, Permission.SEGMENTS_WRITE, audience.segment.created_by_id)
    if audience.stopped_at is None:
        audience.stopped_at = now
        audience.save(update_fields=["stopped_at"])
        AudienceMember.objects.filter(audience=audience).delete()
        audit.record(
            by=by,
            now=now,
            type="audience.stopped",
            subject=SubjectRef("segment", key),
            details={"audience": audience.pk},
        )
    return audience


def may_be_told(
    rule: Rule, purpose: str, channel: str, *, now: datetime
) -> dict[str, int]:
    """User ids, with their customers, of all who are in and allow this now."""
    asked = All((queries.ready(rule), May(purpose, channel)))
    sql, params = compile_sql(
        asked,
        now,
        feature_index=FEATURE_INDEX,
        fresh_for=FRESH_FOR,
        policy=consent.policy(),
    )
    with connection.cursor() as cursor:
        cursor.execute(HANDED_OVER.format(condition=sql), params)
        return {value: customer_id for customer_id, value in cursor.fetchall()}


@transaction.atomic
def take_csv(
    *, by: Actor, now: datetime, key: str, purpose: str, channel: str
) -> list[str]:
    """User ids to hand over in a file, filtered at this moment and put on record."""
    segment = queries.segment(key)
    must_export(by, segment.created_by_id)
    if purpose not in CONSENTS or (channel and channel not in CHANNELS):
        raise Invalid({"purpose": "Choose what the other side does with it."})
    rule = queries.readable(segment.rule)
    found = may_be_told(rule, purpose, channel, now=now)
    audit.record(
        by=by,
        now=now,
        type="segment.exported",
        subject=SubjectRef("segment", key, segment.digest),
        details={"purpose": purpose, "channel": channel, "n": len(found)},
    )
    return list(found)


def sync_all(*, now: datetime) -> int:
    """Write what each audience has to be told; how many messages that makes."""
    running = Audience.objects.filter(stopped_at=None, segment__retired_at=None)
    return sum(sync(pk, now=now) for pk in running.values_list("pk", flat=True))


@transaction.atomic
def sync(audience_id: int, *, now: datetime) -> int:
    """The difference between who may be told of now and whom the other side holds."""
    audience = Audience.objects.select_for_update().get(pk=audience_id)
    rule = queries.readable(queries.Segment.objects.get(pk=audience.segment_id).rule)
    wanted = may_be_told(rule, audience.purpose, audience.channel, now=now)
    members = AudienceMember.objects.filter(audience=audience)
    held = set(members.values_list("external_id", flat=True))
    gone = sorted(held - wanted.keys())
    new = sorted(wanted.keys() - held)
    # The trigger on deletion writes the removals.
    for batch in _batches(gone):
        members.filter(external_id__in=batch).delete()
    for batch in _batches(new):
        AudienceMember.objects.bulk_create(
            AudienceMember(
                audience=audience,
                customer_id=wanted[external],
                external_id=external,
                added_at=now,
            )
            for external in batch
        )
        AudienceDelivery.objects.create(
            audience=audience,
            kind=AudienceDelivery.Kind.ADD,
            external_ids=batch,
            n=len(batch),
            state=AudienceDelivery.State.WAITING,
            created_at=now,
            next_attempt_at=now,
        )
    audience.synced_at = now
    audience.save(update_fields=["synced_at"])
    return -(-len(gone) // BATCH) - (-len(new) // BATCH)


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch


def send_waiting(*, now: datetime) -> int:
    """Send what is due, oldest first; after a failure an audience waits its turn."""
    n_sent = 0
    due = Audience.objects.filter(
        deliveries__state=AudienceDelivery.State.WAITING,
        deliveries__next_attempt_at__lte=now,
    )
    for pk in due.values_list("pk", flat=True).distinct():
        for _ in range(AT_ONCE):
            if not _send_oldest(pk, now=now):
                break
            n_sent += 1
    return n_sent


@transaction.atomic
def _send_oldest(audience_id: int, *, now: datetime) -> bool:
    """Whether the oldest message of this audience was due and arrived."""
    delivery = (
        AudienceDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("audience__segment")
        .filter(audience_id=audience_id, state=AudienceDelivery.State.WAITING)
        .order_by("created_at", "pk")
        .first()
    )
    if delivery is None or (delivery.next_attempt_at or now) > now:
        return False
    if delivery.kind == AudienceDelivery.Kind.ADD:
        _leave_out_refusals(delivery, now)
    error = _attempt(delivery, now) if delivery.external_ids else ""
    delivery.n_attempts += 1
    delivery.error = error[:200]
    if not error:
        delivery.state = AudienceDelivery.State.DELIVERED
        delivery.delivered_at, delivery.next_attempt_at = now, None
        delivery.external_ids = []
    elif delivery.n_attempts > len(WAITS) and delivery.kind == "add":
        _give_up(delivery, now)
    else:
        # A removal is tried for ever: the person was promised that it arrives.
        wait = WAITS[min(delivery.n_attempts, len(WAITS)) - 1]
        delivery.next_attempt_at = now + timedelta(seconds=wait)
    delivery.save()
    return not error


def _give_up(delivery: AudienceDelivery, now: datetime) -> None:
    """A system that takes no additions for a day and a half is told nothing more."""
    delivery.state, delivery.next_attempt_at = AudienceDelivery.State.FAILED, None
    delivery.external_ids = []
    audience = delivery.audience
    audience.stopped_at = audience.stopped_at or now
    audience.save(update_fields=["stopped_at"])
    AudienceMember.objects.filter(audience=audience).delete()
    audit.record(
        by=SYSTEM,
        now=now,
        type="audience.given_up",
        subject=SubjectRef("segment", audience.segment.key),
        details={"audience": audience.pk, "error": delivery.error},
    )


def _leave_out_refusals(delivery: AudienceDelivery, now: datetime) -> None:
    """Consent is asked once more at the moment of sending, not only when it was put."""
    audience = delivery.audience
    rows = AudienceMember.objects.filter(
        audience=audience, external_id__in=delivery.external_ids
    )
    people = dict(rows.values_list("external_id", "customer_id"))
    heads, policy = consent.heads(set(people.values())), consent.policy()
    delivery.external_ids = [
        external
        for external in delivery.external_ids
        if external in people
        and may(
            heads.get(people[external]),
            audience.purpose,
            audience.channel,
            now=now,
            policy=policy,
        )
    ]


def _attempt(delivery: AudienceDelivery, now: datetime) -> str:
    """Nothing where it arrived, else what went wrong."""
    body = json.dumps(message(delivery, now), separators=(",", ":")).encode()
    headers = webhooks.signed_headers(
        str(delivery.pk),
        int(now.timestamp()),
        body,
        webhooks.secrets(delivery.audience.secret_salt),
    )
    try:
        status = webhooks.post(delivery.audience.url, headers, body)
    except (Forbidden, OSError, HTTPException) as error:
        log.warning("audience.not_sent", audience=delivery.audience_id)
        return str(error) or type(error).__name__
    return "" if 200 <= status < 300 else f"The other side answered {status}."


def message(delivery: AudienceDelivery, now: datetime) -> Mapping[str, Any]:
    """What the other side reads; names only, no traits."""
    added = delivery.kind == AudienceDelivery.Kind.ADD
    return {
        "type": "audience.members_added" if added else "audience.members_removed",
        "timestamp": now.isoformat(),
        "data": {
            "audience": delivery.audience.name,
            "segment": delivery.audience.segment.key,
            "purpose": delivery.audience.purpose,
            "userIds": delivery.external_ids,
        },
    }


def audiences_of(key: str) -> list[Audience]:
    rows = Audience.objects.filter(segment__key=key).order_by("-created_at")
    return list(rows.select_related("created_by"))


def deliveries_of(key: str, *, limit: int = 20) -> list[AudienceDelivery]:
    rows = AudienceDelivery.objects.filter(audience__segment__key=key)
    return list(rows.select_related("audience").order_by("-created_at")[:limit])
