"""Lists, read-outs and whole data sets taken back, and when that is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from decisioning import tasks
from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.events.imports import hillstrom
from decisioning.events.models import Event, MessageLedger
from decisioning.experiments.models import (
    ArmStatistics,
    Assignment,
    Experiment,
    Outcome,
)
from decisioning.scoring.models import ModelVersion
from governance.audit.models import AuditEntry
from governance.consent import actions as consent
from governance.consent import suppressions
from governance.consent.core import Key
from governance.consent.models import Suppression
from governance.consent.queries import head
from governance.installation.queries import now as clock
from governance.jobs.models import Job
from governance.types import Actor
from tests.console.imports.test_more_kinds import (
    PEOPLE,
    PEOPLE_ROLES,
    analyst,
    folders,
    imported,
    undo,
)

__all__ = ["analyst", "folders"]
pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
LIST = b"mail\na@example.org\nz@example.org\n"
OTHER = b"mail\na@example.org\ny@example.org\n"
LIST_ROLES = {"column_0": "address", "channel": "email", "why": "asked at the till"}


def in_force() -> int:
    return Suppression.objects.filter(lifted_at=None).count()


def barred(user: str) -> frozenset[str]:
    found = head(CustomerIdentity.objects.get(kind="user", value=user).customer_id)
    return frozenset(found.suppressed) if found else frozenset()


@pytest.fixture
def people(analyst: Client) -> Client:
    imported(analyst, PEOPLE, "customers", PEOPLE_ROLES)
    return analyst


def test_a_list_taken_back_frees_whom_it_alone_had_barred(people: Client) -> None:
    job = imported(people, LIST, "suppressions", LIST_ROLES)
    assert barred("c-1") == {"email"}

    done = undo(people, job)

    assert barred("c-1") == frozenset()
    assert in_force() == 0
    assert done.message == "2 addresses are off the list."
    assert AuditEntry.objects.filter(type="suppression.list_lifted").exists()
    again = imported(people, LIST, "suppressions", LIST_ROLES)
    assert again.result["events"] == 2
    assert barred("c-1") == {"email"}


@pytest.mark.parametrize("takes_back_first", [True, False])
def test_an_address_on_another_list_stays_barred(
    people: Client, takes_back_first: bool
) -> None:
    jobs = [
        imported(people, LIST, "suppressions", LIST_ROLES),
        imported(people, OTHER, "suppressions", LIST_ROLES),
    ]
    assert jobs[1].result["events"] == 1

    done = undo(people, jobs[0 if takes_back_first else 1])

    assert barred("c-1") == {"email"}
    assert in_force() == 2
    assert "1 stay" in done.message


def test_an_erasures_entry_is_nobody_elses_to_take_back(people: Client) -> None:
    suppressions.add(
        by=SYSTEM,
        now=clock(),
        channel="email",
        addresses=["a@example.org"],
        why="erased",
        source="erasure",
    )
    job = imported(people, LIST, "suppressions", LIST_ROLES)

    undo(people, job)

    assert Suppression.objects.get(lifted_at=None).source == "erasure"
    assert barred("c-1") == {"email"}


@pytest.mark.parametrize("source", ["staff", "events"])
def test_who_was_barred_in_another_way_as_well_stays_barred(
    people: Client, source: str
) -> None:
    job = imported(people, LIST, "suppressions", LIST_ROLES)
    person = CustomerIdentity.objects.get(kind="user", value="c-1").customer_id
    told = consent.ConsentRow(
        person_id=person, purpose="", action="suppress", channel="email"
    )
    consent.record_bulk(by=SYSTEM, now=clock(), rows=[told], source=source)

    done = undo(people, job)

    assert barred("c-1") == {"email"}
    assert "1 people stay barred" in done.message


def test_an_unsubscription_outlives_the_list(people: Client) -> None:
    job = imported(people, LIST, "suppressions", LIST_ROLES)
    person = CustomerIdentity.objects.get(kind="user", value="c-1").customer_id
    consent.record(
        by=SYSTEM,
        now=clock(),
        person_id=person,
        purpose="direct_marketing",
        action="withdraw",
        channel="email",
        source="one_click",
    )

    undo(people, job)

    standing = head(person)
    assert standing is not None
    cell = standing.cells[Key("direct_marketing", "email")]
    assert cell.choice.value == "deny"


TESTED = b"id,group,bought,age\n" + b"".join(
    b"u-%d,%s,%d,%d\n" % (i, b"new" if i % 2 else b"old", i % 3 == 0, 20 + i)
    for i in range(40)
)
TEST_ROLES = {
    "column_0": "unit",
    "column_1": "arm",
    "column_2": "yes_no",
    "column_3": "covariates",
    "key": "spring",
    "name": "Spring letters",
    "control": "old",
}


def withdrawn(client: Client, job: Job, why: str = "Wrong file") -> Job:
    client.post(f"/imports/undo/{job.pk}/", {"why": why})
    done = Job.objects.filter(kind="import_undo").order_by("-created_at").first()
    assert done is not None
    tasks.run_import(str(done.pk))
    done.refresh_from_db()
    return done


def test_a_read_out_is_withdrawn_with_its_reason(analyst: Client) -> None:
    job = imported(analyst, TESTED, "experiment", TEST_ROLES)
    assert "Spring letters" in analyst.get("/experiments/").content.decode()

    done = withdrawn(analyst, job, "The groups were mixed up")

    assert done.state == "done", done.message
    assert "The read-out spring is withdrawn." in done.message
    assert "Spring letters" not in analyst.get("/experiments/").content.decode()
    page = analyst.get("/experiments/spring/")
    assert page.status_code == 404
    assert "The groups were mixed up" in page.content.decode()
    left = (Outcome, Assignment, ArmStatistics, Event, Customer, MessageLedger)
    assert [model.objects.count() for model in left] == [0] * 6
    entry = AuditEntry.objects.get(type="experiment.withdrawn")
    assert entry.details["why"] == "The groups were mixed up"


def test_a_withdrawn_read_out_can_come_again_as_another_design(
    analyst: Client,
) -> None:
    withdrawn(analyst, imported(analyst, TESTED, "experiment", TEST_ROLES))

    again = imported(analyst, TESTED, "experiment", {**TEST_ROLES, "control": "new"})

    assert again.state == "done", again.message
    row = Experiment.objects.get()
    assert (row.withdrawn_at, row.control) == (None, "new")
    assert analyst.get("/experiments/spring/").status_code == 200


def test_a_read_out_needs_a_reason_to_be_withdrawn(analyst: Client) -> None:
    job = imported(analyst, TESTED, "experiment", TEST_ROLES)

    analyst.post(f"/imports/undo/{job.pk}/", {"why": " "})

    assert "Say why the read-out is withdrawn" in (
        analyst.get("/imports/").content.decode()
    )
    assert Experiment.objects.get().withdrawn_at is None


def test_what_a_model_in_use_rests_on_stays(analyst: Client) -> None:
    job = imported(analyst, TESTED, "experiment", TEST_ROLES)
    ModelVersion.objects.create(
        key="propensity",
        number=1,
        kind="propensity",
        digest="d",
        parameters={},
        report={"experiment": "spring"},
        trained_on="experiment spring, bought",
        trained_at=clock() - timedelta(days=1),
        trained_by_label="ana",
        is_champion=True,
    )

    analyst.post(f"/imports/undo/{job.pk}/", {"why": "Wrong file"})

    told = analyst.get("/imports/").content.decode()
    assert "The model propensity is in use and was trained on this" in told
    assert Outcome.objects.exists()


HILLSTROM = (
    ",".join(hillstrom.COLUMNS)
    + "\n"
    + "".join(
        f"{i % 12},1) $0 - $100,{30 + i},1,0,Urban,0,Web,{arm},{i % 2},0,0\n"
        for i, arm in enumerate(["Womens E-Mail", "No E-Mail", "Mens E-Mail"] * 4)
    )
)
PURCHASES = "".join(f"{i:05d} {i:04d} 199701{i:02d} 2 29.50\n" for i in range(1, 9))


def test_a_whole_data_set_is_taken_back(analyst: Client) -> None:
    job = imported(analyst, HILLSTROM.encode(), "hillstrom", {"start": "1"})
    assert job.state == "done", job.message

    done = withdrawn(analyst, job)

    assert done.state == "done", done.message
    assert not Event.objects.exists()
    assert not MessageLedger.objects.exists()
    # E-mails that were sent are on record for good, so those people stay.
    assert Customer.objects.count() == 8
    assert all(c.traits == {} for c in Customer.objects.all())
    assert Experiment.objects.get().withdrawn_at is not None
    again = imported(analyst, HILLSTROM.encode(), "hillstrom", {"start": "1"})
    assert (again.result["rows"], again.result["duplicates"]) == (12, 0)


def test_purchases_are_taken_back_with_their_people(analyst: Client) -> None:
    job = imported(analyst, PURCHASES.encode(), "cdnow", {"start": "1"})
    assert Event.objects.filter(name="Order Completed").count() == 8

    done = undo(analyst, job)

    assert done.state == "done", done.message
    assert not Event.objects.exists()
    assert not Customer.objects.exists()


def test_the_command_takes_back_what_a_command_brought(
    tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "sample.txt"
    file.write_text(PURCHASES)
    call_command("import_dataset", "cdnow", file)

    call_command("undo_import", "cdnow", file)

    assert not Event.objects.exists()
    assert "16 events removed" in capsys.readouterr().out
