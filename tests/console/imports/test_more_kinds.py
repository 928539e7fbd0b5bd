"""Parquet, orders, suppression lists, trials, saved mappings, and undo."""

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pyarrow import parquet

from decisioning import tasks
from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.engine.models import SavedMapping
from decisioning.events import actions as events
from decisioning.events.models import DeadLetter, Event, MessageLedger
from decisioning.features.models import CustomerFeatures
from decisioning.quality import actions as quality
from decisioning.quality.models import SignalDay
from governance.audit.models import AuditEntry
from governance.consent.models import Suppression
from governance.installation.queries import now as clock
from governance.jobs.models import Job
from governance.types import Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
ORDERS = (
    b"no,id,amount,at\n17,c-1,20.50,2026-03-01\n18,c-2,5,2026-03-02\n"
    b"19,c-2,x,2026-03-02\n"
)
ORDER_ROLES = {
    "column_0": "orderId",
    "column_1": "userId",
    "column_2": "revenue",
    "column_3": "timestamp",
}
PEOPLE = b"id,city,email\nc-1,Leeds,a@example.org\nc-9,York,b@example.org\n"
PEOPLE_ROLES = {"column_0": "userId", "column_1": "traits", "column_2": "traits"}


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(tasks.run_import, "delay", lambda _id: None)
    return tmp_path


@pytest.fixture
def analyst(now: datetime) -> Client:
    return make.signed_in(make.person("ana", Role.ANALYST, now=now))


def upload(client: Client, content: bytes, kind: str) -> str:
    file = SimpleUploadedFile("table.csv", content)
    answer = client.post("/imports/new/", {"kind": kind, "file": file})
    assert answer.status_code == 302, answer.context["form"].errors
    return str(answer.url)


def start(client: Client, url: str, answers: dict[str, str]) -> Job:
    answer = client.post(url, answers)
    assert answer.status_code == 302, answer.context["mapping"].errors
    job_id = answer.url.strip("/").split("/")[-1]
    tasks.run_import(job_id)
    return Job.objects.get(pk=job_id)


def imported(client: Client, content: bytes, kind: str, answers: dict[str, str]) -> Job:
    return start(client, upload(client, content, kind), answers)


def in_parquet(**columns: list[Any]) -> bytes:
    written = io.BytesIO()
    parquet.write_table(arrow.table(columns), written)
    return written.getvalue()


def test_a_parquet_file_comes_in_like_a_csv_file(analyst: Client) -> None:
    content = in_parquet(
        id=["c-1", "c-2"],
        city=["Leeds", None],
        age=[40, 50],
        member=[True, False],
        since=[datetime(2026, 1, 2), datetime(2026, 1, 3)],
    )
    roles = {f"column_{i}": "traits" for i in range(5)} | {"column_0": "userId"}

    job = imported(analyst, content, "customers", roles)

    traits = {
        i.value: i.customer.traits
        for i in CustomerIdentity.objects.filter(kind="user").select_related("customer")
    }
    assert (job.state, job.result["rows"]) == ("done", 2)
    assert traits["c-1"] == {
        "city": "Leeds",
        "age": 40,
        "member": "true",
        "since": "2026-01-02T00:00:00",
    }
    assert "city" not in traits["c-2"]


@pytest.mark.parametrize("cut", [20, -20])
def test_a_broken_parquet_file_is_refused_in_words(analyst: Client, cut: int) -> None:
    whole = in_parquet(id=["c-1"], city=["Leeds"])
    content = whole[:cut] if cut > 0 else whole[:cut] + b"PAR1" * 5
    file = SimpleUploadedFile("table.parquet", content)

    answer = analyst.post("/imports/new/", {"kind": "customers", "file": file})

    if answer.status_code == 302:
        answer = analyst.get(answer.url, follow=True)
        told = " ".join(map(str, answer.context["messages"]))
    else:
        told = str(answer.context["form"].errors["file"])
    assert "cut off" in told or "cannot be read as Parquet" in told
    assert not Job.objects.exists()


