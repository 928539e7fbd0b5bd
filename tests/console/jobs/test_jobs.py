import pytest

from governance.installation.queries import now as clock
from governance.jobs.models import Job

HTMX = {"HX-Request": "true"}


@pytest.fixture
def job(cast):
    return Job.objects.create(
        kind="scoring.train",
        label="Train the score",
        started_by=cast["anna"],
        created_at=clock(),
        begun_at=clock(),
        heartbeat_at=clock(),
        state=Job.State.RUNNING,
        n_done=40,
        n_total=100,
        counts={"rejected": 3},
    )


def ended(job, state=Job.State.DONE, **more):
    fields = {"state": state, "finished_at": clock(), **more}
    Job.objects.filter(pk=job.pk).update(**fields)


def test_progress_is_a_fragment_that_keeps_asking_while_work_goes_on(clients, job):
    answer = clients["anna"].get(f"/jobs/{job.pk}/progress/", headers=HTMX)
    text = answer.content.decode()

    assert "<html" not in text
    assert f'hx-get="/jobs/{job.pk}/progress/"' in text
    assert 'value="40"' in text
    assert "40 of 100" in text
    assert "Rejected: 3" in text


def test_once_it_has_ended_the_fragment_stops_asking_and_tells_it(clients, job):
    ended(job)

    answer = clients["anna"].get(f"/jobs/{job.pk}/progress/", headers=HTMX)

    assert "hx-get" not in answer.content.decode()
    assert "ended" in answer["HX-Trigger"]
    assert "some rows set aside" in answer.content.decode()


def test_without_script_the_progress_address_leads_to_the_page(clients, job):
    answer = clients["anna"].get(f"/jobs/{job.pk}/progress/")

    assert answer["Location"] == f"/jobs/{job.pk}/"


def test_who_started_a_job_stops_it(clients, job):
    page = clients["anna"].post(f"/jobs/{job.pk}/cancellation/", follow=True)

    job.refresh_from_db()
    assert job.cancel_requested_at is not None
    assert "Stopping" in page.content.decode()
    assert "Cancel</button>" not in page.content.decode()


def test_somebody_elses_job_is_not_there_for_a_marketer(clients, job):
    answer = clients["mara"].post(f"/jobs/{job.pk}/cancellation/")

    job.refresh_from_db()
    assert answer.status_code == 404
    assert job.cancel_requested_at is None


def test_who_only_reads_sees_no_way_to_stop_it(clients, job):
    page = clients["aud"].get(f"/jobs/{job.pk}/")

    assert page.status_code == 200
    assert "cancellation" not in page.content.decode()
    assert clients["aud"].post(f"/jobs/{job.pk}/cancellation/").status_code == 403


def test_stopping_what_has_ended_says_so(clients, job):
    ended(job)

    page = clients["anna"].post(f"/jobs/{job.pk}/cancellation/", follow=True)

    assert "already ended" in page.content.decode()


def test_a_failed_job_says_why_and_what_to_do(clients, job):
    told = {"error": "The file ended early.", "what_to_do": "Send it again."}
    ended(job, Job.State.FAILED, **told)

    page = clients["anna"].get(f"/jobs/{job.pk}/").content.decode()

    assert told["error"] in page
    assert told["what_to_do"] in page


def test_the_list_shows_what_is_at_work_and_what_has_ended(clients, job):
    assert "At work now" in clients["anna"].get("/jobs/").content.decode()
    assert "Train the score" not in clients["mara"].get("/jobs/").content.decode()

    ended(job)

    page = clients["anna"].get("/jobs/").content.decode()
    assert "At work now" not in page
    assert "Train the score" in page
