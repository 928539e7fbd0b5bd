"""Work that Celery does: counting, training, scoring, watching guardrails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from celery import shared_task

from decisioning.engine import actions as engine
from decisioning.engine import retention, uploads, withdrawing
from decisioning.events import storing
from decisioning.experiments import actions as experiments
from decisioning.experiments import queries as experiment_queries
from decisioning.fairness import actions as fairness
from decisioning.features import actions as features
from decisioning.quality import actions as quality
from decisioning.scorecards import actions as scorecards
from decisioning.scorecards import watching
from decisioning.scoring import actions as scoring
from decisioning.segments import actions as segments
from decisioning.segments import audiences
from governance.access.queries import actor_of
from governance.consent import actions as consent
from governance.incidents.core import Cause
from governance.installation.queries import now
from governance.jobs import actions as jobs
from governance.jobs.models import Job
from governance.rights import actions as rights
from governance.types import SERVING_STATES, Actor, GovernanceError, State
from governance.usecases import actions as use_cases
from governance.usecases import queries as use_case_queries
from governance.usecases.core.situation import GuardrailState, SampleRatio
from governance.usecases.ramping import last_step_at

SYSTEM = Actor.system("measurement")
WATCHED = timedelta(days=1)
log = structlog.get_logger(__name__)


@shared_task(name="decisioning.refresh_all_statistics", soft_time_limit=280)
def refresh_all_statistics() -> int:
    """Sums of every running experiment; every five minutes."""
    rows = experiment_queries.catalogue(state="running")
    for row in rows:
        experiments.refresh_statistics(row.key, now=now())
    return len(rows)


@shared_task(name="decisioning.refresh_statistics")
def refresh_statistics(key: str) -> int:
    return experiments.refresh_statistics(key, now=now())


@shared_task(name="decisioning.refresh_scorecards", soft_time_limit=580)
def refresh_scorecards() -> int:
    return scorecards.refresh_all(now=now())


@shared_task(name="decisioning.check_guardrails")
def check_guardrails() -> int:
    """Roll back what does certain harm; pause what is not split as designed."""
    n_held = 0
    for row in experiment_queries.catalogue(state="running"):
        if row.use_case_key and _held(row.use_case_key):
            n_held += 1
    return n_held


def _held(use_case_key: str) -> bool:
    case = use_case_queries.use_case(use_case_key)
    if State(case.state) not in SERVING_STATES:
        return False
    at = now()
    facts = experiment_queries.measured_facts(use_case_key, at)
    harmed = [g.label for g in facts.guarded if g.state is GuardrailState.BREACH]
    broken = watching.violations(use_case_key, at - WATCHED, at)
    try:
        if harmed:
            _roll_back(
                use_case_key,
                at,
                f"Certain harm: {', '.join(harmed)} worse than allowed.",
                _harm(use_case_key, case.created_at, at),
            )
        elif broken:
            _roll_back(
                use_case_key,
                at,
                f"What may not happen even once: {'; '.join(broken)}.",
                _violation(use_case_key, at - WATCHED, at),
            )
        elif facts.sample_ratio is SampleRatio.ALARM:
            _pause_for_ratio(use_case_key, at, case.created_at)
        else:
            return False
    except GovernanceError as error:
        log.warning("guardrail.not_held", use_case=use_case_key, error=error.message)
        return False
    return True


@shared_task(name="decisioning.ramp_up", soft_time_limit=580)
def ramp_up() -> int:
    """Every hour: widen what was scaled and does no harm; roll back what does."""
    scaled = [c for c in use_case_queries.board(now()) if c.state is State.SCALED]
    return sum(ramp(card.key) for card in scaled)


def ramp(use_case_key: str) -> bool:
    """Whether the use case was widened by a step."""
    at = now()
    since = last_step_at(use_case_queries.use_case(use_case_key))
    found = watching.health(use_case_key, since, at)
    if found.harmed or found.violations:
        told = "; ".join((*found.harmed, *found.violations))
        make = _violation if found.violations else _harm
        cause = make(use_case_key, since, at)
        _roll_back(use_case_key, at, f"Found while widening: {told}.", cause)
        return False
    if found.is_ratio_alarm:
        _pause_for_ratio(use_case_key, at, since)
        return False
    answer = use_cases.widen(now=at, key=use_case_key, health=found)
    if not answer:
        log.info("ramp.waits", use_case=use_case_key, code=answer.code)
    return bool(answer)


def _roll_back(use_case_key: str, at: datetime, reason: str, cause: Cause) -> None:
    use_cases.transition(
        by=SYSTEM,
        now=at,
        key=use_case_key,
        transition="roll_back",
        reason=reason,
        cause=cause,
    )


def _pause_for_ratio(use_case_key: str, at: datetime, since: datetime) -> None:
    use_cases.pause(
        by=SYSTEM,
        now=at,
        key=use_case_key,
        reason="The arms do not have their designed shares.",
        cause=Cause(
            "experiment.sample_ratio", watching.first_harm_at(use_case_key, since, at)
        ),
    )


def _harm(use_case_key: str, since: datetime, at: datetime) -> Cause:
    first = watching.first_harm_at(use_case_key, since, at)
    return Cause("guardrail.harm", first)


def _violation(use_case_key: str, since: datetime, at: datetime) -> Cause:
    first = watching.first_violation_at(use_case_key, since, at)
    return Cause("guardrail.violation", first)


@shared_task(name="decisioning.finish_tests")
def finish_tests() -> int:
    """Tests that have reached their planned end are measured."""
    n_finished = 0
    for row in experiment_queries.catalogue(state="running"):
        if row.use_case_key and finish_test(row.use_case_key):
            n_finished += 1
    return n_finished


def finish_test(use_case_key: str) -> bool:
    """Whether it is at its planned end, its ratio checked, and was measured."""
    at = now()
    facts = experiment_queries.measured_facts(use_case_key, at)
    if not facts.sample_reached:
        return False
    try:
        use_cases.transition(
            by=SYSTEM,
            now=at,
            key=use_case_key,
            transition="finish_test",
            facts=facts,
        )
    except GovernanceError as error:
        log.warning("test.not_finished", use_case=use_case_key, error=error.message)
        return False
    return True


@shared_task(name="decisioning.train_propensity")
def train_propensity(job_id: str) -> None:
    """A job with params ``experiment``, and ``outcome`` where it is not conversion."""

    def work(job: Job) -> Mapping[str, Any]:
        version = scoring.train_propensity(
            by=_starter(job),
            now=now(),
            experiment_key=job.params["experiment"],
            outcome=job.params.get("outcome", "conversion"),
            key=job.params.get("key", "propensity"),
            job_id=job_id,
        )
        return {"model": version.key, "version": version.number, "message": "Trained."}

    jobs.run(job_id, work)


@shared_task(name="decisioning.train_clv")
def train_clv(job_id: str) -> None:
    """A job with optional params ``trait``, ``source`` and ``calibrationEnd``."""

    def work(job: Job) -> Mapping[str, Any]:
        end = job.params.get("calibrationEnd")
        version = scoring.train_clv(
            by=_starter(job),
            now=now(),
            trait=job.params.get("trait", ""),
            source=job.params.get("source", ""),
            calibration_end=date.fromisoformat(end) if end else None,
            job_id=job_id,
        )
        return {"model": version.key, "version": version.number, "message": "Trained."}

    jobs.run(job_id, work)


@shared_task(name="decisioning.score_all")
def score_all(job_id: str) -> None:
    """A job with param ``model``; after an interruption it goes on where it was."""

    def work(job: Job) -> Mapping[str, Any]:
        counts = scoring.score_all(
            by=_starter(job),
            now=now(),
            key=job.params["model"],
            job_id=job_id,
            fresh_since=job.created_at,
        )
        return {**counts, "message": f"{counts['written']:,} scores written."}

    jobs.run(job_id, work)


def _starter(job: Job) -> Actor:
    """Whoever started the job, with the roles they hold now."""
    if job.started_by is None:
        return SYSTEM
    return actor_of(job.started_by)


@shared_task(name="decisioning.release_unshown_reservations", soft_time_limit=50)
def release_unshown_reservations() -> int:
    """Every minute: free what was reserved and not shown, refund its budget."""
    return engine.release_unshown()


@shared_task(name="decisioning.expire_consents", soft_time_limit=50 * 60)
def expire_consents() -> int:
    """Every day: grants that have ended are written into the ledger as such."""
    return consent.expire_due(now=now())


@shared_task(name="decisioning.escalate_rights_requests")
def escalate_rights_requests() -> int:
    """Every hour: what the law's clock has run out on is put before a person."""
    return rights.escalate_overdue(now=now())


