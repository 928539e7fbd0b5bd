"""Work that belongs to the demo, not to a concept of the product."""

from __future__ import annotations

from celery import shared_task

from console.demo import history, living
from governance.jobs import actions as jobs


@shared_task(name="console.load_history", acks_late=True)
def load_history(job_id: str) -> None:
    """The past of the demo world, played day by day under the eyes of the job page."""
    jobs.run(job_id, history.run)


@shared_task(name="console.play_living_world", expires=120)
def play_living_world() -> None:
    """A few minutes of customers, so that the demo keeps living."""
    living.play()
