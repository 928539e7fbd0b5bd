"""A person looked at a decision: what follows holds, and it is decided again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from decisioning.customers.models import CustomerIdentity
from decisioning.customers.queries import kept_id
from decisioning.engine import actions as engine
from decisioning.engine.answers import Asked
from decisioning.engine.correcting import decide_anew
from decisioning.engine.models import Decision
from decisioning.offers.models import Offer
from governance.assessments import hearings
from governance.assessments.core.hearing import Outcome
from governance.assessments.models import Hearing
from governance.consent import actions as consent
from governance.types import Actor, Invalid

SOURCE = "hearing"
KINDS = ("user", "anonymous")


def decide_hearing(
    *, by: Actor, now: datetime, hearing_id: int, outcome: str, told: str
) -> Hearing:
    """Write the outcome back for this person, and take the decision again.

    Raises
    ------
    Refused
        Where somebody else is named to decide it, or it is decided already.
    """
    row = hearings.hearing(hearing_id)
    with transaction.atomic():
        done = hearings.decide(
            by=by, now=now, hearing_id=hearing_id, outcome=outcome, told=told
        )
        if not Outcome(outcome).changes:
            return done
        decided = _decided(row.decision_id)
        person = kept_id(row.person_id) or row.person_id
        _change(by, now, person, decided, Outcome(outcome))
        decide_anew(person_id=person)
    done.new_decision_id = _again(person, decided.placement_key)
    done.save(update_fields=["new_decision_id"])
    return done


def _decided(decision_id: UUID | None) -> Decision:
    found = Decision.objects.filter(pk=decision_id).first() if decision_id else None
    if found is None:
        raise Invalid({"outcome": "The decision is gone; there is nothing to do."})
    return found


def _change(
    by: Actor, now: datetime, person: int, decided: Decision, outcome: Outcome
) -> None:
    if outcome is Outcome.ALL_OFF:
        consent.turn_everything_off(by=by, now=now, person_id=person, source=SOURCE)
    elif outcome is Outcome.CHANNEL_OFF:
        consent.set_channel(
            by=by,
            now=now,
            person_id=person,
            channel=decided.channel,
            allowed=False,
            source=SOURCE,
        )
    else:
        consent.set_topic(
            by=by,
            now=now,
            person_id=person,
            topic=_topic(decided),
            allowed=False,
            source=SOURCE,
        )


def _topic(decided: Decision) -> str:
    topic = (
        Offer.objects.filter(key=decided.offer_key)
        .values_list("topic", flat=True)
        .first()
    )
    if not topic:
        raise Invalid({"outcome": "What was shown has no topic; choose another."})
    return str(topic)


def _again(person: int, placement: str) -> UUID | None:
    """The same place asked once more, under a name the customer is known by."""
    names = CustomerIdentity.objects.filter(customer_id=person, kind__in=KINDS)
    name = names.order_by("-kind", "pk").first()
    if name is None:
        return None
    asked = (
        Asked(placement, user_id=name.value)
        if name.kind == "user"
        else Asked(placement, anonymous_id=name.value)
    )
    try:
        answer = engine.decide(asked)
    except engine.UnknownPlacement:
        return None
    return UUID(msgspec.json.decode(answer)["decisionId"])
