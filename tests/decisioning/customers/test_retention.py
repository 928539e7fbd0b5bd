"""Rows past their time go, the others stay, and a second run finds nothing."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.engine import retention
from decisioning.engine.models import Decision
from decisioning.events.models import DeadLetter, Event
from decisioning.tasks import enforce_retention
from governance.audit.models import AuditEntry
from governance.catalogue.actions import save_element, seed_standard
from governance.installation.queries import now as clock
from governance.rights.models import Complaint
from governance.types import Actor
from tests.decisioning.customers.test_merging import identify, of, order, send

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
DAY = timedelta(days=1)
NOBODY = 999_999_999


@pytest.fixture(autouse=True)
def _house(db: None, settings: Any, tmp_path: Path, now: datetime) -> None:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    seed_standard(now)


def test_old_events_go_and_the_others_stay(now: datetime) -> None:
    send(now - 396 * DAY, order(userId="u"))
    send(now - 394 * DAY, order(userId="u"))

    counts = retention.enforce(now=now)

    assert counts["decisioning.Event"] == 1
    assert Event.objects.get().occurred_at == now - 394 * DAY


def test_an_element_with_a_shorter_time_is_heeded(now: datetime) -> None:
    save_element(by=SYSTEM, now=now, key="orders_placed", ttl_days=30)
    visit = {"type": "page", "userId": "u"}
    send(now - 40 * DAY, order(userId="u"), visit)

    retention.enforce(now=now)

    assert Event.objects.get().name == "Page Viewed"


def test_public_research_data_is_of_nobody_and_stays(now: datetime) -> None:
    send(now - 900 * DAY, order(userId="u"), identify({"hat": 1}, userId="u"))
    Customer.objects.update(basis="public_research")

    retention.enforce(now=now)

    assert Event.objects.count() == 2
    assert of("user", "u").traits == {"hat": 1}


def test_each_trait_goes_by_its_own_element(now: datetime) -> None:
    told = {"region": "north", "ageBand": "60+", "unlisted": 1}
    send(now - 500 * DAY, identify(told, userId="u"))

    retention.enforce(now=now)

    # A declared trait is kept for 730 days, others for 395.
    assert of("user", "u").traits == {"ageBand": "60+"}
    assert Event.objects.get().properties["traits"] == {"ageBand": "60+"}


def test_a_trait_told_again_is_kept(now: datetime) -> None:
    send(now - 500 * DAY, identify({"region": "north"}, userId="u"))
    send(now - 10 * DAY, identify({"region": "north"}, userId="u"))

    retention.enforce(now=now)

    assert of("user", "u").traits == {"region": "north"}
    assert Event.objects.count() == 1


def test_a_trait_that_lives_while_the_customer_comes_is_kept(now: datetime) -> None:
    save_element(by=SYSTEM, now=now, key="region", ttl_anchor="last_activity")
    send(now - 500 * DAY, identify({"region": "north"}, userId="u"))
    send(now - 10 * DAY, order(userId="u"))

    retention.enforce(now=now)

    assert of("user", "u").traits == {"region": "north"}


def test_contact_details_of_somebody_long_gone_go(now: datetime) -> None:
    send(now - 800 * DAY, identify({"email": "u@example.org"}, userId="u"))

    retention.enforce(now=now)

    assert of("user", "u").contact == {}
    assert not CustomerIdentity.objects.filter(kind="email").exists()


def test_dead_letters_and_closed_complaints_go(now: datetime) -> None:
    send(now - 91 * DAY, {"type": "track", "event": "", "userId": "u"})
    for days in (731, 729):
        Complaint.objects.create(
            person_id=1, text="x", state="closed", received_at=now,
            acknowledge_by=now, closed_at=now - days * DAY,
        )  # fmt: skip
    Complaint.objects.create(
        person_id=1, text="open", received_at=now - 999 * DAY, acknowledge_by=now
    )

    counts = retention.enforce(now=now)

    assert counts["decisioning.DeadLetter"] == 1
    assert not DeadLetter.objects.exists()
    assert Complaint.objects.count() == 2


def decided(days: int, **more: Any) -> Decision:
    at = clock() - days * DAY
    return Decision.objects.create(
        id=f"00000000-0000-4000-8000-{days:012d}", customer_id=NOBODY,
        placement_key="p",
        channel="web", mode="personalised", reason="chosen", inputs={"a": 1},
        request={"b": 2}, decided_at=at, expires_at=at, **more,
    )  # fmt: skip


def test_inputs_of_decisions_go_before_the_decisions(now: datetime) -> None:
    for days in (89, 91, 761):
        decided(days)

    counts = retention.enforce(now=now)

    assert counts["inputs of decisions"] == 1
    assert counts["decisioning.Decision"] == 1
    assert sorted(bool(row.inputs) for row in Decision.objects.all()) == [False, True]


def test_old_uploads_go(now: datetime, tmp_path: Path) -> None:
    old, new = tmp_path / "files" / "a" / "table", tmp_path / "rejects" / "b.csv"
    for path, days in ((old, 31), (new, 29)):
        path.parent.mkdir(parents=True)
        path.write_text("x")
        at = (now - days * DAY).timestamp()
        os.utime(path, (at, at))

    retention.enforce(now=now)

    assert not old.exists()
    assert new.exists()


def test_a_second_run_finds_nothing_and_both_are_on_record(now: datetime) -> None:
    send(now - 500 * DAY, order(userId="u"), identify({"region": "x"}, userId="u"))

    first = retention.enforce(now=now)
    second = retention.enforce(now=now)

    assert sum(first.values()) > 0
    assert sum(second.values()) == 0
    entries = AuditEntry.objects.filter(type="retention.enforced").order_by("seq")
    assert [bool(entry.details["rows"]) for entry in entries] == [True, False]


def test_more_than_one_chunk_is_finished(now: datetime, monkeypatch: Any) -> None:
    for module in (retention, retention.retention):
        monkeypatch.setattr(module, "CHUNK", 3)
    send(now - 500 * DAY, *(order(userId=f"u{i}") for i in range(10)))

    retention.enforce(now=now)

    assert not Event.objects.exists()


def test_the_narrow_door_keeps_a_floor(now: datetime) -> None:
    decided(20)

    assert retention._expire_decisions("", 1, 1) == (0, 0)


def test_it_runs_each_night(settings: Any, eager_celery: None, now: datetime) -> None:
    scheduled = {row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()}
    send(now - 900 * DAY, order(userId="u"))

    enforce_retention.delay()

    assert "decisioning.enforce_retention" in scheduled
    assert not Event.objects.exists()


def test_what_was_logged_in_the_moment_of_an_erasure_is_emptied(now: datetime) -> None:
    send(now, order(userId="u"))
    gone = decided(0)
    known = of("user", "u").pk
    Decision.objects.create(
        id="00000000-0000-4000-8000-00000000000a", customer_id=known,
        placement_key="p", channel="web", mode="default", reason="x",
        inputs={"a": 1}, decided_at=gone.decided_at, expires_at=gone.expires_at,
    )  # fmt: skip

    retention.enforce(now=now)

    late = Decision.objects.get(pk=gone.pk)
    assert late.customer_id is not None
    assert late.customer_id < 0
    assert late.inputs == {}
    assert Decision.objects.get(customer_id=known).inputs == {"a": 1}
