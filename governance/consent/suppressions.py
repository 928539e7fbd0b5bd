"""The suppression list: whom we must not write to, known by keyed hashes alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.consent import actions as consent
from governance.consent import queries
from governance.consent.bulk import ConsentRow
from governance.consent.core import Head, keyed_hash, normalised
from governance.consent.models import Suppression
from governance.types import Actor, ActorKind, Invalid, Refused, SubjectRef

ADDRESSES: Mapping[str, str] = {"email": "email", "sms": "phone"}
SYSTEM = Actor.system("suppression")
ADD = """
INSERT INTO governance_suppression (channel, address_hash, why, source, added_at)
SELECT %s, hash, %s, %s, %s FROM unnest(%s::text[]) AS hash
ON CONFLICT (channel, address_hash) WHERE lifted_at IS NULL DO NOTHING
"""


def hash_of(channel: str, address: str) -> str:
    return keyed_hash(settings.SUPPRESSION_KEY.encode(), channel, address)


@transaction.atomic
def add(
    *,
    by: Actor,
    now: datetime,
    channel: str,
    addresses: Iterable[str],
    why: str,
    source: str,
) -> int:
    """Put addresses on the list for ever; how many were not on it before.

    Those who have such an address are told apart by `heed`, which knows contacts.
    """
    _must_write(by)
    if channel not in ADDRESSES:
        raise Invalid({"channel": f"Choose one of: {', '.join(ADDRESSES)}."})
    if not why.strip():
        raise Invalid({"why": "Say why these addresses must not be written to."})
    hashes = sorted({hash_of(channel, a) for a in addresses if normalised(channel, a)})
    with connection.cursor() as cursor:
        cursor.execute(ADD, [channel, why[:40], source[:40], now, hashes])
        n_added = int(cursor.rowcount)
    audit.record(
        by=by,
        now=now,
        type="suppression.added",
        subject=SubjectRef("suppression", channel),
        details={"given": len(hashes), "added": n_added, "why": why[:40]},
    )
    return n_added


def listed(pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these (channel, address) pairs that stand on the list; one query."""
    by_hash = {
        (channel, hash_of(channel, address)): (channel, address)
        for channel, address in pairs
        if normalised(channel, address)
    }
    if not by_hash:
        return set()
    found = Suppression.objects.filter(
        address_hash__in=[value for _, value in by_hash], lifted_at=None
    ).values_list("channel", "address_hash")
    return {by_hash[pair] for pair in found if pair in by_hash}


def heed(
    contacts: Mapping[int, Mapping[str, Any]], *, now: datetime, source: str
) -> int:
    """Bar those whose address is on the list; ``contacts`` by person.

    Call it wherever an address becomes known: one query, and writes only for those
    who are found.
    """
    told = {
        (person, channel): str(contact[field])
        for person, contact in contacts.items()
        for channel, field in ADDRESSES.items()
        if contact.get(field)
    }
    barred = listed({(channel, address) for (_, channel), address in told.items()})
    found = {who for who, address in told.items() if (who[1], address) in barred}
    heads = queries.heads({person for person, _ in found}) if found else {}
    rows = [
        ConsentRow(person_id=person, purpose="", action="suppress", channel=channel)
        for person, channel in sorted(found)
        if person not in heads or channel not in heads[person].suppressed
    ]
    if rows:
        consent.record_bulk(by=SYSTEM, now=now, rows=rows, source=source)
    return len(rows)


@transaction.atomic
def lift(
    *,
    by: Actor,
    now: datetime,
    person_id: int,
    channel: str,
    address: str,
    source: str,
) -> Head:
    """Take an address off the list at the wish of the person whose it is."""
    _must_write(by)
    Suppression.objects.filter(
        channel=channel, address_hash=hash_of(channel, address), lifted_at=None
    ).update(lifted_at=now)
    return consent.record(
        by=by,
        now=now,
        person_id=person_id,
        purpose="",
        action="unsuppress",
        channel=channel,
        source=source,
    )


def _must_write(by: Actor) -> None:
    if by.kind is ActorKind.SYSTEM or holds(by, Permission.IMPORTS_WRITE):
        return
    if not holds(by, Permission.PREFERENCES_WRITE_ON_REQUEST):
        raise Refused("Only privacy, support and those who import keep this list.")
