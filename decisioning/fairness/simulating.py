"""A version that is not live yet, decided for a sample of the real customers.

The engine's own decision runs on the rows as they were sent for review: no test, no
holdout, no past contacts and no spent budget, so that only rules, consent and choice
are left. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from decisioning.engine import live, reading, writing
from decisioning.engine.compiling import CONFIG_CHANGED, compile_placement
from decisioning.engine.core.decide import decide
from decisioning.engine.core.types import (
    Case,
    Mode,
    Person,
    PlacementTable,
    Trial,
    TrialArm,
)
from decisioning.engine.live import LiveRows
from decisioning.experiments.core import uniform
from decisioning.fairness.traits import Watched
from decisioning.features.core import FEATURE_INDEX, FeatureRow
from decisioning.revisions.actions import put
from decisioning.revisions.core import Kind
from decisioning.revisions.queries import snapshot_by_digest
from governance.consent.queries import policy as consent_policy
from governance.fairness.core import Tally
from governance.types import Answer, State
from governance.usecases.core.content import UseCaseContent
from governance.usecases.models import UseCaseVersion
from governance.usecases.queries import ServingCase

SAMPLE = 6_000
FLIPPED = 600
CHUNK = 500
MOST_VALUES = 12
LIVE = "FROM decisioning_customer c WHERE c.merged_into_id IS NULL"

YES = Answer()


@dataclass(frozen=True, slots=True)
class Draw:
    """The same random number however often it is asked for."""

    point: float

    def random(self) -> float:
        """In [0, 1)."""
        return self.point


@dataclass(frozen=True, slots=True)
class Simulated:
    """People of the sample and what each would be offered, by placement."""

    people: tuple[Person, ...]
    offers: tuple[frozenset[str], ...]
    tables: Mapping[str, PlacementTable]
    now: datetime

    def chosen(self, offers: set[str]) -> npt.NDArray[np.bool_]:
        """Who would be offered one of these."""
        return np.array([bool(each & offers) for each in self.offers], dtype=np.bool_)


def simulate(version: UseCaseVersion, *, now: datetime, n: int = SAMPLE) -> Simulated:
    """Decide for at most ``n`` customers, drawn by a hash of their id."""
    tables = tables_of(version, now)
    ids = sampled(n)
    people = list(_people(ids, tables))
    offers = [offered(tables, person, now) for person in people]
    return Simulated(tuple(people), tuple(offers), tables, now)


def sampled(n: int, seed: int = 0) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id {LIVE} ORDER BY hashint8extended(c.id, %s) LIMIT %s",
            [seed, n],
        )
        return [customer for (customer,) in cursor.fetchall()]


def tables_of(
    version: UseCaseVersion,
    now: datetime,
    *,
    state: State = State.SCALED,
    may_serve: Answer = YES,
) -> dict[str, PlacementTable]:
    """One table a placement, with this version alone on it and everybody in reach.

    ``may_serve`` is the gate's answer in this state: yes where it is not given.
    """
    case = replace(_as_serving(version), state=state, may_serve=may_serve)
    rows = live.read(now)
    _put_what_was_sent(rows, version.references)
    policy = consent_policy()
    return {
        key: _open_to_all(
            compile_placement(rows.placements[key], [case], rows, now, policy)
        )
        for key in case.content.reach.placements
        if key in rows.placements
    }


def _as_serving(version: UseCaseVersion) -> ServingCase:
    return ServingCase(
        key=version.use_case.key,
        name=version.use_case.name,
        version_number=version.number,
        content=UseCaseContent.from_dict(version.content),
        config_hash=version.config_hash,
        references=version.references,
        state=State.SCALED,
        exposure_share=1.0,
        priority=version.use_case.priority,
        may_serve=Answer(),
    )


def _put_what_was_sent(rows: LiveRows, references: Mapping[str, Any]) -> None:
    """In memory only: rows whose draft is under review read as the draft."""
    for name, pinned in references.items():
        kind, _, key = name.partition(":")
        row = getattr(rows, f"{kind}s", {}).get(key)
        digest = pinned.get("digest") if isinstance(pinned, Mapping) else None
        if row is None or kind not in set(Kind) or rows.digest(name) == digest:
            continue
        snapshot = snapshot_by_digest(Kind(kind), str(digest))
        if snapshot is not None:
            put(row, snapshot)


def _open_to_all(table: PlacementTable) -> PlacementTable:
    cases = tuple(_reaching_all(case) for case in table.cases)
    return replace(table, cases=cases, budgets=(None,) * table.n)


def _reaching_all(case: Case) -> Case:
    arm = TrialArm("", 1.0, Mode.PERSONALISED, case.bits)
    trial = Trial(None, "", "fairness", (arm,))
    refusal = "" if case.refusal == CONFIG_CHANGED else case.refusal
    return replace(case, refusal=refusal, exposure=1.0, trial=trial)


def _people(
    ids: Sequence[int], tables: Mapping[str, PlacementTable]
) -> Iterator[Person]:
    """As the engine reads them, without what happened to them before."""
    asked = _asked(tables)
    sql = reading.many_sql("events" in asked, has_budgets=False)
    for start in range(0, len(ids), CHUNK):
        given = {**asked, "people": list(ids[start : start + CHUNK])}
        for row in writing.run(sql, given).fetchall():
            person = reading.reading_of(row, {}).person
            yield replace(person, contacts=(), standing=None)


def _asked(tables: Mapping[str, PlacementTable]) -> dict[str, Any]:
    """One read for all placements: every event that any rule asks for."""
    each = [reading.asked_of(table) for table in tables.values()]
    asked = reading.asked_of(None)
    events = sorted({event for one in each for event in one.get("events", ())})
    if events:
        since = max(one["since"] for one in each if "since" in one)
        asked |= {"events": events, "since": since, "most": reading.MOST_EVENTS}
    return asked


def offered(
    tables: Mapping[str, PlacementTable], person: Person, now: datetime
) -> frozenset[str]:
    """Offers the person would get, one a placement at most."""
    found = set()
    for key, table in tables.items():
        there = replace(person, context={"placement": key})
        draw = Draw(uniform(f"fairness:{key}", person.pseudonym))
        outcome = decide(table, there, now, draw)
        if outcome.chosen is not None:
            found.add(table.offers[outcome.chosen])
    return frozenset(found)


def flips(seen: Simulated, among: Sequence[Watched]) -> dict[str, Tally]:
    """By trait: choices that change with the trait alone, of those tried."""
    return {
        trait.label: tally
        for trait in among
        if not trait.is_number
        for tally in [_flipped(seen, trait)]
        if tally.n
    }


def _flipped(seen: Simulated, trait: Watched) -> Tally:
    values = sorted(
        {
            v
            for p in seen.people
            if isinstance(v := p.traits.get(trait.key), (str, bool))
        },
        key=str,
    )
    if not 2 <= len(values) <= MOST_VALUES:
        return Tally(0, 0)
    tried, changed = 0, 0
    for person, before in zip(seen.people, seen.offers, strict=True):
        value = person.traits.get(trait.key)
        if value not in values or tried == FLIPPED:
            continue
        tried += 1
        others = (v for v in values if v != value)
        changed += any(
            offered(seen.tables, with_trait(person, trait.key, other), seen.now)
            != before
            for other in others
        )
    return Tally(changed, tried)


def with_trait(person: Person, key: str, value: str | bool) -> Person:
    """The same person with another value of one trait, wherever it is used."""
    traits = {**mapping(person.traits), key: value}
    place = FEATURE_INDEX.get(f"trait_{key}")
    if person.vector is None or place is None or isinstance(value, str):
        return replace(person, traits=traits)
    vector = person.vector.copy()
    vector[place] = float(value)
    return replace(person, traits=traits, vector=vector, features=FeatureRow(vector))


def mapping(values: Any) -> dict[str, object]:
    """A person's traits, to read and to change."""
    return dict(values)
