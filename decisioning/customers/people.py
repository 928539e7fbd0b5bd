"""One person through all their merges: who they are, their pack, their erasure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from decisioning.customers.models import Customer, CustomerIdentity
from governance.consent.actions import lock_person
from governance.rights import access, erasing
from governance.rights.access import People
from governance.rights.models import ErasureRecord
from governance.types import Actor, NotFound

# Contact details that point to one person; a name alone does not.
TELLING = ("email", "phone", "username")
ADDRESSES = {"email": "email", "phone": "sms"}
FAMILY = """
WITH RECURSIVE upwards AS (
    SELECT id, merged_into_id FROM decisioning_customer WHERE id = %(person)s
    UNION SELECT c.id, c.merged_into_id FROM decisioning_customer c
        JOIN upwards u ON c.id = u.merged_into_id
), family AS (
    SELECT id FROM upwards WHERE merged_into_id IS NULL
    UNION SELECT c.id FROM decisioning_customer c
        JOIN family f ON c.merged_into_id = f.id
)
SELECT id FROM family ORDER BY id"""


def family(person_id: int) -> list[int]:
    """The ids of one person: the customer that stands, and all that were merged in."""
    with connection.cursor() as cursor:
        cursor.execute(FAMILY, {"person": person_id})
        return [found for (found,) in cursor.fetchall()]


def people_of(person_id: int) -> People:
    """Whatever points to this person.

    Raises
    ------
    NotFound
        Where there is no such customer.
    """
    ids = family(person_id)
    if not ids:
        raise NotFound("There is no such customer.")
    identities = CustomerIdentity.objects.filter(customer_id__in=ids, shared_at=None)
    pairs = tuple(identities.order_by("pk").values_list("kind", "value"))
    contacts = list(
        Customer.objects.filter(pk__in=ids).values_list("contact", flat=True)
    )
    pseudonyms = Customer.objects.filter(pk__in=ids).values_list("pseudonym", flat=True)
    return People(
        ids=tuple(ids),
        identities=pairs,
        names=tuple(dict.fromkeys([value for _, value in pairs] + _telling(contacts)))
        + tuple(pseudonyms),
        addresses={
            channel: str(contact[key])
            for contact in contacts
            for key, channel in ADDRESSES.items()
            if contact.get(key)
        },
    )


def _telling(contacts: Iterable[dict[str, Any]]) -> list[str]:
    return [
        str(contact[key])
        for contact in contacts
        for key in TELLING
        if isinstance(contact.get(key), str | int) and contact[key] != ""
    ]


def access_pack(person_id: int, *, now: datetime) -> dict[str, Any]:
    """Everything we hold about this person; not on record by itself."""
    return access.pack(people_of(person_id), now=now)


@transaction.atomic
def erase(*, by: Actor, now: datetime, person_id: int) -> ErasureRecord:
    """Erase a person under their lock, in every table, file and log.

    Raises
    ------
    NotFound, Refused, Conflict
        Nothing was changed.
    """
    for each in family(person_id):
        lock_person(each)
    ids = family(person_id)
    # Batches of events lock whom they touch: those under way end first, later ones
    # find nobody.
    list(Customer.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    return erasing.erase(by=by, now=now, people=people_of(person_id))


def erase_again(*, now: datetime) -> int:
    """After a restore: erase whom a tombstone names and who is older than it.

    Somebody who came back after their erasure is a new customer and stays.
    """
    by = Actor.system("restore")
    tombstones: dict[str, datetime] = {}
    for record in ErasureRecord.objects.order_by("erased_at"):
        tombstones |= dict.fromkeys(record.identity_hashes, record.erased_at)
    risen = {
        identity.customer_id
        for identity in CustomerIdentity.objects.select_related("customer").iterator()
        for mark in erasing.identity_hashes([(identity.kind, identity.value)])
        if mark in tombstones and identity.customer.created_at < tombstones[mark]
    }
    n = 0
    for person in sorted(risen):
        if Customer.objects.filter(pk=person).exists():
            erase(by=by, now=now, person_id=person)
            n += 1
    return n
