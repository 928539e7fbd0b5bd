"""The system widens what was scaled, step by step, and writes each step down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.audit import actions as audit
from governance.types import Actor, Answer, State
from governance.usecases.core.ramp import Health, may_widen, next_share, widest
from governance.usecases.drafting import locked, move, subject_of
from governance.usecases.models import UseCase
from governance.usecases.serving import serving_cases
from governance.usecases.standing import effective_content

RAMP = "ramp"
SYSTEM = Actor.system("ramp")


def last_step_at(case: UseCase) -> datetime:
    """When the present share was set: by scaling, a step, or a resume after a pause."""
    steps = case.state_changes.filter(to_state=State.SCALED)
    found = steps.exclude(transition="note_learning").order_by("-pk").first()
    return found.changed_at if found else case.changed_at


@transaction.atomic
def widen(*, now: datetime, key: str, health: Health) -> Answer:
    """One step of 10, 25, 50, all but the holdout; the answer says why there is none.

    It needs no signature: each step lies within what was signed, which is checked
    again at every decision.
    """
    case = locked(key)
    if case.state != State.SCALED or case.serving_version is None:
        return Answer.no("ramp.not_scaled", "Only what was scaled is widened.")
    serving = {one.key: one for one in serving_cases(now)}[key]
    if not serving.may_serve:
        return serving.may_serve
    may, why = may_widen(last_step_at(case), now, health)
    if not may:
        return Answer.no("ramp.waits", why)
    return _take(case, now)


def _take(case: UseCase, now: datetime) -> Answer:
    version = case.serving_version
    assert version is not None
    asked = effective_content(version).experiment
    share = next_share(
        case.exposure_share, widest(asked.holdout_share, asked.max_exposure)
    )
    if share is None:
        return Answer.no("ramp.done", "Everybody who may be reached is.")
    before, case.exposure_share = case.exposure_share, share
    told = f"Widened from {before:.0%} to {share:.0%}; guardrails clear."
    move(case, State.SCALED, RAMP, by=SYSTEM, now=now, reason=told)
    version.use_case = case
    audit.record(
        by=SYSTEM,
        now=now,
        type="use_case.exposure_set",
        subject=subject_of(version),
        details={"from": before, "to": share},
    )
    return Answer()
