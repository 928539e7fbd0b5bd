"""The ledger, the head that is derived from it, and what it lets a decision do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.audit.queries import AuditEntry
from governance.consent import actions as consent
from governance.consent import queries
from governance.consent.models import ConsentEvent, ConsentHead
from governance.installation.queries import now as database_now
from governance.types import Actor, Invalid, Refused

CUSTOMER = Actor.system("preferences")
CHANNELS = ("", "web", "email")
PURPOSES = ("personalise_onsite", "direct_marketing", "analytics")
EVIDENCE = {
    "purposes": ["direct_marketing"],
    "channels": ["email"],
    "wording": "Yes, send me offers.",
    "mechanism": "A box nobody had ticked",
    "collectedAt": "2026-01-05T10:00:00Z",
    "validUntil": "2027-01-05T10:00:00Z",
    "declaredBy": "petra",
}


def say(person, action, purpose="direct_marketing", channel="email", **more):
    return consent.record(
        by=CUSTOMER,
        now=database_now(),
        person_id=person,
        purpose=purpose,
        action=action,
        channel=channel,
        source="preferences",
        **more,
    )


def allowed(person, purpose="direct_marketing", channel="email", after=timedelta(0)):
    return queries.may_use(person, purpose, channel, now=database_now() + after)


@pytest.mark.django_db
def test_nothing_known_denies():
    assert queries.head(1) is None
    assert allowed(1).code == "consent.unknown"


@pytest.mark.django_db
def test_a_withdrawal_holds_for_the_very_next_question():
    say(1, "grant")
    assert allowed(1)
    assert allowed(1, channel="sms").code == "consent.missing_purpose"
    say(1, "withdraw")
    assert allowed(1).code == "consent.withdrawn"
    assert [event.action for event in queries.history(1)] == ["withdraw", "grant"]


@pytest.mark.django_db
def test_all_off_denies_whatever_was_granted_and_on_gives_it_back():
    say(1, "grant")
    consent.turn_everything_off(
        by=CUSTOMER, now=database_now(), person_id=1, source="preferences"
    )
    assert allowed(1).code == "consent.personalisation_off"
    assert ConsentHead.objects.get(pk=1).personalization_off
    consent.turn_on(by=CUSTOMER, now=database_now(), person_id=1, source="preferences")
    assert allowed(1)


@pytest.mark.django_db
def test_a_channel_switched_off_and_a_pause_end_as_they_should():
    say(1, "grant")
    consent.set_channel(
        by=CUSTOMER,
        now=database_now(),
        person_id=1,
        channel="email",
        allowed=False,
        source="preferences",
    )
    assert allowed(1).code == "consent.channel_off"
    consent.set_channel(
        by=CUSTOMER,
        now=database_now(),
        person_id=1,
        channel="email",
        allowed=True,
        source="preferences",
    )
    consent.pause(by=CUSTOMER, now=database_now(), person_id=1, days=7)
    assert allowed(1).code == "consent.paused"
    assert allowed(1, after=timedelta(days=8))


@pytest.mark.django_db
def test_imported_consent_without_its_evidence_denies():
    rows = [
        consent.ConsentRow(
            person_id=person,
            purpose="direct_marketing",
            action="grant",
            channel="email",
            occurred_at=database_now() - timedelta(days=30),
            evidence=evidence,
        )
        for person, evidence in ((1, EVIDENCE), (2, {**EVIDENCE, "wording": ""}))
    ]
    consent.record_bulk(by=CUSTOMER, now=database_now(), rows=rows, source="import:csv")
    assert allowed(1)
    assert allowed(2).code == "consent.evidence_incomplete"
    assert AuditEntry.objects.get(type="consent.imported").details == {
        "rows": 2,
        "people": 2,
        "evidence_incomplete": 1,
    }


@pytest.mark.django_db
def test_many_choices_take_few_statements(django_assert_max_num_queries):
    rows = [
        consent.ConsentRow(
            person_id=person,
            purpose="direct_marketing",
            action="grant",
            channel=channel,
            evidence={},
        )
        for person in range(1, 5001)
        for channel in ("email", "web")
    ]
    with django_assert_max_num_queries(14):
        consent.record_bulk(by=CUSTOMER, now=database_now(), rows=rows, source="seed")
    assert ConsentEvent.objects.count() == 10_000
    assert allowed(4999, channel="web")
    share = next(s for s in queries.shares() if s.purpose == "direct_marketing")
    assert (share.n_allowing, share.n_known) == (5000, 5000)


choices = st.tuples(
    st.integers(1, 3),
    st.sampled_from(
        ["grant", "deny", "object", "off", "on", "channel_off", "channel_on", "gpc"]
    ),
    st.sampled_from(PURPOSES),
    st.sampled_from(CHANNELS),
    st.integers(0, 5),
    st.booleans(),
)


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(choices, max_size=14), split=st.integers(0, 14))
def test_the_head_is_what_the_ledger_says(history, split):
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(person_id), 0) FROM governance_consenthead")
        base = cursor.fetchone()[0]
    clock = database_now()
    for person, action, purpose, channel, days, below in history[:split]:
        say(
            base + person,
            action,
            purpose=purpose,
            channel=channel,
            occurred_at=clock - timedelta(days=days),
            evidence={"covers_below": below},
        )
    rows = [
        consent.ConsentRow(
            person_id=base + person,
            purpose=purpose,
            action=action,
            channel=channel,
            occurred_at=clock - timedelta(days=days),
            evidence={"covers_below": below},
        )
        for person, action, purpose, channel, days, below in history[split:]
    ]
    consent.record_bulk(by=CUSTOMER, now=clock, rows=rows, source="page")
    for person in {base + row[0] for row in history}:
        assert queries.head(person) == queries.rebuilt(person)


def test_staff_without_the_right_change_nobodys_choices(house):
    for name in ("mara", "ada", "ana"):
        with pytest.raises(Refused):
            consent.turn_everything_off(
                by=house[name], now=house.now, person_id=1, source="desk"
            )
    consent.turn_everything_off(
        by=house["sam"], now=house.now, person_id=1, source="desk"
    )
    assert queries.head(1).personalisation_off


@pytest.mark.django_db
def test_an_unknown_purpose_is_named():
    with pytest.raises(Invalid) as refused:
        say(1, "grant", purpose="anything")
    assert "purpose" in refused.value.fields
    assert ConsentEvent.objects.count() == 0


@pytest.mark.django_db
def test_a_browser_that_repeats_its_signal_does_not_undo_an_informed_yes():
    """The signal comes with every request for ever; only the first is news."""

    def share():
        return allowed(1, "ads_sharing", "web")

    def signal():
        consent.see_gpc(by=CUSTOMER, now=database_now(), person_id=1, source="web")

    def agree(**evidence):
        below = {"covers_below": True, **evidence}
        say(1, "grant", purpose="ads_sharing", channel="", evidence=below)

    agree()
    signal()
    assert share().code == "consent.gpc"
    agree()
    assert share().code == "consent.gpc"

    agree(seen_gpc=True)
    signal()

    assert share()
    assert queries.head(1) == queries.rebuilt(1)