@shared_task(name="decisioning.move_feature_windows", soft_time_limit=50 * 60)
def move_feature_windows() -> int:
    """Every day: what leaves a window leaves the features of those who are quiet."""
    return features.refresh_all(now=now())


@shared_task(name="decisioning.end_sessions", soft_time_limit=280)
def end_sessions() -> int:
    """Every five minutes: the counts of sessions that are over go back to zero.

    Nobody stays in a segment on the strength of a session that has ended.
    """
    at = now()
    ended = features.end_sessions(now=at)
    for start in range(0, len(ended), segments.MOST_AT_ONCE):
        segments.follow(ended[start : start + segments.MOST_AT_ONCE], now=at)
    return len(ended)


@shared_task(name="decisioning.watch_data_quality", soft_time_limit=280)
def watch_data_quality() -> int:
    """Every five minutes: count what came in, open and close alarms."""
    at = now()
    quality.roll_up(now=at)
    return len(quality.watch(now=at))


@shared_task(name="decisioning.rebuild_segments", soft_time_limit=50 * 60)
def rebuild_segments() -> int:
    """Every night, and after a load: what time alone or a bulk load changed."""
    return segments.rebuild_all(now=now())


@shared_task(name="decisioning.rebuild_segment", soft_time_limit=50 * 60)
def rebuild_segment(key: str) -> bool:
    """When somebody asks on its page."""
    return segments.rebuild(key=key, now=now()) is not None


