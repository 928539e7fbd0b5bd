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
WITH given AS (SELECT unnest(%(hashes)s::text[]) AS hash), added AS (
    INSERT INTO governance_suppression (channel, address_hash, why, source, added_at)
    SELECT %(channel)s, hash, %(why)s, %(source)s, %(now)s FROM given
    ON CONFLICT (channel, address_hash, source) WHERE lifted_at IS NULL DO NOTHING
    RETURNING address_hash
)
SELECT count(*) FROM added WHERE NOT EXISTS (SELECT 1 FROM governance_suppression s
    WHERE s.channel = %(channel)s AND s.address_hash = added.address_hash
    AND s.lifted_at IS NULL)
"""
# Those whom a list barred, and whether nothing else has barred them since.
BARRED = """
SELECT e.person_id, e.channel, bool_and(e.source = %(source)s)
FROM governance_consentevent e
WHERE e.action = 'suppress'
    AND EXISTS (SELECT 1 FROM governance_consentevent mine
        WHERE mine.person_id = e.person_id AND mine.channel = e.channel
        AND mine.action = 'suppress' AND mine.source = %(source)s)
    AND NOT EXISTS (SELECT 1 FROM governance_consentevent later
        WHERE later.person_id = e.person_id AND later.channel = e.channel
        AND later.action = 'unsuppress' AND later.id > e.id)
GROUP BY e.person_id, e.channel
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
        given = {"channel": channel, "why": why[:40], "source": source[:40]}
        cursor.execute(ADD, {**given, "now": now, "hashes": hashes})
        (n_added,) = cursor.fetchone() or (0,)
    audit.record(
        by=by,
        now=now,
        type="suppression.added",
        subject=SubjectRef("suppression", channel),
        details={"given": len(hashes), "added": n_added, "why": why[:40]},
    )
    return int(n_added)


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


@transaction.atomic
def lift_list(*, by: Actor, now: datetime, source: str) -> tuple[int, int]:
    """Take back what one list put here; how many addresses leave, how many stay.

    An address stays that another list, or a person's own wish, has put here as well.
    """
    _must_write(by)
    mine = Suppression.objects.filter(source=source[:40], lifted_at=None)
    hashes = set(mine.values_list("channel", "address_hash"))
    mine.update(lifted_at=now)
    found = Suppression.objects.filter(
        address_hash__in=[value for _, value in hashes], lifted_at=None
    ).values_list("channel", "address_hash")
    n_stay = len(hashes.intersection(found))
    audit.record(
        by=by,
        now=now,
        type="suppression.list_lifted",
        subject=SubjectRef("suppression", source[:40]),
        details={"off": len(hashes) - n_stay, "stay": n_stay},
    )
    return len(hashes) - n_stay, n_stay


def barred_by(source: str) -> dict[tuple[int, str], bool]:
    """Person and channel that a list barred: whether by nothing else since."""
    with connection.cursor() as cursor:
        cursor.execute(BARRED, {"source": source[:40]})
        return {(person, channel): alone for person, channel, alone in cursor}


def free(pairs: Collection[tuple[int, str]], *, now: datetime, source: str) -> None:
    """End what a list that was taken back had barred; consents are as they were."""
    rows = [
        ConsentRow(person_id=person, purpose="", action="unsuppress", channel=channel)
        for person, channel in sorted(pairs)
    ]
    if rows:
        consent.record_bulk(by=SYSTEM, now=now, rows=rows, source=source[:40])


def _must_write(by: Actor) -> None:
    if by.kind is ActorKind.SYSTEM or holds(by, Permission.IMPORTS_WRITE):
        return
    if not holds(by, Permission.PREFERENCES_WRITE_ON_REQUEST):
        raise Refused("Only privacy, support and those who import keep this list.")
