"""Exact words by version: what a yes carries, when it ends, how it is proved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from governance.audit.queries import AuditEntry
from governance.consent import actions as consent
from governance.consent import queries
from governance.consent.core import Block
from governance.consent.models import ConsentEvent, Notice
from governance.installation.queries import now as clock
from governance.types import Actor, Invalid, Refused

CUSTOMER = Actor.system("customer")
WORDS = "We may send you offers by e-mail."


def notice(text=WORDS, **more):
    return consent.add_notice(by=CUSTOMER, now=clock(), key="offers", text=text, **more)


def grant(person=1, channel="email", words=None, **more):
    return consent.record(
        by=CUSTOMER,
        now=clock(),
        person_id=person,
        purpose="direct_marketing",
        action="grant",
        channel=channel,
        source="page",
        notice=words,
        **more,
    )


def answer(person=1, channel="email"):
    return queries.may_use(person, "direct_marketing", channel, now=clock())


def serving_version():
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM governance_servingversion")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_the_same_words_are_one_version_and_other_words_the_next():
    assert notice().version == notice().version == 1
    assert notice("We may send you offers.").version == 2


@pytest.mark.django_db
def test_a_material_change_ends_what_was_granted_to_the_old_words():
    grant(words=notice())
    grant(person=2, words=None)
    assert answer()
    before = serving_version()

    notice("We may send you offers, and share your address.", is_material=True)

    assert answer().code == "consent.expired"
    assert answer(person=2)
    assert serving_version() > before  # the very next decision rebuilds its snapshot
    grant(words=notice("We may send you offers, and share your address."))
    assert answer()


@pytest.mark.django_db
def test_a_change_of_wording_alone_ends_nothing():
    grant(words=notice())

    notice("We may send you our offers by e-mail.")

    assert answer()


@pytest.mark.django_db
def test_a_grant_reaches_below_only_where_its_notice_said_so():
    below = {"covers_below": True}
    with pytest.raises(Invalid):
        grant(channel="", words=notice(), evidence=below)

    grant(channel="", words=notice("By every way.", covers_below=True), evidence=below)

    assert answer(channel="sms")


@pytest.mark.django_db
def test_the_proof_tells_who_what_when_which_text_and_how():
    words = notice()
    grant(words=words, evidence={"mechanism": "button"})

    proof = queries.proof(1)[0]

    assert (proof.person_id, proof.recorded_by) == (1, "system:customer")
    assert (proof.action, proof.purpose) == ("grant", "direct_marketing")
    assert proof.channel == "email"
    assert (proof.notice, proof.text) == ("offers:1", WORDS)
    assert proof.how == "button"
    assert proof.occurred_at <= proof.recorded_at <= clock()
    assert proof.is_complete


@pytest.mark.django_db
def test_the_proof_of_an_import_is_what_its_declarant_wrote():
    evidence = {"wording": "Yes, offers.", "mechanism": "paper form"}
    rows = [
        consent.ConsentRow(
            person_id=1,
            purpose="direct_marketing",
            action="grant",
            channel="email",
            evidence=evidence,
        )
    ]
    consent.record_bulk(by=CUSTOMER, now=clock(), rows=rows, source="import:csv")

    proof = queries.proof(1)[0]

    assert (proof.text, proof.how) == ("Yes, offers.", "paper form")
    assert proof.recorded_by == "system:customer"
    assert not proof.is_complete


@pytest.mark.django_db
def test_grants_that_ended_are_written_down_once_and_stay_ended():
    grant(words=notice())
    grant(person=2, valid_until=clock() + timedelta(seconds=1))
    grant(person=3)
    notice("Quite other words.", is_material=True)
    later = clock() + timedelta(days=1)

    assert consent.expire_due(now=later) == 2
    assert consent.expire_due(now=later) == 0

    said = ConsentEvent.objects.filter(action="expire").order_by("person_id")
    assert [(row.person_id, row.evidence["why"]) for row in said] == [
        (1, "notice changed"),
        (2, "run out"),
    ]
    assert all(queries.head(p) == queries.rebuilt(p) for p in (1, 2, 3))
    assert answer(person=3)
    assert AuditEntry.objects.filter(type="consent.recorded").exists()


@pytest.mark.django_db
def test_a_new_yes_after_an_expiry_holds_again():
    grant(valid_until=clock() - timedelta(days=1), occurred_at=clock())
    consent.expire_due(now=clock())
    assert answer().code == "consent.expired"

    grant()

    assert answer()


@pytest.mark.django_db
def test_a_blocked_person_is_left_alone_even_for_the_service():
    grant()
    consent.block(
        by=CUSTOMER, now=clock(), person_id=1, why=Block.DECEASED, source="desk"
    )
    assert answer().code == "consent.deceased"
    assert not queries.may_use(1, "service", now=clock())

    consent.block(by=CUSTOMER, now=clock(), person_id=1, why=None, source="desk")

    assert answer()


@pytest.mark.django_db
def test_the_persons_own_limit_stands_in_the_ledger_like_any_choice():
    consent.set_max_contacts(
        by=CUSTOMER, now=clock(), person_id=1, per_week=3, source="page"
    )

    row = queries.ConsentHead.objects.get(pk=1)
    assert (row.max_contacts_per_week, queries.rebuilt(1).max_per_week) == (3, 3)
    with pytest.raises(Invalid):
        consent.set_max_contacts(
            by=CUSTOMER, now=clock(), person_id=1, per_week=101, source="page"
        )


@pytest.mark.django_db
def test_a_pause_of_one_channel_does_not_pause_the_rest():
    consent.pause(by=CUSTOMER, now=clock(), person_id=1, days=7, channel="email")
    row = consent.ConsentRow(
        person_id=2,
        purpose="",
        action="pause",
        channel="email",
        valid_until=clock() + timedelta(days=7),
    )
    consent.record_bulk(by=CUSTOMER, now=clock(), rows=[row], source="merge")

    for head in queries.ConsentHead.objects.filter(pk__in=(1, 2)):
        assert head.paused_until is None
        assert set(queries.head(head.pk).paused_until) == {"email"}


def test_only_privacy_writes_notices(house):
    with pytest.raises(Refused):
        consent.add_notice(by=house["mara"], now=house.now, key="x", text="Words.")
    consent.add_notice(by=house["petra"], now=house.now, key="x", text="Words.")

    assert Notice.objects.get().text == "Words."
