"""The life cycle of a use case: one table, and what it allows whom right now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from governance.types import (
    SERVING_STATES,
    Actor,
    ActorKind,
    Answer,
    Reason,
    Role,
    State,
)
from governance.usecases.core.guards import GUARDS
from governance.usecases.core.situation import Situation

S = State
MO, AN, CH = Role.MARKETING_OWNER, Role.ANALYST, Role.CHANNEL_OWNER
PR, EX, AD = Role.PRIVACY_REVIEWER, Role.EXECUTIVE, Role.ADMIN
STOPPERS = frozenset({MO, AN, CH, PR, EX, AD})
APPROVERS = frozenset({MO, AN, CH, PR, EX})


class LearnStep(StrEnum):
    """The learn loop, as columns of the board."""

    DEFINE = "define"
    DATA = "data"
    GOVERNANCE = "governance"
    TEST = "test"
    MEASURE = "measure"
    REFINE = "refine"

    @property
    def label(self) -> str:
        """The column's heading."""
        return STEP_LABELS[self]


STEP_LABELS: Mapping[LearnStep, str] = {
    LearnStep.DEFINE: "Define",
    LearnStep.DATA: "Data needed",
    LearnStep.GOVERNANCE: "Lawful basis and governance",
    LearnStep.TEST: "Controlled test",
    LearnStep.MEASURE: "Measure",
    LearnStep.REFINE: "Refine and scale",
}
STEP_OF: Mapping[State, LearnStep | None] = {
    S.DEFINE: LearnStep.DEFINE,
    S.DATA_NEEDS: LearnStep.DATA,
    S.GOVERNANCE: LearnStep.GOVERNANCE,
    S.READY: LearnStep.TEST,
    S.TESTING: LearnStep.TEST,
    S.MEASURED: LearnStep.MEASURE,
    S.SCALED: LearnStep.REFINE,
    S.ROLLED_BACK: LearnStep.REFINE,
    S.PAUSED: None,
    S.RETIRED: None,
}


