"""Every save is a revision; what is served changes only as far as it may."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from decisioning.caps import actions as caps
from decisioning.caps.models import Cap
from decisioning.offers import actions as offers
from decisioning.offers.models import Offer
from decisioning.revisions import actions as revisions
from decisioning.revisions.core import Kind, content_of, digest_of_row
from decisioning.revisions.models import Revision
from decisioning.revisions.queries import history, wanted_content
from governance.audit.models import AuditEntry
from governance.types import Actor, Refused, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(now: datetime) -> Actor:
    return make.actor("olga", Role.MARKETING_OWNER, now=now)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Kind, str]]]:
    """Everything counts as served; the list collects for what a draft was opened."""
    drafted: list[tuple[Kind, str]] = []
    monkeypatch.setattr(revisions, "_served_by", [lambda _kind, _key: True])
    monkeypatch.setattr(
        revisions,
        "_after_draft",
        [lambda kind, key, _by, _now: drafted.append((kind, key))],
    )
    return drafted


def change(offer: Offer, by: Actor, now: datetime, **fields: Any) -> Offer:
    return offers.save_offer(by=by, now=now, key=offer.key, **fields)


def test_an_edit_nobody_serves_is_live_at_once_and_kept_as_a_revision(
    owner: Actor, now: datetime
) -> None:
    offer = make.offer(owner, now)

    change(offer, owner, now, value_minor=1500)

    row = Offer.objects.get()
    assert (row.value_minor, row.revision, row.draft_revision) == (1500, 2, None)
    numbers = [r.number for r in history(Kind.OFFER, offer.key)]
    assert numbers == [2, 1]
    assert row.digest == digest_of_row(Kind.OFFER, row)


def test_an_edit_of_what_is_served_waits_as_a_draft(
    owner: Actor, now: datetime, served: list[tuple[Kind, str]]
) -> None:
    offer = make.offer(owner, now)
    before = Offer.objects.get().digest
    served.clear()

    change(offer, owner, now, value_minor=1500)

    row = Offer.objects.get()
    assert (row.value_minor, row.revision, row.draft_revision) == (1200, 1, 2)
    assert row.digest == before == digest_of_row(Kind.OFFER, row)
    assert wanted_content(Kind.OFFER, offer.key, row)["value_minor"] == 1500
    assert served == [(Kind.OFFER, "free-delivery")]
    assert AuditEntry.objects.filter(type="offer.drafted").count() == 1


def test_a_name_is_not_content_and_changes_at_once(
    owner: Actor, now: datetime, served: list[tuple[Kind, str]]
) -> None:
    offer = make.offer(owner, now)

    change(offer, owner, now, name="Free parcels", value_minor=1500)

    row = Offer.objects.get()
    assert (row.name, row.value_minor) == ("Free parcels", 1200)


def test_saving_what_is_live_takes_a_waiting_change_back(
    owner: Actor, now: datetime, served: list[tuple[Kind, str]]
) -> None:
    offer = make.offer(owner, now)
    change(offer, owner, now, value_minor=1500)

    change(offer, owner, now, value_minor=1200)

    assert Offer.objects.get().draft_revision is None
    assert Revision.objects.count() == 2


def test_the_same_draft_twice_is_one_revision(
    owner: Actor, now: datetime, served: list[tuple[Kind, str]]
) -> None:
    offer = make.offer(owner, now)

    change(offer, owner, now, value_minor=1500)
    change(offer, owner, now, value_minor=1500)

    assert Revision.objects.count() == 2


def test_a_lower_cap_holds_at_once_and_a_higher_one_waits(
    owner: Actor, now: datetime, served: list[tuple[Kind, str]]
) -> None:
    cap = make.cap(owner, now)
    same = {"key": cap.key, "name": cap.name, "scope": "all", "window": cap.window}

    caps.save_cap(by=owner, now=now, n=2, **same)
    lowered = Cap.objects.get()
    caps.save_cap(by=owner, now=now, n=5, **same)
    raised = Cap.objects.get()

    assert (lowered.n, lowered.draft_revision) == (2, None)
    assert (raised.n, raised.draft_revision) == (2, 3)


def test_a_shorter_window_allows_more_and_waits(
    owner: Actor, now: datetime, served: list[tuple[Kind, str]]
) -> None:
    cap = make.cap(owner, now)

    caps.save_cap(
        by=owner,
        now=now,
        key=cap.key,
        name=cap.name,
        scope="all",
        n=3,
        window=timedelta(days=1),
    )

    assert Cap.objects.get().window == timedelta(days=7)


def test_the_digest_does_not_depend_on_the_time_zone_it_was_typed_in(
    owner: Actor, now: datetime
) -> None:
    here = (now - timedelta(days=1)).astimezone(ZoneInfo("Asia/Tokyo"))

    offer = make.offer(owner, now, starts_at=here)

    assert offer.digest == digest_of_row(Kind.OFFER, Offer.objects.get())


def test_a_stored_revision_put_live_has_its_digest(owner: Actor, now: datetime) -> None:
    offer = make.offer(owner, now, eligibility=None, priority=2)
    first = history(Kind.OFFER, offer.key)[0]
    change(offer, owner, now, value_minor=1500, ends_at=now + timedelta(days=3))
    row = Offer.objects.get()

    revisions.write_live(
        row, first.snapshot, number=1, digest_text=first.digest, now=now
    )

    fresh = Offer.objects.get()
    assert digest_of_row(Kind.OFFER, fresh) == first.digest
    assert content_of(Kind.OFFER, fresh) == first.snapshot


def test_a_cap_put_live_again_keeps_its_window(owner: Actor, now: datetime) -> None:
    cap = make.cap(owner, now)
    first = history(Kind.CAP, cap.key)[0]

    revisions.write_live(
        Cap.objects.get(), first.snapshot, number=1, digest_text=first.digest, now=now
    )

    assert Cap.objects.get().window == timedelta(days=7)


def test_a_marketer_changes_only_what_is_theirs(owner: Actor, now: datetime) -> None:
    mia = make.actor("mia", Role.MARKETER, now=now)
    hers, not_hers = make.offer(mia, now, "Hers"), make.offer(owner, now)

    change(hers, mia, now, value_minor=1300)
    with pytest.raises(Refused, match="only what you own"):
        change(not_hers, mia, now, value_minor=1300)

    assert Offer.objects.get(key="free-delivery").value_minor == 1200


@pytest.mark.parametrize("role", [Role.ANALYST, Role.EXECUTIVE, Role.AUDITOR])
def test_readers_of_offers_write_none(role: Role, now: datetime) -> None:
    reader = make.actor("rea", role, now=now)

    with pytest.raises(Refused):
        make.offer(reader, now)

    assert not Offer.objects.exists()


def test_nobody_rewrites_a_revision(owner: Actor, now: datetime) -> None:
    from django.db import Error

    make.offer(owner, now)

    with pytest.raises(Error):
        Revision.objects.update(digest="0" * 64)
