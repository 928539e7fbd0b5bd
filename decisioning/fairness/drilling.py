"""The rollback drill: a version decided as it would serve, stopped, and resumed.

The tables are compiled by the engine's own compiler and the choices made by its own
core, for a sample of the real customers, without writing any decision.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from decisioning.engine import snapshot
from decisioning.engine.core.decide import decide
from decisioning.engine.core.types import Mode, Person, PlacementTable
from decisioning.experiments.core import uniform
from decisioning.fairness.simulating import Draw, simulate, tables_of
from governance.signoffs.core import STATE_REASONS
from governance.types import Actor, Answer, State
from governance.usecases import actions as use_cases
from governance.usecases import queries as use_case_queries
from governance.usecases.drilling import must_be_drillable
from governance.usecases.models import RollbackDrill, UseCaseVersion

SAMPLE = 500
STOPS = (State.PAUSED, State.ROLLED_BACK)
Choices = tuple[tuple[Mode, int | None], ...]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of it; without ``faults`` it is passed."""

    n: int
    n_personal: int
    seconds: float
    faults: tuple[str, ...]


def drill(*, by: Actor, now: datetime, key: str, n: int = SAMPLE) -> RollbackDrill:
    """Rehearse pausing, rolling back and resuming, and put the result on record."""
    version = use_case_queries.version(key)
    must_be_drillable(by, version)
    found = rehearse(version, now, n)
    return use_cases.record_drill(
        by=by,
        now=now,
        version=version,
        n=found.n,
        n_personal=found.n_personal,
        seconds=found.seconds,
        faults=found.faults,
    )


def rehearse(version: UseCaseVersion, now: datetime, n: int) -> Rehearsed:
    """Compile and decide before, stopped in both ways, and resumed."""
    seen = simulate(version, now=now, n=n)
    before = choices(seen.tables, seen.people, now)
    n_personal = sum(any(_is_personal(one) for one in each) for each in before)
    faults, seconds = [], 0.0
    if not n_personal:
        faults.append("Nobody in the sample would be reached, so nothing was stopped.")
    for state in STOPS:
        begun = time.monotonic()
        tables = stopped(version, now, state)
        snapshot.build(*snapshot.version())
        seconds = max(seconds, time.monotonic() - begun)
        kept = n_kept(tables, seen.people, now)
        if kept:
            faults.append(f"{state.label}: {kept} customers did not get the default.")
    changed = _n_changed(before, choices(tables_of(version, now), seen.people, now))
    if changed:
        faults.append(f"Resumed: {changed} customers got something else than before.")
    return Rehearsed(len(seen.people), n_personal, seconds, tuple(faults))


def stopped(
    version: UseCaseVersion, now: datetime, state: State
) -> dict[str, PlacementTable]:
    """The tables with the refusal that this state means to the engine."""
    refused = Answer((STATE_REASONS[state],))
    return tables_of(version, now, state=state, may_serve=refused)


def choices(
    tables: Mapping[str, PlacementTable], people: Sequence[Person], now: datetime
) -> list[Choices]:
    """Mode and place of what each would get, by placement."""
    return [
        tuple(_choice(key, tables[key], person, now) for key in sorted(tables))
        for person in people
    ]


def _choice(
    key: str, table: PlacementTable, person: Person, now: datetime
) -> tuple[Mode, int | None]:
    there = replace(person, context={"placement": key})
    draw = Draw(uniform(f"drill:{key}", person.pseudonym))
    outcome = decide(table, there, now, draw)
    return outcome.mode, outcome.chosen


def n_kept(
    tables: Mapping[str, PlacementTable], people: Sequence[Person], now: datetime
) -> int:
    """People who would still get anything but the default content."""
    default = (Mode.DEFAULT, None)
    found = choices(tables, people, now)
    return sum(any(one != default for one in each) for each in found)


def _is_personal(choice: tuple[Mode, int | None]) -> bool:
    return choice[0] is Mode.PERSONALISED


def _n_changed(before: Sequence[Choices], after: Sequence[Choices]) -> int:
    return sum(one != other for one, other in zip(before, after, strict=True))