def test_orders_are_named_by_their_number_whatever_the_file(analyst: Client) -> None:
    first = imported(analyst, ORDERS, "orders", ORDER_ROLES)
    again = imported(analyst, ORDERS + b"20,c-3,7,2026-03-03\n", "orders", ORDER_ROLES)

    assert (first.result["events"], first.result["rejected"]) == (2, 1)
    assert (again.result["events"], again.result["duplicates"]) == (1, 2)
    order = Event.objects.get(properties__orderId="17")
    assert (order.name, order.value_minor) == ("Order Completed", 2050)


def test_a_trial_counts_and_changes_nothing(analyst: Client) -> None:
    events.ingest(
        [{"type": "identify", "userId": "c-1", "traits": {}}], source="t", now=clock()
    )
    before = (
        Event.objects.count(),
        Customer.objects.count(),
        MessageLedger.objects.count(),
    )
    url = upload(analyst, ORDERS, "orders")

    job = start(analyst, url, {**ORDER_ROLES, "trial": "1"})

    after = (
        Event.objects.count(),
        Customer.objects.count(),
        MessageLedger.objects.count(),
    )
    assert after == before
    assert not DeadLetter.objects.exists()
    told = {k: job.result[k] for k in ("rows", "events", "duplicates", "people")}
    assert told == {"rows": 2, "events": 2, "duplicates": 0, "people": 1}
    assert "Nothing was changed" in job.message
    listed = analyst.get(f"/imports/rejects/{job.pk}/").content.decode()
    assert "3,event.value,properties.revenue must be an amount" in listed


def test_what_the_trial_foretold_is_what_the_import_does(analyst: Client) -> None:
    imported(analyst, ORDERS[:45], "orders", ORDER_ROLES)
    url = upload(analyst, ORDERS, "orders")

    trial = start(analyst, url, {**ORDER_ROLES, "trial": "1"})
    real = start(analyst, url, ORDER_ROLES)

    told = ("rows", "events", "duplicates", "rejected")
    assert [trial.result[k] for k in told] == [real.result[k] for k in told]
    assert "as in the trial" in analyst.get(url).content.decode()


def test_a_mapping_is_kept_for_the_next_file_with_these_columns(
    analyst: Client,
) -> None:
    odd = {**ORDER_ROLES, "column_1": "anonymousId", "save_as": "Till"}
    imported(analyst, ORDERS, "orders", odd)

    page = analyst.get(upload(analyst, ORDERS + b"30,c-7,1,2026-03-03\n", "orders"))

    chosen = [c.bound.value() for c in page.context["column_fields"]]
    assert chosen == ["orderId", "anonymousId", "revenue", "timestamp"]
    assert page.context["told_by"] == "as saved under “Till”"
    other = analyst.get(upload(analyst, b"order,who\n1,2\n", "orders"))
    assert other.context["saved"] == []
    assert SavedMapping.objects.get().created_by.username == "ana"


def test_a_suppression_list_is_kept_as_hashes_alone(analyst: Client) -> None:
    imported(analyst, PEOPLE, "customers", PEOPLE_ROLES)
    content = b"mail\nA@example.org \nnobody\nz@example.org\n"
    roles = {"column_0": "address", "channel": "email", "why": "asked at the till"}

    job = imported(analyst, content, "suppressions", roles)

    assert (job.result["rows"], job.result["rejected"]) == (2, 1)
    assert Suppression.objects.filter(channel="email").count() == 2
    assert "mail: holds no e-mail address." in str(job.result["rejectedRows"])
    listed = analyst.get(f"/imports/rejects/{job.pk}/").content.decode()
    assert "nobody" not in listed
    assert job.result["people"] == 1


def undo(client: Client, job: Job) -> Job:
    answer = client.post(f"/imports/undo/{job.pk}/")
    undone = Job.objects.filter(kind="import_undo").order_by("-created_at").first()
    assert undone is not None, answer
    tasks.run_import(str(undone.pk))
    undone.refresh_from_db()
    return undone


