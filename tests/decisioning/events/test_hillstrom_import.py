"""The Hillstrom file through the product's own door: twice, and with broken rows."""

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from decisioning.customers.models import Customer, CustomerIdentity
from decisioning.engine.imports import Report, import_dataset
from decisioning.engine.models import Decision
from decisioning.events.models import DeadLetter, Event
from decisioning.experiments.models import (
    ArmStatistics,
    Assignment,
    Experiment,
    Outcome,
)
from governance.consent.queries import may_use
from governance.people.models import User
from governance.types import Actor, Invalid, Refused, Role
from tests.datasets import dataset

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("test")
BROKEN = (
    ("recency", "soon"),
    ("segment", "Dogs E-Mail"),
    ("visit", "2"),
    ("spend", "-1"),
    ("history", ""),
)


@pytest.fixture
def analyst(now: datetime) -> User:
    user = User.objects.create(
        username="ana", email="ana@example.org", display_name="Ana", date_joined=now
    )
    user.role_assignments.create(role="analyst", granted_at=now)
    return user


@pytest.fixture(autouse=True)
def _rejects_elsewhere(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "var"


def lines(n: int) -> list[str]:
    with gzip.open(dataset("hillstrom/hillstrom.csv.gz"), "rt") as file:
        return [next(file).rstrip("\r\n") for _ in range(n + 1)]


def written(folder: Path, rows: list[str]) -> Path:
    path = folder / "hillstrom.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def load(path: Path, now: datetime, **more: Any) -> Report:
    return import_dataset(by=SYSTEM, now=now, name="hillstrom", path=path, **more)


def test_a_slice_becomes_customers_events_arms_and_outcomes(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    rows = lines(2000)
    sent = sum("No E-Mail" not in row for row in rows[1:])

    report = load(written(tmp_path, rows), now)

    assert report.n_rows == report.n_people == Customer.objects.count() == 2000
    assert Event.objects.filter(type="identify").count() == 2000
    assert Event.objects.filter(name="Email Delivered").count() == sent
    assert Decision.objects.filter(is_imported=True, mode="imported").count() == sent
    assert Assignment.objects.count() == 2000
    assert Outcome.objects.count() == 6000
    assert ArmStatistics.objects.count() == 9
    assert Experiment.objects.get().created_by == analyst
    assert set(Customer.objects.values_list("basis", flat=True)) == {"public_research"}


def test_a_row_keeps_its_number_its_traits_and_its_times(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    load(written(tmp_path, lines(1)), now)

    person = CustomerIdentity.objects.get(value="h-00001").customer
    email = Event.objects.get(name="Email Delivered")
    assert person.traits == {
        "recency": 10,
        "history_segment": "2) $100 - $200",
        "history": 142.44,
        "mens": True,
        "womens": False,
        "zip_code": "Surburban",
        "newbie": False,
        "channel": "Phone",
    }
    assert email.occurred_at == datetime(2008, 3, 20, tzinfo=UTC)
    assert email.properties["syntheticTime"] is True
    logged = Decision.objects.get()
    assert (logged.arm, logged.propensity) == ("womens-email", pytest.approx(1 / 3))
    assert email.decision_id == logged.pk


def test_a_second_import_adds_nothing(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    path = written(tmp_path, lines(300))
    first = load(path, now)

    second = load(path, now)

    assert (second.accepted, second.duplicates) == (0, first.accepted)
    assert Event.objects.count() == first.accepted
    assert Outcome.objects.count() == 900
    assert Assignment.objects.count() == 300


def test_a_hundred_broken_rows_are_listed_and_the_rest_is_taken(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    rows = lines(2000)
    header = rows[0].split(",")
    for i in range(100):
        number = 20 * i + 7
        [cells] = csv.reader([rows[number]])
        column, value = BROKEN[i % len(BROKEN)]
        cells[header.index(column)] = value
        rows[number] = ",".join(f'"{cell}"' for cell in cells)

    report = load(written(tmp_path, rows), now)

    assert report.n_rows == 1900
    assert [each.row for each in report.bad] == [20 * i + 7 for i in range(100)]
    assert report.bad[0].reason == "recency: 'soon' is no whole number from 0 to 1200."
    listed = Path(report.rejects_file).read_text().splitlines()
    assert len(listed) == 101
    assert DeadLetter.objects.count() == 100
    assert Customer.objects.count() == 1900


def test_broken_rows_are_kept_once_however_often_the_file_comes(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    rows = lines(5)
    rows[2] = rows[2].replace("No E-Mail", "?")
    path = written(tmp_path, rows)

    load(path, now)
    load(path, now)

    assert DeadLetter.objects.count() == 1


def test_a_folder_and_a_packed_file_do_as_well(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    with gzip.open(tmp_path / "hillstrom.csv.gz", "wt") as file:
        file.write("\n".join(lines(10)))

    assert load(tmp_path, now).n_rows == 10


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "is empty"), ("a,b\n1,2\n", "lacks the columns recency")],
    ids=["empty", "another table"],
)
def test_another_table_is_refused_by_name(
    text: str, told: str, analyst: User, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "x.csv").write_text(text)

    with pytest.raises(Invalid, match=told):
        load(tmp_path / "x.csv", now)


def test_a_person_without_the_right_to_import_is_refused(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    marketer = Actor(analyst.pk, "ana", roles=frozenset({Role.MARKETER}))

    with pytest.raises(Refused):
        import_dataset(
            by=marketer, now=now, name="hillstrom", path=written(tmp_path, lines(2))
        )

    assert not Customer.objects.exists()


EVIDENCE = {
    "purposes": ["personalise_onsite", "direct_marketing"],
    "channels": ["web", "email"],
    "wording": "Yes, choose what you show me.",
    "mechanism": "box ticked at checkout",
    "collectedAt": "2025-11-02T10:00:00Z",
    "validUntil": "2026-12-31T00:00:00Z",
    "declaredBy": "ana",
}


def test_nothing_is_allowed_until_evidence_is_declared(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    path = written(tmp_path, lines(3))
    load(path, now)
    person = CustomerIdentity.objects.get(value="h-00002").customer_id
    before = may_use(person, "direct_marketing", "email", now=now)

    report = load(path, now, consent_evidence=EVIDENCE)

    assert before.code == "consent.unknown"
    assert may_use(person, "direct_marketing", "email", "womens", now=now)
    assert not may_use(person, "direct_marketing", "sms", now=now)
    assert report.n_consented == 3
    assert load(path, now, consent_evidence=EVIDENCE).n_consented == 0


@pytest.mark.parametrize("missing", sorted(EVIDENCE))
def test_incomplete_evidence_denies(
    missing: str, analyst: User, tmp_path: Path, now: datetime
) -> None:
    evidence = {key: value for key, value in EVIDENCE.items() if key != missing}

    report = load(written(tmp_path, lines(2)), now, consent_evidence=evidence)

    person = CustomerIdentity.objects.get(value="h-00001").customer_id
    answer = may_use(person, "direct_marketing", "email", now=now)
    assert not answer
    assert missing in report.evidence_gaps


def test_evidence_that_cannot_be_right_is_refused_before_anything_changes(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(Invalid) as refused:
        load(
            written(tmp_path, lines(2)),
            now,
            consent_evidence={**EVIDENCE, "declaredBy": "nobody", "validUntil": "soon"},
        )

    assert set(refused.value.fields) == {"declaredBy", "validUntil"}
    assert not Customer.objects.exists()


def test_the_command_says_what_it_did(
    analyst: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = lines(30)
    rows[4] = rows[4].replace(",0", ",x", 1)
    evidence = tmp_path / "evidence.json"
    evidence.write_text(json.dumps(EVIDENCE))

    call_command(
        "import_dataset",
        "hillstrom",
        str(written(tmp_path, rows)),
        consent_evidence=evidence,
        by="ana",
    )

    told = capsys.readouterr().out
    assert "29 rows" in told
    assert "row 4: " in told
    assert "Consent was recorded for 29 people." in told


def test_features_of_imported_customers_are_there(
    analyst: User, tmp_path: Path, now: datetime
) -> None:
    load(written(tmp_path, lines(50)), now)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM decisioning_customerfeatures")
        assert cursor.fetchone() == (50,)
