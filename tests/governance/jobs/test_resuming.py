"""A job outlives its worker: the lock of a dead session is free, so another goes on."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from governance.installation.queries import now as clock
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.types import Actor

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
SYSTEM = Actor.system("test")


def started(kind: str = "import") -> Job:
    return jobs.start(
        by=SYSTEM, now=clock(), kind=kind, label="Import", send=lambda _id: None
    )


@pytest.fixture
def other_worker() -> Iterator[psycopg.Connection]:
    """Another session of the application's role."""
    there = connection.get_connection_params()
    known = ("host", "port", "user", "password", "dbname")
    given = {key: there[key] for key in known if key in there}
    with psycopg.connect(**given, autocommit=True) as session:
        yield session


def hold(session: psycopg.Connection, job: Job) -> None:
    session.execute(
        "SELECT pg_advisory_lock(%s, hashtext(%s))", [jobs.HELD, str(job.pk)]
    )


def resumed(after: timedelta = timedelta()) -> list[str]:
    sent: list[str] = []
    jobs.resume_left({"import": sent.append}, now=clock() + after)
    return sent


def test_a_running_job_whose_worker_is_gone_is_sent_again_once(
    other_worker: psycopg.Connection,
) -> None:
    job = started()
    jobs.begin(str(job.pk))
    hold(other_worker, job)
    while_held = resumed()
    other_worker.close()

    assert while_held == []
    assert resumed() == [str(job.pk)]
    assert resumed() == []
    job.refresh_from_db()
    assert (job.state, job.params["resumed"]) == ("queued", 1)


def test_a_job_that_another_worker_holds_is_left_to_it(
    other_worker: psycopg.Connection,
) -> None:
    job = started()
    hold(other_worker, job)
    worked: list[Any] = []

    jobs.run(str(job.pk), worked.append)

    assert worked == []


def n_held_here() -> int:
    """Jobs that somebody holds in this test's database; others share the cluster."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            " AND classid::bigint = %s AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())",
            [jobs.HELD],
        )
        (n,) = cursor.fetchone()
    return int(n)


def test_a_job_is_held_while_it_is_worked_on_and_free_afterwards() -> None:
    job = started()
    seen: list[list[str]] = []

    def work(_: Job) -> None:
        seen.append(resumed())

    jobs.run(str(job.pk), work)

    job.refresh_from_db()
    assert (seen, job.state) == ([[]], "done")
    assert n_held_here() == 0


def test_a_failed_job_lets_go_too() -> None:
    job = started()

    def work(_: Job) -> None:
        raise RuntimeError("lightning")

    with pytest.raises(RuntimeError):
        jobs.run(str(job.pk), work)

    assert n_held_here() == 0


def test_a_message_that_was_lost_is_sent_again_after_a_while() -> None:
    job = started()

    assert resumed() == []
    assert resumed(jobs.PATIENCE + timedelta(seconds=1)) == [str(job.pk)]


def test_a_job_that_keeps_killing_its_worker_is_given_up() -> None:
    job = started()
    Job.objects.filter(pk=job.pk).update(params={"resumed": jobs.MOST_RESUMES})
    jobs.begin(str(job.pk))

    assert resumed() == []
    job.refresh_from_db()
    assert job.state == "failed"
    assert "worker" in job.what_to_do


def test_ended_jobs_and_unknown_kinds_are_left_alone() -> None:
    ended, unknown = started(), started("something.else")
    jobs.begin(str(ended.pk))
    jobs.finish(str(ended.pk))
    jobs.begin(str(unknown.pk))

    assert resumed(timedelta(days=1)) == []


def test_every_kind_of_job_that_a_page_starts_can_be_taken_up_again() -> None:
    from console.config.demo import HISTORY
    from console.tasks import WORK
    from decisioning.engine import uploads
    from governance.audit import verifying

    pages = (ROOT / "console/pages").rglob("*.py")
    started = re.compile(r'kind="([a-z]+\.[a-z_]+)"')
    named = {kind for page in pages for kind in started.findall(page.read_text())}

    assert "scoring.score_all" in named
    imports = {uploads.JOB_KIND, uploads.TRIAL_KIND, uploads.UNDO_KIND}
    assert {*imports, HISTORY, verifying.JOB_KIND, *named} == set(WORK)