def step_of(state: State, before_pause: State | None = None) -> LearnStep | None:
    """Where on the learn loop a use case stands.

    Parameters
    ----------
    state
        Its state.
    before_pause
        Where it stood before a pause.

    Returns
    -------
    LearnStep or None
        None for what is retired, and for a pause of unknown origin.
    """
    if state is S.PAUSED and before_pause is not None:
        return STEP_OF[before_pause]
    return STEP_OF[state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row of the table.

    ``to`` is ``None`` where the use case returns to where it stood before a pause.
    ``owners_may`` admits those who own the use case whatever their role.
    """

    action: str
    label: str
    sources: tuple[State, ...]
    to: State | None
    roles: frozenset[Role] = frozenset()
    owners_may: bool = False
    system_may: bool = False
    guards: tuple[str, ...] = ()
    needs_reason: bool = False


def _row(
    action: str,
    label: str,
    sources: Iterable[State],
    to: State | None,
    *roles: Role,
    owners: bool = False,
    system: bool = False,
    guards: str = "",
    needs_reason: bool = False,
) -> Transition:
    return Transition(
        action=action,
        label=label,
        sources=tuple(sources),
        to=to,
        roles=frozenset(roles),
        owners_may=owners,
        system_may=system,
        guards=tuple(guards.split()),
        needs_reason=needs_reason,
    )


SERVING = tuple(state for state in State if state in SERVING_STATES)
RETIRABLE = (
    S.DEFINE,
    S.DATA_NEEDS,
    S.GOVERNANCE,
    S.READY,
    S.TESTING,
    S.MEASURED,
    S.SCALED,
    S.PAUSED,
    S.ROLLED_BACK,
)

TRANSITIONS: tuple[Transition, ...] = (
    _row(
        "to_data_needs",
        "Go on to data",
        [S.DEFINE],
        S.DATA_NEEDS,
        MO,
        owners=True,
        guards="tests_passed meaningful_metric three_guardrails fallback_present "
        "no_duplicate",
    ),
    _row(
        "submit",
        "Submit for review",
        [S.DATA_NEEDS],
        S.GOVERNANCE,
        MO,
        AN,
        owners=True,
        guards="data_justified not_creepy basis_given explanation_clear controlled "
        "parts_described intake_complete",
    ),
    _row(
        "make_ready",
        "Ready",
        [S.GOVERNANCE],
        S.READY,
        system=True,
        guards="tests_passed meaningful_metric three_guardrails data_justified "
        "basis_given explanation_clear controlled fallback_present all_signed",
    ),
    _row(
        "request_changes",
        "Ask for changes",
        [S.GOVERNANCE],
        S.DEFINE,
        *APPROVERS,
        guards="reason_given",
        needs_reason=True,
    ),
    _row(
        "withdraw",
        "Take back to draft",
        [S.DATA_NEEDS, S.GOVERNANCE, S.READY],
        S.DEFINE,
        MO,
        owners=True,
    ),
    _row(
        "start_test",
        "Start the test",
        [S.READY],
        S.TESTING,
        CH,
        guards="all_signed recently_signed controlled fallback_present",
    ),
    _row(
        "finish_test",
        "Measured",
        [S.TESTING],
        S.MEASURED,
        system=True,
        guards="sample_reached sample_ratio_checked",
    ),
    _row(
        "scale",
        "Scale",
        [S.MEASURED],
        S.SCALED,
        MO,
        AN,
        guards="all_signed sample_ratio_checked uplift_shown unharmed",
    ),
    _row("refine", "Refine", [S.MEASURED, S.ROLLED_BACK], S.DEFINE, MO, owners=True),
    _row("pause", "Pause", SERVING, S.PAUSED, *STOPPERS, owners=True, system=True),
    _row(
        "resume",
        "Resume",
        [S.PAUSED],
        None,
        CH,
        guards="all_signed known_before released_by_privacy",
    ),
    _row(
        "roll_back",
        "Roll back",
        (*SERVING, S.PAUSED),
        S.ROLLED_BACK,
        *STOPPERS,
        owners=True,
        system=True,
    ),
    _row(
        "retire",
        "Retire",
        RETIRABLE,
        S.RETIRED,
        MO,
        guards="learning_noted",
        needs_reason=True,
    ),
)
BY_ACTION: Mapping[str, Transition] = {row.action: row for row in TRANSITIONS}


@dataclass(frozen=True, slots=True)
class Allowed:
    """One step from here: whether it may be taken, and everything against it."""

    transition: Transition
    to: State
    unmet: tuple[Reason, ...]

    @property
    def action(self) -> str:
        """Name of the step."""
        return self.transition.action

    @property
    def label(self) -> str:
        """The step in words."""
        return self.transition.label

    @property
    def is_allowed(self) -> bool:
        """Whether nothing stands against it."""
        return not self.unmet


def allowed_actions(at: Situation, by: Actor) -> tuple[Allowed, ...]:
    """Every step that leads on from here, with all that stands against each.

    Parameters
    ----------
    at
        The use case at this moment.
    by
        Who wants to act.

    Returns
    -------
    tuple of Allowed
        In the order of the table.
    """
    return tuple(
        Allowed(row, _target(row, at), tuple(_against(row, at, by)))
        for row in TRANSITIONS
        if at.state in row.sources
    )


def may_take(action: str, at: Situation, by: Actor) -> Answer:
    """Whether one step may be taken.

    Parameters
    ----------
    action
        Name of the step.
    at, by
        As for ``allowed_actions``.

    Returns
    -------
    Answer
        Every reason against it; an unknown step, or one from elsewhere, is refused.
    """
    row = BY_ACTION.get(action)
    if row is None:
        return Answer.no("lifecycle.unknown", f"There is no step “{action}”.")
    if at.state not in row.sources:
        return Answer.no(
            "lifecycle.not_from_here",
            f"“{row.label}” does not lead on from {at.state.label}.",
            "Reload the page: somebody may have moved it.",
        )
    return Answer(tuple(_against(row, at, by)))


def _target(row: Transition, at: Situation) -> State:
    return row.to or at.state_before_pause or at.state


def _against(row: Transition, at: Situation, by: Actor) -> Iterable[Reason]:
    yield from _wrong_actor(row, at, by)
    for name in row.guards:
        yield from GUARDS[name](at, by)


def _wrong_actor(row: Transition, at: Situation, by: Actor) -> Iterable[Reason]:
    if by.kind is ActorKind.SYSTEM:
        may_act = row.system_may
    else:
        is_owner = by.id is not None and by.id in at.owner_ids | {at.author_id}
        is_person = by.kind is ActorKind.PERSON
        may_act = is_person and (by.has(*row.roles) or (row.owners_may and is_owner))
    if not may_act:
        yield Reason("lifecycle.not_yours", _who_may(row))


def _who_may(row: Transition) -> str:
    who = [role.label.lower() for role in Role if role in row.roles]
    if row.owners_may:
        who.append("its owners")
    if not who:
        return "This step follows by itself once its conditions hold."
    return f"This step is for: {', '.join(who)}."