def test_undo_takes_events_profiles_and_people_back(analyst: Client) -> None:
    known = {"type": "identify", "userId": "c-1", "messageId": "k"}
    told = {**known, "traits": {"city": "Hull"}, "timestamp": "2020-01-01T00:00:00Z"}
    events.ingest([told], source="api:shop", now=clock())
    job = imported(analyst, PEOPLE, "customers", PEOPLE_ROLES)
    orders = imported(analyst, ORDERS, "orders", ORDER_ROLES)
    assert Customer.objects.get(identities__value="c-1").traits == {"city": "Leeds"}

    undo(analyst, orders)
    done = undo(analyst, job)

    left = Customer.objects.get()
    assert left.traits == {"city": "Hull"}
    assert "email" not in left.contact
    assert Event.objects.get().source == "api:shop"
    assert MessageLedger.objects.count() == 1
    assert CustomerFeatures.objects.get().customer_id == left.pk
    assert done.result["profilesRemoved"] == 1
    assert AuditEntry.objects.filter(type="import.undone").count() == 2
    assert "Undone" in analyst.get("/imports/").content.decode()


def test_what_was_taken_back_is_no_fault_of_the_data_any_more(
    analyst: Client,
) -> None:
    job = imported(analyst, ORDERS, "orders", ORDER_ROLES)
    quality.roll_up(now=clock(), settles_after=timedelta())
    assert SignalDay.objects.filter(source__startswith="import:orders").exists()

    undo(analyst, job)
    quality.roll_up(now=clock(), settles_after=timedelta())

    assert not SignalDay.objects.exists()


def test_after_undo_the_same_rows_can_come_again(analyst: Client) -> None:
    wrong = {**ORDER_ROLES, "column_1": "anonymousId"}
    undo(analyst, imported(analyst, ORDERS, "orders", wrong))

    again = imported(analyst, ORDERS, "orders", ORDER_ROLES)

    assert (again.result["events"], again.result["duplicates"]) == (2, 0)


def test_what_another_source_sent_first_stays(analyst: Client) -> None:
    first = imported(analyst, ORDERS, "orders", ORDER_ROLES)
    second = imported(analyst, ORDERS + b"20,c-3,7,2026-03-03\n", "orders", ORDER_ROLES)

    done = undo(analyst, second)

    assert done.result["events"] == 1
    assert Event.objects.count() == first.result["events"]
    third = imported(analyst, ORDERS + b"\n", "orders", ORDER_ROLES)
    assert third.result["duplicates"] == 2


def test_what_was_taken_back_is_not_taken_back_twice(analyst: Client) -> None:
    orders = imported(analyst, ORDERS, "orders", ORDER_ROLES)
    undo(analyst, orders)

    analyst.post(f"/imports/undo/{orders.pk}/")

    assert "taken back already" in analyst.get("/imports/").content.decode()
    assert Job.objects.filter(kind="import_undo").count() == 1


def test_only_importers_undo(analyst: Client, now: datetime) -> None:
    job = imported(analyst, ORDERS, "orders", ORDER_ROLES)
    reader = make.signed_in(make.person("pia", Role.PRIVACY_REVIEWER, now=now))

    assert reader.post(f"/imports/undo/{job.pk}/").status_code == 403
    assert "Take it back" not in reader.get("/imports/").content.decode()


def test_a_part_that_is_missing_is_named_as_the_page_names_it(analyst: Client) -> None:
    url = upload(analyst, ORDERS, "orders")

    page = analyst.get(url)
    answer = analyst.post(url, {**ORDER_ROLES, "column_3": ""})

    chosen = [c.bound.value() for c in page.context["column_fields"]]
    assert chosen == list(ORDER_ROLES.values())
    assert answer.status_code == 422
    assert "Say which column is “Time”." in answer.content.decode()