@shared_task(name="decisioning.rebuild_changed_segments", soft_time_limit=50 * 60)
def rebuild_changed_segments() -> int:
    """Every minute, and when one is saved: segments whose rule is a new one."""
    return segments.rebuild_changed(now=now())


@shared_task(name="decisioning.keep_event_months")
def keep_event_months() -> int:
    """Every day: the event log has a table for this month and for the next three."""
    return storing.keep_months(now=now(), ahead=3)


@shared_task(name="decisioning.forget_withdrawn_scores", soft_time_limit=50 * 60)
def forget_withdrawn_scores() -> int:
    """Several times a day: scores of people who left go within 24 hours."""
    return withdrawing.forget_scores(now=now())


@shared_task(name="decisioning.sync_audiences", soft_time_limit=280)
def sync_audiences() -> int:
    """Every five minutes: who came, left or withdrew, as messages that wait."""
    return audiences.sync_all(now=now())


@shared_task(name="decisioning.send_audience_messages", soft_time_limit=50)
def send_audience_messages() -> int:
    """Every minute: send what is due; what fails waits longer each time."""
    return audiences.send_waiting(now=now())


@shared_task(name="decisioning.run_import")
def run_import(job_id: str) -> None:
    """An import that somebody started on a page; parameters as `uploads.start` left."""
    jobs.run(job_id, uploads.run_import)


@shared_task(name="decisioning.enforce_retention", soft_time_limit=50 * 60)
def enforce_retention() -> int:
    """Every day: what is past its time is deleted; the counts go on record."""
    return sum(retention.enforce(now=now()).values())


@shared_task(name="decisioning.audit_fairness", soft_time_limit=50 * 60)
def audit_fairness() -> int:
    """Every day: audit what is a month old, pause breaches nobody answered in time."""
    at = now()
    return fairness.monthly(now=at) + fairness.hold_overdue(now=at)
