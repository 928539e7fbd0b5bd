"""Erasure and retention take out what they may, and everything still verifies."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from decisioning.customers import people
from decisioning.engine.models import Decision
from governance.audit import publishing
from governance.audit.models import Removal, Unsealed
from governance.audit.walking import Walk
from governance.consent import actions as consent
from governance.installation.queries import now as clock
from governance.types import Actor, Role
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.conftest import world as _world

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
PRIVACY = Actor(None, "petra", "Petra", frozenset({Role.PRIVACY_REVIEWER}))
world = _world
EXPIRE = "SELECT n_emptied, n_deleted FROM attune_expire_decisions(%s, %s, %s, %s)"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.PUBLISHED_ROOTS = tmp_path / "roots"


@pytest.fixture
def shown(world):
    place = shop.placement()
    shop.use_case(world, [shop.offer("coats", [place])], [place])
    found = []
    for n in range(30):
        person = shop.customer(f"c-{n}", says="")
        consent.record(
            by=SYSTEM,
            now=clock(),
            person_id=person.pk,
            purpose="personalise_onsite",
            channel="web",
            action="grant",
            source="import:tests",
            evidence={"wording": "I agree.", "mechanism": "box"},
            occurred_at=clock(),
        )
        shop.ask(f"c-{n}")
        found.append(person.pk)
    return found


def erase(person):
    people.erase(by=PRIVACY, now=clock(), person_id=person)


def test_the_record_verifies_after_erasures_before_and_after_the_seal(shown):
    erase(shown[0])
    publishing.publish(now=clock())
    for person in shown[1:20]:
        erase(person)

    report = Walk().run()
    assert report.fault is None
    assert report.n_rows >= 60
    publishing.publish(now=clock())
    assert Walk().run().fault is None
    assert Removal.objects.filter(kind="erased").count() == 40
    assert Unsealed.objects.count() == 0


def test_the_digest_of_what_was_erased_cannot_be_guessed_back(shown):
    (before,) = Decision.objects.filter(customer_id=shown[0])
    erase(shown[0])
    after = Decision.objects.get(pk=before.pk)

    assert bytes(after.personal_digest) == bytes(before.personal_digest)
    assert bytes(after.salt) != bytes(before.salt)
    assert len(bytes(after.salt)) == 16


def old(days):
    at = clock() - timedelta(days=days)
    return Decision.objects.create(
        id=uuid4(),
        customer_id=1,
        placement_key="home",
        channel="web",
        mode="personalised",
        reason="chosen",
        use_case_key="old",
        inputs={"leaves": "1"},
        candidates={"chosen": 0},
        is_imported=True,
        decided_at=at,
        expires_at=at,
    )


def test_retention_leaves_a_record_that_verifies():
    emptied, gone, stays = old(100), old(300), old(10)
    publishing.publish(now=clock())
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE, ["old", 30, 180, 100])
        assert cursor.fetchone() == (1, 1)

    report = Walk().run()

    assert report.fault is None
    assert {r.kind: r.row_ids for r in Removal.objects.all()} == {
        "emptied": [str(emptied.pk)],
        "expired": [str(gone.pk)],
    }
    assert Decision.objects.filter(pk=stays.pk, inputs={"leaves": "1"}).exists()
