"""What the system stops by itself is an incident; what people stop is not."""

from datetime import timedelta

import pytest
from django.db import Error, transaction

from governance.audit.models import AuditEntry
from governance.incidents import actions, queries
from governance.incidents.core import Cause, minutes_to_effect
from governance.incidents.models import Incident
from governance.types import Actor, Invalid, Refused
from governance.usecases import actions as use_cases

SYSTEM = Actor.system("measurement")
LEARNED = "The subject line promised more than the page kept."


def stopped(house):
    key, at = house.running(), house.now
    cause = Cause("guardrail.harm", at - timedelta(minutes=7))
    use_cases.transition(
        by=SYSTEM,
        now=at,
        key=key,
        transition="roll_back",
        reason="Certain harm: Opt-out rate worse than allowed.",
        cause=cause,
    )
    return Incident.objects.get()


def closed(house, by="chris", **more):
    row = Incident.objects.get()
    counts = {"n_decisions": 40, "n_customers": 12, "first_default_at": house.now}
    given = {"learned": LEARNED, **counts, **more}
    return actions.close(by=house[by], now=house.now, incident_id=row.pk, **given)


def test_an_automatic_rollback_opens_an_incident_with_its_cause(house):
    row = stopped(house)

    assert (row.act, row.code) == ("roll_back", "guardrail.harm")
    assert row.noticed_at - row.first_harm_at == timedelta(minutes=7)
    assert AuditEntry.objects.filter(type="use_case.incident_opened").count() == 1
    told = [entry.type for entry in queries.timeline(row)]
    assert told.index("use_case.rolled_back") < told.index("use_case.incident_opened")


def test_what_a_person_stops_is_no_incident(house):
    use_cases.pause(by=house["chris"], now=house.now, key=house.running(), reason="x")

    assert not Incident.objects.exists()


def test_it_is_closed_once_with_what_was_learned_by_those_who_may_stop(house):
    stopped(house)

    with pytest.raises(Invalid):
        closed(house, learned="Fine.")
    with pytest.raises(Refused):
        closed(house, by="sam")
    assert closed(house).learned == LEARNED
    with pytest.raises(Refused) as again:
        closed(house)
    assert again.value.code == "incident.closed"


def test_its_facts_cannot_be_changed(house):
    row = stopped(house)
    with pytest.raises(Error), transaction.atomic():
        Incident.objects.filter(pk=row.pk).update(reason="Nothing happened.")


def test_notes_and_incidents_are_found_by_their_words(house):
    row = stopped(house)
    closed(house)
    use_cases.note_learning(
        by=house["mara"], now=house.now, key=row.use_case.key, text="Buyers like mugs."
    )

    assert [one.kind for one in queries.remembered("subject promised")] == ["Incident"]
    notes = queries.remembered("mugs")
    assert [(one.kind, one.who) for one in notes] == [("Learned", "Recent buyers")]
    assert {one.kind for one in queries.remembered("recent")} == {"Learned", "Incident"}
    assert queries.remembered("zebra") == []
    assert queries.remembered("  ") == []


def test_minutes_run_from_the_first_harm_to_the_first_default(house):
    at = house.now
    assert minutes_to_effect(at, at + timedelta(seconds=90)) == 1.5
    assert minutes_to_effect(at, at - timedelta(seconds=90)) == 0
    assert minutes_to_effect(None, at) is None
    assert minutes_to_effect(at, None) is None
