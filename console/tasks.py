"""Work that belongs to no concept of the product: the demo's, and jobs left undone."""

from __future__ import annotations

from celery import shared_task

from console.demo import history, living
from decisioning import tasks
from decisioning.engine import uploads
from governance.audit import verifying
from governance.installation.queries import now
from governance.jobs import actions as jobs
from governance.tasks import verify_audit


@shared_task(name="console.load_history", acks_late=True)
def load_history(job_id: str) -> None:
    """The past of the demo world, played day by day under the eyes of the job page."""
    jobs.run(job_id, history.run)


@shared_task(name="console.resume_jobs", expires=25)
def resume_jobs() -> int:
    """Twice a minute: what a worker that was killed left undone goes on."""
    send = {kind: task.delay for kind, task in WORK.items()}
    return jobs.resume_left(send, now=now())


@shared_task(name="console.play_living_world", expires=120)
def play_living_world() -> None:
    """A few minutes of customers, so that the demo keeps living."""
    living.play()


# Who does which kind of job, so that one that was left can be taken up.
WORK = {
    uploads.JOB_KIND: tasks.run_import,
    uploads.TRIAL_KIND: tasks.run_import,
    uploads.UNDO_KIND: tasks.run_import,
    "scoring.train_propensity": tasks.train_propensity,
    "scoring.train_clv": tasks.train_clv,
    "scoring.score_all": tasks.score_all,
    "demo.history": load_history,
    verifying.JOB_KIND: verify_audit,
}
