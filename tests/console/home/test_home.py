"""What needs me: by role, from the state of things and nothing else."""

import re
from datetime import timedelta

import pytest

from governance.installation.queries import now as clock
from governance.jobs.models import Job
from governance.usecases.models import UseCaseVersion
from tests.factories.intake import EVIDENCE, URL

pytestmark = pytest.mark.django_db


def kinds(client):
    return [row.kind for row in client.get("/").context["needed"]]


def text_of(page):
    return re.sub(r"\s+", " ", page.content.decode())


def test_an_empty_installation_leads_a_marketer_by_the_hand(clients):
    text = text_of(clients["mara"].get("/"))

    assert 'href="/use-cases/new/"' in text
    assert "Describe your first use case" in text


def test_an_empty_installation_does_not_offer_others_what_they_may_not_do(clients):
    for name in ("anna", "priya", "ada", "sue", "aud"):
        page = clients[name].get("/")
        assert page.status_code == 200, name
        assert "/use-cases/new/" not in text_of(page), name


def test_executives_begin_with_the_scorecard(clients, settings):
    done = clients["eve"].get("/")

    assert done.status_code == 302
    assert done.url.startswith("/scorecard/")


def test_an_unfinished_draft_needs_its_owner_and_says_what_is_missing(clients):
    clients["mara"].post("/use-cases/new/", {"name": "Birthday surprise"})

    page = clients["mara"].get("/")

    assert page.context["title"] == "One thing needs you"
    [row] = page.context["needed"]
    assert row.kind == "Finish the draft"
    assert "answers are missing. First: Say who it is for." in row.text
    assert kinds(clients["chen"]) == []


def test_tests_that_pass_wait_for_assessors_but_not_for_the_author(clients, draft):
    assert "Assess tests 1 and 2 and 3" in kinds(clients["anna"])
    assert not [k for k in kinds(clients["mara"]) if k.startswith("Assess")]

    clients["olga"].post(
        f"{URL}assessments/", {"test": 1, "verdict": "pass", "evidence": EVIDENCE}
    )

    assert "Assess tests 2 and 3" in kinds(clients["anna"])


def test_a_review_waits_for_those_who_sign_it(clients, in_review):
    assert "Sign for privacy" in kinds(clients["priya"])
    assert "Sign for data and analytics" in kinds(clients["anna"])
    assert kinds(clients["aud"]) == []


def test_what_is_signed_waits_for_the_channel_owner_to_start_it(clients, ready):
    assert "Start the test" in kinds(clients["chen"])
    assert "Start the test" not in kinds(clients["anna"])


def test_a_sign_off_that_runs_out_is_told_in_time(clients, running):
    assert "Sign-off runs out" not in kinds(clients["olga"])
    soon = clock() + timedelta(days=3, hours=1)
    UseCaseVersion.objects.filter(status="signed").update(expires_at=soon)

    page = clients["olga"].get("/")

    [row] = [r for r in page.context["needed"] if r.kind == "Sign-off runs out"]
    assert row.when == "in 3 days"


def test_a_live_use_case_that_may_not_serve_is_told_with_the_reason(clients, running):
    past = clock() - timedelta(days=1)
    UseCaseVersion.objects.filter(status="signed").update(expires_at=past)

    page = clients["chen"].get("/")

    [row] = [r for r in page.context["needed"] if r.kind == "Default is served"]
    assert "run out" in row.text
    assert "1 use case serves the default." in page.context["facts"]


def test_a_failed_job_says_what_to_do(clients, cast):
    now = clock()
    Job.objects.create(
        kind="import",
        label="Import of customers",
        state="failed",
        what_to_do="Upload it again.",
        started_by=cast["olga"],
        created_at=now,
        finished_at=now,
    )

    assert "A job failed" in kinds(clients["olga"])
    assert "A job failed" not in kinds(clients["mara"])


def test_the_smallest_safe_test_is_sized(clients, draft):
    page = clients["mara"].get("/")

    smallest = page.context["smallest"]
    assert smallest.name == "Bring back recent buyers"
    needed = int(smallest.facts[0].value.replace(",", ""))
    assert needed > 1000
    assert "0.5 percentage points" in smallest.note


def test_limits_that_nobody_counted_say_so(clients):
    stats = {s.label: s for s in clients["olga"].get("/").context["limits"]}

    assert stats["Opt-outs"].waiting == "Not yet counted"
    assert stats["Complaints"].waiting == "Not yet counted"
    assert stats["At their contact cap"].waiting == "No cap is set yet"


def test_what_happened_lately_reads_as_sentences(clients, in_review):
    events = clients["aud"].get("/").context["feed"]

    told = [f"{event.strong} {event.text}" for event in events]
    assert "Mara asked for review of Bring back recent buyers" in told
    assert not [text for text in told if ":" in text or "_" in text]


def test_an_object_is_called_by_its_name(clients, shop):
    told = {event.text for event in clients["aud"].get("/").context["feed"]}

    assert "saved the segment “Good buyers”" in told
