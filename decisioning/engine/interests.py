"""What we worked out and what a person told us, as the engine would use it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from decisioning.customers.models import Customer
from decisioning.customers.struck import is_struck
from decisioning.events.goods import GOODS
from decisioning.offers import queries as offers
from governance.catalogue.models import DataElement
from governance.consent.core import Head

__all__ = ["Declared", "Interest", "Topic", "declared", "interests", "topics"]

WINDOW = timedelta(days=90)
MOST = 12
LONGEST = 60  # what the ledger keeps of a topic
# One line for each thing looked at, put in a cart or bought, under its category.
LOOKED = f"""
SELECT good.category, (count(*) FILTER (WHERE e.name <> 'Order Completed'))::int,
    (count(*) FILTER (WHERE e.name = 'Order Completed'))::int
FROM decisioning_event e {GOODS}
WHERE e.customer_id = %(person)s AND e.occurred_at > %(since)s
  AND e.name IN ('Product Viewed', 'Product Added', 'Order Completed')
  AND good.category <> '' AND length(good.category) <= %(longest)s
GROUP BY good.category ORDER BY count(*) FILTER (WHERE e.name <> 'Order Completed')
    + 3 * count(*) FILTER (WHERE e.name = 'Order Completed') DESC, good.category
LIMIT %(most)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Interest:
    """A kind of goods, and what it rests on: counts of the last 90 days."""

    key: str
    n_viewed: int
    n_bought: int
    is_struck: bool


@dataclass(frozen=True, slots=True)
class Declared:
    """Something the person told us, with the answers that may be given."""

    trait: str
    label: str
    value: str
    choices: tuple[str, ...]
    is_yes_no: bool
    is_struck: bool


@dataclass(frozen=True, slots=True)
class Topic:
    key: str
    is_struck: bool


def interests(person_id: int, head: Head | None, *, now: datetime) -> list[Interest]:
    """Kinds of goods the person looked at or bought, the strongest first; one query.

    A kind that was struck out stays listed, so that it can be taken back in.
    """
    asked: dict[str, Any] = {
        "person": person_id,
        "since": now - WINDOW,
        "longest": LONGEST,
        "most": MOST,
    }
    standing = head or Head()
    with connection.cursor() as cursor:
        cursor.execute(LOOKED, asked)
        return [
            Interest(key, n_viewed, n_bought, is_struck(key, standing))
            for key, n_viewed, n_bought in cursor
        ]


def declared(person_id: int, head: Head | None) -> list[Declared]:
    """What the catalogue calls told by people themselves, and this person told us."""
    traits = Customer.objects.filter(pk=person_id).values_list("traits", flat=True)
    told = dict(traits.first() or {})
    elements = DataElement.objects.filter(
        source_type="zero_party", field__startswith="trait."
    ).order_by("label")
    standing = head or Head()
    found = []
    for element in elements:
        trait = element.field.removeprefix("trait.")
        value = told.get(trait)
        if value is not None and value != "":
            found.append(
                Declared(
                    trait=trait,
                    label=element.label,
                    value=_text(value),
                    choices=tuple(map(str, element.choices)),
                    is_yes_no=element.value_type == "bool",
                    is_struck=is_struck(value, standing),
                )
            )
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def topics(head: Head | None) -> list[Topic]:
    """Topics of the offers that are live, for everybody the same; one query."""
    standing = head or Head()
    keys = sorted({offer.topic for offer in offers.offers() if offer.topic})
    return [Topic(key, is_struck(key, standing)) for key in keys]
