"""A person corrects what we hold of them; the very next decision rests on it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from decisioning.customers.core import DEVICE
from decisioning.customers.models import CustomerIdentity
from decisioning.engine import interests, writing
from decisioning.events import actions as events
from governance.audit import actions as audit
from governance.consent import actions as consent
from governance.types import Actor, Invalid, NotFound, SubjectRef

SOURCE = "preferences"
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
