from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from decisioning.customers.core import ANONYMOUS, EMAIL, USER
from decisioning.customers.models import Customer, CustomerIdentity, IdentityMerge
from governance.consent.suppressions import hash_of
from governance.types import NotFound

__all__ = [
    "Customer",
    "IdentityMerge",
    "Person",
    "address_of",
    "by_name",
    "by_pseudonym",
    "by_user_id",
    "event_counts",
    "kept_id",
    "locale_of",
    "merges",
    "person",
    "pseudonym_of",
    "recent_events",
]
MISSING = "There is no such customer."


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with the names others call them by."""

    customer: Customer
    user_ids: tuple[str, ...]
    anonymous_ids: tuple[str, ...]


def by_user_id(user_id: str) -> Customer:
    """The customer behind a user id, after all merges.

    Raises
    ------
    NotFound
        Where nobody has that id.
    """
    found = (
        CustomerIdentity.objects.select_related("customer")
        .filter(kind=USER, value=user_id)
        .first()
    )
    if found is None:
        raise NotFound(MISSING)
    return found.customer


def by_name(name: str) -> Customer:
    """The customer behind an exact user id, or else an exact e-mail address.

    Raises
    ------
    NotFound
        Where nobody goes by that name.
    """
    names = [(USER, name)]
    if "@" in name:
        names.append((EMAIL, hash_of("email", name)))
    for kind, value in names:
        found = CustomerIdentity.objects.select_related("customer").filter(
            kind=kind, value=value
        )
        if (identity := found.first()) is not None:
            return identity.customer
    raise NotFound(MISSING)


def by_pseudonym(pseudonym: str) -> Customer:
    found = Customer.objects.filter(pseudonym=pseudonym, merged_into=None).first()
    if found is None:
        raise NotFound(MISSING)
    return found


def pseudonym_of(customer_id: int) -> str:
    """Empty where there is no such customer any more."""
    found = Customer.objects.filter(pk=customer_id).values_list("pseudonym", flat=True)
    return found.first() or ""


def address_of(customer_id: int, channel: str) -> str:
    """Where messages of a channel go to; empty where nobody told us."""
    field = {"email": "email", "sms": "phone"}.get(channel, "")
    found = Customer.objects.filter(pk=customer_id).values_list("contact", flat=True)
    return str((found.first() or {}).get(field) or "")


def kept_id(customer_id: int) -> int | None:
    """Who stands for this customer after all merges; None where nobody does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE upwards AS ("
            " SELECT id, merged_into_id FROM decisioning_customer WHERE id = %s"
            " UNION SELECT c.id, c.merged_into_id FROM decisioning_customer c"
            " JOIN upwards u ON c.id = u.merged_into_id)"
            " SELECT id FROM upwards WHERE merged_into_id IS NULL",
            [customer_id],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def locale_of(customer_id: int) -> str:
    """As their device last told it; empty where none did."""
    found = Customer.objects.filter(pk=customer_id).values_list("locale", flat=True)
    return found.first() or ""


def person(customer: Customer) -> Person:
    names = CustomerIdentity.objects.filter(customer=customer).order_by("pk")
    pairs = list(names.values_list("kind", "value"))
    return Person(
        customer,
        tuple(value for kind, value in pairs if kind == USER),
        tuple(value for kind, value in pairs if kind == ANONYMOUS),
    )


def event_counts(customer_id: int) -> dict[str, int]:
    """How often each thing happened, the calls without a name under their type."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, count(*) FROM decisioning_event WHERE customer_id = %s"
            " GROUP BY name ORDER BY name",
            [customer_id],
        )
        return dict(cursor.fetchall())


def recent_events(
    customer_id: int, *, limit: int = 50
) -> Sequence[tuple[str, datetime, int | None, dict[str, Any]]]:
    """The latest events, newest first: name, time, value in minor units, properties."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, occurred_at, value_minor, properties::text"
            " FROM decisioning_event WHERE customer_id = %s"
            " ORDER BY occurred_at DESC, id DESC LIMIT %s",
            [customer_id, limit],
        )
        return [
            (name, at, value, dict(json.loads(properties)))
            for name, at, value, properties in cursor.fetchall()
        ]


def merges(customer_id: int) -> list[IdentityMerge]:
    return list(
        IdentityMerge.objects.filter(kept_id=customer_id).order_by("-merged_at")
    )
