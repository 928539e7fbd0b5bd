"""Imports in the console: a look first, then a job; a bad file changes nothing."""

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from console import uploaded
from decisioning import tasks
from decisioning.customers.models import Customer
from decisioning.experiments.models import Experiment
from governance.jobs.models import Job
from governance.types import Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
PEOPLE = b"id,city,age\nc-1,Leeds,40\nc-2,York,50\n"
TRIAL = b"who,group,bought,spent\n1,A,1,20\n2,A,0,0\n3,B,0,0\n4,B,1,5\n"


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    jobs: list[str] = []
    monkeypatch.setattr(tasks.run_import, "delay", jobs.append)
    return jobs


@pytest.fixture
def analyst(now: datetime) -> Client:
    return make.signed_in(make.person("ana", Role.ANALYST, now=now))


def upload(client: Client, content: bytes, kind: str, name: str = "people.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post("/imports/new/", {"kind": kind, "file": file})


def test_a_file_is_kept_under_a_random_name(analyst: Client, folders: Path) -> None:
    response = upload(analyst, PEOPLE, "customers", "../../../etc/people.csv")

    token = response.url.strip("/").split("/")[-1]
    kept = [p for p in folders.rglob("*") if p.is_file()]
    assert len(token) == 32
    assert {p.name for p in kept} == {"table", "about.json"}
    assert all(p.parent == folders / "files" / "imports" / token for p in kept)
    assert "people.csv" in analyst.get(response.url).content.decode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\x00\x01\x02", "no table"),
        (b"\x1f\x8b broken", "damaged"),
        (gzip.compress(b"\x00\x01\x02", mtime=0), "no table"),
        (b"PK\x03\x04\x14\x00", "no table"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(
    analyst: Client, folders: Path, content: bytes, told: str
) -> None:
    response = upload(analyst, content, "customers")

    assert response.status_code == 422
    assert told in " ".join(response.context["form"].errors["file"])
    assert response.context["form"]["kind"].value() == "customers"
    assert not [p for p in folders.rglob("*") if p.is_file()]


def test_a_file_that_is_too_large_is_refused(
    analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploaded, "MOST_BYTES", 10)

    response = upload(analyst, PEOPLE, "customers")

    assert "200 MB" in " ".join(response.context["form"].errors["file"])


def test_the_first_rows_and_a_guess_are_shown_before_anything_changes(
    analyst: Client,
) -> None:
    page = analyst.get(upload(analyst, gzip.compress(PEOPLE), "customers").url)

    assert page.context["seen"].n_rows == 2
    assert [c.bound.value() for c in page.context["column_fields"]] == [
        "userId",
        "traits",
        "traits",
    ]
    assert "Leeds" in page.content.decode()
    assert not Customer.objects.exists()


def test_starting_makes_a_job_that_imports(
    analyst: Client, sent: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    url = upload(analyst, PEOPLE, "customers").url
    roles = {"column_0": "userId", "column_1": "traits", "column_2": "traits"}

    with django_capture_on_commit_callbacks(execute=True):
        response = analyst.post(url, roles)

    job = Job.objects.get()
    assert response.url == f"/jobs/{job.pk}/"
    assert sent == [str(job.pk)]
    assert job.label == "Import of people.csv"
    tasks.run_import(str(job.pk))
    assert {c.traits["city"] for c in Customer.objects.all()} == {"Leeds", "York"}
    assert "Import of people.csv" in analyst.get("/imports/").content.decode()


def test_a_mapping_that_does_not_fit_keeps_the_choices(
    analyst: Client, sent: list[str]
) -> None:
    url = upload(analyst, PEOPLE, "customers").url

    response = analyst.post(
        url, {"column_0": "", "column_1": "traits", "column_2": "traits"}
    )

    assert response.status_code == 422
    assert "userId" in response.content.decode()
    assert response.context["mapping"]["column_1"].value() == "traits"
    assert not Job.objects.exists()


def test_one_part_is_given_to_one_column(analyst: Client) -> None:
    url = upload(analyst, PEOPLE, "customers").url

    response = analyst.post(
        url, {"column_0": "userId", "column_1": "userId", "column_2": "traits"}
    )

    assert "column_1" in response.context["mapping"].errors
    assert response.status_code == 422


def test_anybodys_finished_experiment_comes_in(
    analyst: Client, sent: list[str]
) -> None:
    url = upload(analyst, TRIAL, "experiment", "trial.csv").url

    response = analyst.post(
        url,
        {
            "column_0": "unit",
            "column_1": "arm",
            "column_2": "yes_no",
            "column_3": "amount",
            "key": "spring-trial",
            "name": "Spring",
            "control": "B",
        },
    )

    assert response.status_code == 302, response.content
    tasks.run_import(str(Job.objects.get().pk))
    found = Experiment.objects.get()
    assert (found.key, found.control, found.is_imported) == ("spring-trial", "b", True)


def test_half_of_the_evidence_is_asked_for_whole(analyst: Client) -> None:
    from tests.datasets import dataset

    rows = gzip.decompress(dataset("hillstrom/hillstrom.csv.gz").read_bytes())
    head = b"\n".join(rows.split(b"\n")[:20])
    url = upload(analyst, head, "hillstrom", "hillstrom.csv").url

    response = analyst.post(url, {"wording": "Yes, write to me."})

    errors = response.context["evidence"].errors
    assert response.status_code == 422
    assert {"mechanism", "collected_at", "valid_until"} <= set(errors)
    assert response.context["evidence"]["wording"].value() == "Yes, write to me."


def test_rows_left_out_can_be_downloaded_with_reasons(
    analyst: Client, sent: list[str]
) -> None:
    url = upload(
        analyst, b"id,age,at\nc-1,40,2026-01-01\nc-2,50,soon\n", "customers"
    ).url
    analyst.post(
        url, {"column_0": "userId", "column_1": "traits", "column_2": "timestamp"}
    )
    job = Job.objects.get()
    tasks.run_import(str(job.pk))

    answer = analyst.get(f"/imports/rejects/{job.pk}/")

    listed = answer.content.decode()
    assert "soon" in listed
    assert "at:" in listed


def test_only_importers_import(now: datetime, analyst: Client) -> None:
    url = upload(analyst, PEOPLE, "customers").url
    reader = make.signed_in(make.person("pia", Role.PRIVACY_REVIEWER, now=now))
    marketer = make.signed_in(make.person("mia", Role.MARKETER, now=now))

    assert reader.get("/imports/").status_code == 200
    assert marketer.get("/imports/").status_code == 403
    for client in (reader, marketer):
        assert client.get("/imports/new/").status_code == 403
        assert client.get(url).status_code == 403
        assert upload(client, PEOPLE, "customers").status_code == 403


def test_uploads_that_are_not_there_are_not_found(analyst: Client) -> None:
    for token in ("none", "a" * 32, "..", "%2e%2e"):
        assert analyst.get(f"/imports/{token}/").status_code == 404
