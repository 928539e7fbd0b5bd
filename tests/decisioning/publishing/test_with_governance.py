"""Editing what is served, with the real life of a use case behind it."""

from datetime import datetime

import pytest

from decisioning.offers import actions as offers
from decisioning.offers.models import Offer
from decisioning.publishing import actions
from governance.usecases.models import UseCaseVersion, VersionEditor
from tests.decisioning.publishing.conftest import Served, creative

pytestmark = pytest.mark.django_db


def edit(served: Served, now: datetime) -> None:
    offers.save_offer(by=served.owner, now=now, key="free-delivery", value_minor=9900)


def test_an_edit_opens_the_next_draft_and_records_who_edited(
    served: Served, now: datetime
) -> None:
    edit(served, now)

    draft = UseCaseVersion.objects.get(number=2)
    assert draft.status == "draft"
    assert VersionEditor.objects.filter(version=draft, user_id=served.owner.id).exists()
    assert Offer.objects.get().value_minor == 1200
    assert served.differing() == []


def test_a_new_creative_opens_the_next_draft(served: Served, now: datetime) -> None:
    creative(served.owner, now, "bold")

    assert UseCaseVersion.objects.filter(number=2, status="draft").exists()


def test_applying_now_makes_the_edit_live_and_voids_the_signatures(
    served: Served, now: datetime
) -> None:
    edit(served, now)

    actions.apply_now(by=served.owner, now=now, key="win-back")

    row = Offer.objects.get()
    served.version.refresh_from_db()
    assert (row.value_minor, row.draft_revision) == (9900, None)
    assert served.differing() == ["offer:free-delivery"]
    assert served.version.status != "signed"
