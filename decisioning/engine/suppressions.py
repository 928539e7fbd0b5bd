"""Addresses put on the suppression list, and the customers whose they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from decisioning.customers.models import Customer
from governance.consent import suppressions
from governance.consent.core import normalised
from governance.types import Actor

# One scan of the customers; the addresses stand there as somebody typed them.
WHOSE: Mapping[str, str] = {
    "email": """
SELECT id, contact ->> 'email' FROM decisioning_customer
WHERE merged_into_id IS NULL AND lower(btrim(contact ->> 'email')) = ANY(%s)""",
    "sms": """
SELECT id, contact ->> 'phone' FROM decisioning_customer
WHERE merged_into_id IS NULL AND regexp_replace(
    regexp_replace(contact ->> 'phone', '[^0-9+]', '', 'g'), '^00', '+') = ANY(%s)""",
}


@transaction.atomic
def suppress(
    *,
    by: Actor,
    now: datetime,
    channel: str,
    addresses: Collection[str],
    why: str,
    source: str,
) -> tuple[int, int]:
    """New entries of the list, and customers whom the next decision spares for it."""
    n_added = suppressions.add(
        by=by, now=now, channel=channel, addresses=addresses, why=why, source=source
    )
    wanted = sorted({normalised(channel, a) for a in addresses} - {""})
    with connection.cursor() as cursor:
        cursor.execute(WHOSE[channel], [wanted])
        field = suppressions.ADDRESSES[channel]
        contacts = {person: {field: address} for person, address in cursor}
    return n_added, suppressions.heed(contacts, now=now, source=source)


@dataclass(frozen=True, slots=True)
class Lifted:
    """What taking a list back did: addresses, and people whom it had barred."""

    n_off: int
    n_stay: int
    n_freed: int
    n_barred: int

    @property
    def sentence(self) -> str:
        told = f"{self.n_off:,} addresses are off the list."
        if self.n_stay:
            told += f" {self.n_stay:,} stay: another list or the person put them there."
        if self.n_barred:
            told += f" {self.n_barred:,} people stay barred for another reason."
        return told


@transaction.atomic
def take_back(*, by: Actor, now: datetime, source: str) -> Lifted:
    """Take a list back, and free whom nothing but this list had barred.

    Somebody stays barred whose address is on another list, who was barred in another
    way as well, or whose address is not known any more.
    """
    n_off, n_stay = suppressions.lift_list(by=by, now=now, source=source)
    barred = suppressions.barred_by(source)
    alone = {pair for pair, is_alone in barred.items() if is_alone}
    known = dict(
        Customer.objects.filter(
            pk__in={person for person, _ in alone}, merged_into=None
        ).values_list("pk", "contact")
    )
    addresses = {
        (person, channel): (channel, str(known[person][field]))
        for person, channel in alone
        if (field := suppressions.ADDRESSES[channel]) in known.get(person, {})
    }
    listed = suppressions.listed(set(addresses.values()))
    freed = [pair for pair, address in addresses.items() if address not in listed]
    suppressions.free(freed, now=now, source=source)
    return Lifted(n_off, n_stay, len(freed), len(barred) - len(freed))
