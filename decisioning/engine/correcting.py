"""A person corrects what we hold of them; the very next decision rests on it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from decisioning.customers.core import DEVICE
from decisioning.customers.models import CustomerIdentity
from decisioning.engine import interests, writing
from decisioning.engine.core.stages import offer_topic
from decisioning.events import actions as events
from decisioning.offers import queries as offers
from governance.audit import actions as audit
from governance.catalogue.models import DataElement
from governance.consent import actions as consent
from governance.consent.core import Head
from governance.types import Actor, Invalid, NotFound, SubjectRef

SOURCE = "preferences"
WHY = "why"
NAMES = {"user": "userId", "anonymous": "anonymousId"}
FORGET_STANDING = "DELETE FROM decisioning_standingdecision WHERE customer_id = %s"
RELEASE_ALL = writing.RELEASE.format(which="customer_id = %s")


def correct(
    *, by: Actor, now: datetime, person_id: int, trait: str, value: str
) -> None:
    """Change or, with an empty value, remove something the person told us.

    It goes in as any news does, by an identify call of the person's own, and what was
    decided before on the old answer is decided anew.
    """
    told = interests.declared(person_id, None)
    element = next((d for d in told if d.trait == trait), None)
    if element is None:
        raise Invalid({"choice": "Use one of the buttons on the page."})
    events.ingest(
        [
            {
                "type": "identify",
                "messageId": f"{SOURCE}-{uuid.uuid4()}",
                "timestamp": now.isoformat(),
                "traits": {trait: _given(element, value)},
                **_name_of(person_id),
            }
        ],
        source=SOURCE,
        now=now,
    )
    decide_anew(person_id=person_id)
    audit.record(
        by=by,
        now=now,
        type="customer.corrected",
        subject=SubjectRef("person", str(person_id)),
        details={"trait": trait, "is_removed": not value},
    )


def less_like(*, by: Actor, now: datetime, person_id: int, offer_key: str) -> str:
    """Leave out an offer's topic, or the offer where it has none; the topic left out.

    It holds from the next decision on, for every choice, a random one too.
    """
    topic = topic_left_out(offer_key)
    consent.set_topic(
        by=by, now=now, person_id=person_id, topic=topic, allowed=False, source=WHY
    )
    decide_anew(person_id=person_id)
    return topic


def topic_left_out(offer_key: str) -> str:
    """What "less like this" leaves out where this offer was shown; empty for none."""
    if not offer_key:
        return ""
    return offers.topic_of(offer_key) or offer_topic(offer_key)


def elements_off(head: Head | None) -> dict[str, str]:
    """Labels, by key, of the data elements that a person took out of use."""
    if head is None or not head.signals_off:
        return {}
    rows = DataElement.objects.filter(field__in=head.signals_off).order_by("label")
    return {row.key: row.label for row in rows}


def stop_using(*, by: Actor, now: datetime, person_id: int, element: str) -> None:
    """Take a data element out of use for a person, with all that is derived from it."""
    fields = _fields_of(element)
    if not fields:
        raise Invalid({"choice": "Use one of the buttons on the page."})
    for field in fields:
        consent.set_signal(
            by=by, now=now, person_id=person_id, field=field, allowed=False, source=WHY
        )
    decide_anew(person_id=person_id)


def use_again(*, by: Actor, now: datetime, person_id: int, element: str) -> None:
    """Take one element back in; what is derived from it has a switch of its own."""
    row = DataElement.objects.filter(pk=element).first()
    if row is None:
        raise Invalid({"choice": "Use one of the buttons on the page."})
    consent.set_signal(
        by=by,
        now=now,
        person_id=person_id,
        field=row.field,
        allowed=True,
        source=SOURCE,
    )
    decide_anew(person_id=person_id)


def _fields_of(element: str) -> list[str]:
    """Of the element and, however far down, of those derived from it."""
    rows = {row.key: row for row in DataElement.objects.all()}
    found = [element] if element in rows else []
    for key in found:
        found += [
            row.key
            for row in rows.values()
            if key in row.derived_from and row.key not in found
        ]
    return list(dict.fromkeys(rows[key].field for key in found))


def _given(element: interests.Declared, value: str) -> object:
    if not value:
        return None
    if element.is_yes_no and value in {"yes", "no"}:
        return value == "yes"
    if value not in element.choices:
        raise Invalid({"choice": "Choose one of the answers on the page."})
    return value


def _name_of(person_id: int) -> dict[str, Any]:
    """The name under which the person's own devices would send this."""
    names = CustomerIdentity.objects.filter(
        customer_id=person_id, kind__in=(*NAMES, DEVICE)
    ).order_by("-kind", "pk")
    first = names.values_list("kind", "value").first()
    if first is None:
        raise NotFound("There is no such customer.")
    kind, value = first
    if kind == DEVICE:
        return {"context": {"device": {"id": value}}}
    return {NAMES[kind]: value}


@transaction.atomic
def decide_anew(*, person_id: int) -> None:
    """Drop what stands for this person, and free what was reserved and not shown."""
    consent.lock_person(person_id)
    writing.run(FORGET_STANDING, [person_id])
    writing.run(RELEASE_ALL, [person_id])
