"""One decision: a pure function of what is live, the person, the time and a draw."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from decisioning.engine.core.arbitrate import choose, factors, positions
from decisioning.engine.core.grounds import why
from decisioning.engine.core.stages import (
    UNKNOWN_CUSTOMER,
    Funnel,
    budget_loss,
    cap_losses,
    consent,
    own_limit_opens_at,
    refused_topics,
)
from decisioning.engine.core.types import (
    Case,
    Mode,
    Outcome,
    Person,
    PlacementTable,
    Standing,
    TrialArm,
)
from decisioning.experiments.core import uniform

NO_CASE = "governance.no_live_use_case"
NOT_ALLOCATED = "experiment.not_allocated"
AUDIENCE = "eligibility.audience"
OUTRANKED = "outranked"
UNEXPLAINED = "explanation.not_buildable"
CHOSEN = "chosen"
TREATED = TrialArm("", 1.0, Mode.PERSONALISED, -1)


class Rng(Protocol):
    """A source of uniform numbers, such as ``numpy.random.Generator``."""

    def random(self) -> float:
        """Uniform on [0, 1)."""


def decide(table: PlacementTable, person: Person, now: datetime, rng: Rng) -> Outcome:
    """Decide what a person sees on a placement.

    Parameters
    ----------
    table
        What is live there.
    person
        The customer; ``id`` is ``None`` for one nobody knows.
    now
        Aware; the moment of the decision.
    rng
        Asked once, and only where there is something to choose from.

    Returns
    -------
    Outcome
        With a reason for every candidate.

    Notes
    -----
    Use cases are asked in the order of their priority. The first one that may serve,
    is allowed, reaches the person and has them in its audience decides alone: its
    control and its treated customers thus pass the same gates, and nothing else fills
    the control's placement.
    """
    funnel = Funnel((1 << table.n) - 1)
    if person.id is None:
        funnel.strike(UNKNOWN_CUSTOMER, funnel.alive)
        return Outcome(Mode.DEFAULT, UNKNOWN_CUSTOMER, losses=tuple(funnel.losses))
    held = leaves = None
    first_refusal = ""
    for case in table.cases:
        refusal = case.refusal or _refused(table, case, person, now)
        if not refusal and not _is_reached(case, person):
            refusal = NOT_ALLOCATED
        if not refusal:
            if held is None:
                held, leaves = table.rules.answered(person, now, table.policy)
            refusal = "" if held & case.audience_bit else AUDIENCE
        if not refusal:
            found = _within(table, case, person, now, rng, funnel, held or 0)
            return replace(found, leaves=leaves)
        first_refusal = first_refusal or refusal
        funnel.strike(refusal, case.bits)
    reason = first_refusal or NO_CASE
    return Outcome(
        Mode.DEFAULT,
        reason,
        losses=tuple(funnel.losses),
        consent_version=person.consent_version,
        leaves=leaves,
    )


def _refused(table: PlacementTable, case: Case, person: Person, now: datetime) -> str:
    return consent(case, table.channel, person.head, now, table.policy).code


def _is_reached(case: Case, person: Person) -> bool:
    if case.trial is None:
        return False
    return uniform(f"{case.trial.salt}:allocation", person.pseudonym) < case.exposure


def arm_of(case: Case, pseudonym: str) -> TrialArm:
    """Arm of a person whom the use case reaches: stable for the trial's salt.

    Parameters
    ----------
    case
        With its trial.
    pseudonym
        The person's stable id.

    Returns
    -------
    TrialArm
    """
    if case.trial is None or not case.trial.arms:
        return TREATED
    point = uniform(f"{case.trial.salt}:arm", pseudonym)
    bound = 0.0
    for arm in case.trial.arms:
        bound += arm.share
        if point < bound:
            return arm
    return case.trial.arms[-1]


def _within(
    table: PlacementTable,
    case: Case,
    person: Person,
    now: datetime,
    rng: Rng,
    funnel: Funnel,
    held: int,
) -> Outcome:
    arm = arm_of(case, person.pseudonym)
    beaten = funnel.alive & ~case.bits
    funnel.alive &= case.bits
    if arm.mode is not Mode.PERSONALISED:
        reason = f"experiment.{arm.mode.value}"
        funnel.strike(reason, case.bits)
        return _default(arm.mode, reason, case, arm, person, funnel, beaten, {})
    funnel.strike(NOT_ALLOCATED, ~arm.bits & case.bits)
    funnel.strike_all(refused_topics(table, case, person.head, now))
    funnel.strike("eligibility.offer_rule", ~held & case.bits)
    funnel.strike_all(table.schedule)
    capped, next_at = cap_losses(table, person, now.timestamp())
    funnel.strike_all(capped)
    funnel.strike("budget.exhausted", budget_loss(table, person.remaining))
    funnel.strike_all(table.floor)
    funnel.strike(UNEXPLAINED, table.unexplained)
    if not funnel.alive:
        reason = funnel.losses[-1][0] if funnel.losses else NO_CASE
        return _default(
            Mode.DEFAULT, reason, case, arm, person, funnel, beaten, next_at
        )
    return _choice(table, case, arm, person, now, rng, funnel, beaten, next_at)


def _default(
    mode: Mode,
    reason: str,
    case: Case,
    arm: TrialArm,
    person: Person,
    funnel: Funnel,
    beaten: int,
    next_at: dict[str, float],
) -> Outcome:
    return Outcome(
        mode,
        reason,
        case=case,
        arm=arm,
        losses=tuple(funnel.losses),
        outranked=beaten,
        next_at=next_at,
        consent_version=person.consent_version,
    )


def _choice(
    table: PlacementTable,
    case: Case,
    arm: TrialArm,
    person: Person,
    now: datetime,
    rng: Rng,
    funnel: Funnel,
    beaten: int,
    next_at: dict[str, float],
) -> Outcome:
    scored, degraded = factors(table, case, person)
    draw = float(rng.random())
    allowed = positions(funnel.alive, table.n)
    place, chance = choose(scored.score, allowed, case.exploration, draw)
    told = why(table, case, person, now, place, scored, allowed)
    if told is None:
        funnel.strike(UNEXPLAINED, 1 << place)
        beaten |= funnel.alive
        return _default(
            Mode.DEFAULT, UNEXPLAINED, case, arm, person, funnel, beaten, next_at
        )
    return Outcome(
        Mode.PERSONALISED,
        CHOSEN,
        case=case,
        arm=arm,
        chosen=place,
        propensity=chance,
        draw=draw,
        factors=scored,
        losses=tuple(funnel.losses),
        outranked=(funnel.alive & ~(1 << place)) | beaten,
        next_at=next_at,
        degraded=degraded,
        consent_version=person.consent_version,
        why=told.sentence,
        named=told.named,
        read=told.read,
        shares=told.shares,
        conditions=told.conditions,
    )


def still_holds(
    table: PlacementTable, standing: Standing, person: Person, now: datetime
) -> bool:
    """Whether a standing decision may be given again.

    Parameters
    ----------
    table
        What is live now.
    standing
        The earlier decision, not yet expired.
    person
        The customer as they are now.
    now
        Aware.

    Returns
    -------
    bool
        False once the use case may not serve as it was signed, the person's consent,
        pause or own limit stands against it, their arm moved, or the content is gone.
        For somebody who struck out topics it rests on what is left of their data.
    """
    case = next((c for c in table.cases if c.key == standing.use_case), None)
    if case is None or case.refusal or case.config_hash != standing.config_hash:
        return False
    if _refused(table, case, person, now) or not _is_reached(case, person):
        return False
    arm = arm_of(case, person.pseudonym)
    if arm.key != standing.arm:
        return False
    if arm.mode is not Mode.PERSONALISED:
        return arm.mode.value == standing.mode
    others = [c for c in person.contacts if c.decision_id != standing.decision_id]
    if own_limit_opens_at(others, person.max_per_week, now.timestamp()) is not None:
        return False
    lost = _lost_since(table, case, person, now)
    return any(
        case.bits >> place & 1
        and not lost >> place & 1
        and table.offers[place] == standing.offer
        and table.creatives[place] == standing.creative
        for place in range(table.n)
    )


def _lost_since(
    table: PlacementTable, case: Case, person: Person, now: datetime
) -> int:
    """Candidates whose topic was refused, or that rested on what was struck out."""
    lost = 0
    for _, bits in refused_topics(table, case, person.head, now):
        lost |= bits
    if person.head is None or not (person.head.topics_off or person.head.signals_off):
        return lost
    held = table.rules.satisfied(person, now, table.policy)
    return lost | ~held if held & case.audience_bit else ~0
