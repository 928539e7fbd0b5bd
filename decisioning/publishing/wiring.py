"""Who is told of what: saving, signing, moving and publishing meet only here."""

from __future__ import annotations

from datetime import datetime

from decisioning.experiments import actions as experiments
from decisioning.experiments import queries as experiment_queries
from decisioning.publishing import actions
from decisioning.revisions import actions as revisions
from decisioning.segments import actions as segments
from governance.consent import hooks as choosing
from governance.signoffs import hooks as signing
from governance.types import Actor
from governance.usecases import hooks as moving

SYSTEM = Actor.system("publishing")
ENDING = {"roll_back": "Rolled back.", "retire": "Retired."}


def connect() -> None:
    revisions.register(actions.is_served, actions.after_draft)
    signing.on_fully_signed(_promote)
    moving.on_moved(_keep_experiment_in_step)
    choosing.on_chosen(segments.follow_choices)
    choosing.on_ruled(segments.follow_notice)


def _promote(*, key: str, number: int, now: datetime) -> None:
    actions.promote(now=now, key=key, number=number)


def _keep_experiment_in_step(
    *, key: str, transition: str, by: Actor, now: datetime, reason: str
) -> None:
    """A test that starts has an experiment; one that ends has none running."""
    del by
    if transition == "start_test":
        experiment = experiments.create(by=SYSTEM, now=now, use_case_key=key)
        experiments.start(by=SYSTEM, now=now, key=experiment.key)
        return
    running = experiment_queries.running(key)
    if running is None:
        return
    if transition == "finish_test":
        experiments.finish(by=SYSTEM, now=now, key=running.key, is_judged=True)
    elif transition in ENDING:
        experiments.stop(
            by=SYSTEM, now=now, key=running.key, reason=reason or ENDING[transition]
        )
