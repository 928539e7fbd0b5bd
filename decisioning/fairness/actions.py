"""Audits by the engine's own decisions and by its log; every result is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from decisioning.fairness import logged, proxies, simulating, traits
from decisioning.offers import queries as offers
from governance.access.core import Permission, allows
from governance.fairness import actions as fairness
from governance.fairness import queries as audits
from governance.fairness.core import (
    USUAL,
    Audit,
    Direction,
    Observed,
    audit,
    bubble,
)
from governance.fairness.core.answering import Occasion
from governance.fairness.queries import FairnessAudit
from governance.types import (
    SERVING_STATES,
    Actor,
    ActorKind,
    GovernanceError,
    Refused,
    State,
)
from governance.usecases import queries as use_cases
from governance.usecases.core.content import UseCaseContent
from governance.usecases.models import UseCaseVersion

SYSTEM = Actor.system("fairness")
WINDOW = timedelta(days=90)
MONTH = timedelta(days=30)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Offered:
    """The use case's offers: which are good for whom, their topics and rules."""

    by_direction: dict[Direction, set[str]]
    topics: dict[str, str]
    eligibilities: list[Any]


def offered_by(content: UseCaseContent) -> Offered:
    rows = offers.offers(keys=list(content.reach.offers), with_retired=True)
    by_direction: dict[Direction, set[str]] = {}
    for row in rows:
        by_direction.setdefault(Direction(row.benefit), set()).add(row.key)
    return Offered(
        by_direction,
        {row.key: row.topic for row in rows},
        [row.eligibility for row in rows],
    )


@transaction.atomic
def simulate(
    *,
    by: Actor,
    now: datetime,
    key: str,
    number: int | None = None,
    n: int = simulating.SAMPLE,
    occasion: Occasion = Occasion.BEFORE_LAUNCH,
) -> FairnessAudit:
    """Audit a version on a sample of customers before anybody is served."""
    version = use_cases.version(key, number)
    content = UseCaseContent.from_dict(version.content)
    seen = simulating.simulate(version, now=now, n=n)
    among, on_offer = traits.watched(), offered_by(content)
    known = [simulating.mapping(person.traits) for person in seen.people]
    groups = traits.groups(among, [p.id or 0 for p in seen.people], known)
    result = audit(
        Observed(
            traits=groups,
            numbers=traits.numbers(among, known),
            chosen={d: seen.chosen(k) for d, k in on_offer.by_direction.items()},
            flips=simulating.flips(seen, among),
        )
    )
    return fairness.record_audit(
        by=by,
        now=now,
        version=version,
        occasion=occasion,
        method="simulation",
        result=result,
        proxies=[
            proxy.as_dict()
            for proxy in proxies.hunt(
                seen,
                groups,
                segment=content.reach.segment,
                eligibilities=on_offer.eligibilities,
            )
        ],
        caution=_caution(result, among),
    )


@transaction.atomic
def audit_logged(
    *, by: Actor, now: datetime, key: str, occasion: Occasion
) -> FairnessAudit:
    """Audit what was decided in the last 90 days, and what came of it."""
    version = use_cases.use_case(key).serving_version
    if version is None:
        raise Refused("Nothing has been served yet.", code="fairness.not_served")
    content = UseCaseContent.from_dict(version.content)
    begun = now - WINDOW
    seen = logged.read(key, content.reach.placements, since=begun, now=now)
    among, on_offer = traits.watched(), offered_by(content)
    result = audit(
        Observed(
            traits=traits.groups(among, seen.ids, seen.traits),
            numbers=traits.numbers(among, seen.traits),
            chosen={d: seen.chosen(k) for d, k in on_offer.by_direction.items()},
            exposure=seen.times,
            harms=seen.harms(),
            days=_days_served(version, now),
        )
    )
    variety = bubble(
        logged.shown(key, on_offer.topics, since=begun, now=now),
        [topic or offer for offer, topic in on_offer.topics.items()],
        USUAL,
    )
    return fairness.record_audit(
        by=by,
        now=now,
        version=version,
        occasion=occasion,
        method="logged",
        result=result,
        starts_at=begun,
        proxies=audits.last_proxies(key),
        bubble=variety.as_dict(),
        caution=_caution(result, among),
    )


def _days_served(version: UseCaseVersion, now: datetime) -> float:
    since = max(version.signed_at or now, now - WINDOW)
    return max((now - since) / timedelta(days=1), 1.0)


def _caution(result: Audit, among: Sequence[traits.Watched]) -> str:
    if not among:
        return (
            "The data map marks no trait as protected or as standing in for one, and "
            "nobody volunteered any. Nothing could be compared."
        )
    if not result.n:
        return "There are no customers yet to try it on."
    return ""


def run_now(*, by: Actor, now: datetime, key: str) -> FairnessAudit:
    """Audit when somebody asks: by the log once there is one, else by simulation."""
    if by.kind is ActorKind.PERSON and not allows(by, Permission.FAIRNESS_WRITE):
        raise Refused("Analysts run the audit.")
    case = use_cases.use_case(key)
    if State(case.state) in {State.TESTING, State.MEASURED, State.SCALED, State.PAUSED}:
        return audit_logged(by=by, now=now, key=key, occasion=Occasion.ASKED)
    return simulate(by=by, now=now, key=key)


def after_submission(*, key: str, number: int, by: Actor, now: datetime) -> None:
    del by
    simulate(by=SYSTEM, now=now, key=key, number=number)


def after_step(
    *, key: str, transition: str, by: Actor, now: datetime, reason: str
) -> None:
    """At the end of the test the log is audited, in the same transaction."""
    del by, reason
    is_served = use_cases.use_case(key).serving_version is not None
    if transition == "finish_test" and is_served:
        audit_logged(by=SYSTEM, now=now, key=key, occasion=Occasion.MEASURED)


def monthly(*, now: datetime) -> int:
    """Audit what is scaled and was not audited for a month; hold what is overdue."""
    done = 0
    for each in audits.standing():
        is_due = each.audit is None or each.audit.audited_at <= now - MONTH
        if State(each.use_case.state) is not State.SCALED or not is_due:
            continue
        try:
            audit_logged(
                by=SYSTEM, now=now, key=each.use_case.key, occasion=Occasion.MONTHLY
            )
            done += 1
        except GovernanceError as error:
            log.warning("fairness.not_audited", use_case=each.use_case.key, error=error)
    return done


def hold_overdue(*, now: datetime) -> int:
    """Pause what is still serving with a breach that nobody answered in time."""
    serving = [a for a in audits.overdue(now) if a.use_case.state in SERVING_STATES]
    return sum(fairness.hold(now=now, audit=each) for each in serving)
