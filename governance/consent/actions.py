from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.consent import hooks
from governance.consent.bulk import ConsentRow
from governance.consent.core import Age, Block, Head
from governance.consent.models import Notice
from governance.consent.queries import due_to_expire
from governance.consent.recording import (
    claim_evidence,
    lock_person,
    record,
    record_bulk,
)
from governance.types import Actor, ActorKind, Invalid, Refused, SubjectRef

__all__ = [
    "ConsentRow",
    "add_notice",
    "block",
    "claim_evidence",
    "expire_due",
    "lock_person",
    "pause",
    "record",
    "record_bulk",
    "see_gpc",
    "set_age",
    "set_channel",
    "set_max_contacts",
    "set_signal",
    "set_topic",
    "turn_everything_off",
    "turn_on",
    "unpause",
]

LONGEST_PAUSE_DAYS = 366
MOST_A_WEEK = 100
EXPIRE_AT_ONCE = 2_000


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


def set_max_contacts(
    *, by: Actor, now: datetime, person_id: int, per_week: int | None, source: str
) -> Head:
    """The customer's own limit of contacts in seven days; None lifts it."""
    if per_week is not None and not 0 <= per_week <= MOST_A_WEEK:
        raise Invalid({"per_week": "Choose a number from 0 to 100, or no limit."})
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="limit",
        source=source,
        evidence={"per_week": per_week},
    )


def set_topic(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    topic: str,
    allowed: bool,
    source: str,
) -> Head:
    """Strike a topic, or an interest we worked out, or take it back in.

    What is struck out is neither shown nor used; taking it back grants nothing new.
    """
    if not topic.strip():
        raise Invalid({"topic": "Name the topic."})
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="topic_on" if allowed else "topic_off",
        topic=topic,
        source=source,
    )


def set_signal(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    field: str,
    allowed: bool,
    source: str,
) -> Head:
    """Take the field of a data element out of use for this person, or back in."""
    if not field.strip():
        raise Invalid({"signal": "Name the signal."})
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="signal_on" if allowed else "signal_off",
        topic=field,
        source=source,
    )


def set_age(*, by: Actor, now: datetime, person_id: int, age: Age, source: str) -> Head:
    """What is known of the person's age; a child's data is never profiled."""
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="age",
        source=source,
        evidence={"status": age.value},
    )


def block(
    *, by: Actor, now: datetime, person_id: int, why: Block | None, source: str
) -> Head:
    """Nothing at all is done with this person's data from now on; None lifts it."""
    return record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="unblock" if why is None else "block",
        source=source,
        evidence={} if why is None else {"why": why.value},
    )


def expire_due(*, now: datetime) -> int:
    """Write into the ledger which grants have run out or lost their notice.

    They denied before this was written; the row is for whoever asks for the proof.
    """
    n_written = 0
    while due := due_to_expire(now=now, limit=EXPIRE_AT_ONCE):
        rows = [
            ConsentRow(
                person_id=person,
                purpose=key.purpose,
                channel=key.channel,
                topic=key.topic,
                action="expire",
                occurred_at=now,
                evidence={"why": why},
            )
            for person, key, why in due
        ]
        record_bulk(by=Actor.system("expiry"), now=now, rows=rows, source="expiry")
        n_written += len(rows)
    return n_written


@transaction.atomic
def add_notice(
    *,
    by: Actor,
    now: datetime,
    key: str,
    text: str,
    locale: str = "en",
    covers_below: bool = False,
    is_material: bool = False,
) -> Notice:
    """The next version of a notice's exact words; the same words add nothing.

    A material change ends every grant given to earlier versions, from the very next
    decision on.
    """
    may_write = by.kind is ActorKind.SYSTEM or holds(by, Permission.PURPOSES_WRITE)
    if not may_write:
        raise Refused("Only privacy writes the notices.")
    if not text.strip():
        raise Invalid({"text": "Write the words that people will read."})
    _lock_notice(key)
    last = Notice.objects.filter(key=key).order_by("-version").first()
    wanted = (text, covers_below)
    is_same = last is not None and (last.text, last.covers_below) == wanted
    if last is not None and is_same and not is_material:
        return last
    notice = Notice.objects.create(
        key=key,
        version=last.version + 1 if last else 1,
        text=text,
        locale=locale,
        covers_below=covers_below,
        is_material=is_material and last is not None,
        created_at=now,
    )
    audit.record(
        by=by,
        now=now,
        type="notice.added",
        subject=SubjectRef("notice", f"{key}:{notice.version}"),
        details={"is_material": notice.is_material},
    )
    if notice.is_material:
        hooks.ruled()
    return notice


def _lock_notice(key: str) -> None:
    """Two people who say yes to new words at once number them one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"notice:{key}"]
        )
