"""The suppression list knows addresses by keyed hashes, and never forgets one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.queries import AuditEntry
from governance.consent import queries, suppressions
from governance.consent.core import keyed_hash, normalised
from governance.consent.models import Suppression
from governance.installation.queries import now as clock
from governance.types import Actor, Invalid, Refused

SYSTEM = Actor.system("import")


def add(*addresses, channel="email", by=SYSTEM):
    return suppressions.add(
        by=by,
        now=clock(),
        channel=channel,
        addresses=addresses,
        why="asked by letter",
        source="desk",
    )


@pytest.mark.parametrize(
    ("channel", "one", "other"),
    [
        ("email", "Rosa@Example.org", " rosa@example.org "),
        ("email", "ﬁnn@example.org", "finn@example.org"),
        ("sms", "+44 20 7946 0018", "0044 (20) 7946-0018"),
    ],
)
def test_an_address_is_the_same_however_it_is_typed(channel, one, other):
    assert normalised(channel, one) == normalised(channel, other)


def test_the_hash_needs_the_key_and_keeps_channels_apart():
    told = keyed_hash(b"k", "email", "a@example.org")
    assert told != keyed_hash(b"other", "email", "a@example.org")
    assert told != keyed_hash(b"k", "push", "a@example.org")
    assert len(told) == 64


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text):
    for channel in ("email", "sms"):
        once = normalised(channel, text)
        assert normalised(channel, once) == once


@pytest.mark.django_db
def test_listed_addresses_are_found_and_nothing_readable_is_kept():
    assert add("rosa@example.org", "ROSA@example.org", "", "ben@example.org") == 2
    assert add("rosa@example.org") == 0

    found = suppressions.listed(
        {("email", "Rosa@example.org"), ("email", "x@example.org"), ("sms", "1")}
    )

    assert found == {("email", "Rosa@example.org")}
    kept = str(list(Suppression.objects.values())) + str(
        list(AuditEntry.objects.values("details", "subject_id"))
    )
    assert "example.org" not in kept


@pytest.mark.django_db
def test_who_has_a_listed_address_is_barred_on_that_channel():
    add("rosa@example.org")

    contacts = {
        1: {"email": "rosa@example.org", "phone": "+4420"},
        2: {"email": "ben@example.org"},
    }

    assert suppressions.heed(contacts, now=clock(), source="import:crm") == 1
    assert suppressions.heed(contacts, now=clock(), source="import:crm") == 0
    assert queries.head(1).suppressed == {"email"}
    assert queries.head(2) is None


@pytest.mark.django_db
def test_only_a_lift_ends_an_entry_and_it_may_be_listed_again():
    add("rosa@example.org")
    suppressions.heed({1: {"email": "rosa@example.org"}}, now=clock(), source="x")

    suppressions.lift(
        by=SYSTEM,
        now=clock(),
        person_id=1,
        channel="email",
        address="rosa@example.org",
        source="preferences",
    )

    assert queries.head(1).suppressed == frozenset()
    assert suppressions.listed({("email", "rosa@example.org")}) == set()
    assert add("rosa@example.org") == 1
    assert Suppression.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"channel": "fax"}, {"why": " "}])
def test_a_list_without_channel_or_reason_is_refused(change):
    with pytest.raises(Invalid):
        suppressions.add(
            **{
                "by": SYSTEM,
                "now": clock(),
                "channel": "email",
                "addresses": ["a@example.org"],
                "why": "letter",
                "source": "desk",
                **change,
            }
        )


def test_marketers_neither_list_nor_lift(house):
    with pytest.raises(Refused):
        add("rosa@example.org", by=house["mara"])
    assert add("rosa@example.org", by=house["sam"]) == 1
