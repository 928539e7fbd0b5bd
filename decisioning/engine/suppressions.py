"""Addresses put on the suppression list, and the customers whose they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection, transaction

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
