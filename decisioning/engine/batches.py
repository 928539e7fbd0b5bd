"""Decisions for many customers at once: the same rules, set by set."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from decisioning.engine import reading, snapshot, writing
from decisioning.engine.actions import (
    MOST_TRIES,
    STANDS_FOR,
    UnknownPlacement,
    check_channel,
    generator,
)
from decisioning.engine.answers import Answer, Asked, answer, answer_again, log_row
from decisioning.engine.core.decide import decide as choose
from decisioning.engine.core.decide import still_holds
from decisioning.engine.core.types import Mode, Outcome, Person, PlacementTable
from decisioning.engine.reading import Reading
from decisioning.engine.snapshot import Snapshot

CHUNK = 250

RESOLVE = """
SELECT q.place, COALESCE(m.merged_into_id, m.id)
FROM unnest(%(users)s::text[], %(anonymous)s::text[])
    WITH ORDINALITY q(a_user, an_anonymous, place)
CROSS JOIN LATERAL (
    SELECT i.customer_id FROM decisioning_customeridentity i
    WHERE (i.kind = 'user' AND i.value = q.a_user)
       OR (i.kind = 'anonymous' AND i.value = q.an_anonymous
           AND (q.a_user IS NULL OR NOT EXISTS (
               SELECT 1 FROM decisioning_customeridentity u
               WHERE u.customer_id = i.customer_id AND u.kind = 'user')))
    ORDER BY i.kind DESC LIMIT 1
) i JOIN decisioning_customer m ON m.id = i.customer_id"""
BUDGETS_HELD = """SELECT id, limit_minor - used_minor FROM decisioning_budget
    WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"""
SPEND = """UPDATE decisioning_budget b SET used_minor = b.used_minor + q.minor
    FROM unnest(%s::bigint[], %s::bigint[]) q(id, minor) WHERE b.id = q.id"""
ASSIGN = """INSERT INTO decisioning_assignment
        (experiment_id, customer_id, arm, propensity, assigned_at)
    SELECT q.experiment, q.customer, q.arm, q.share, %(at)s::timestamptz
    FROM unnest(%(experiments)s::bigint[], %(customers)s::bigint[], %(arms)s::text[],
        %(shares)s::float8[]) q(experiment, customer, arm, share)
    ON CONFLICT (experiment_id, customer_id) DO NOTHING"""
STAND = """INSERT INTO decisioning_standingdecision
        (customer_id, placement_key, decision_id, expires_at)
    SELECT q.customer, %(placement)s::text, q.decision, %(expires_at)s::timestamptz
    FROM unnest(%(customers)s::bigint[], %(decisions)s::uuid[]) q(customer, decision)
    ON CONFLICT (customer_id, placement_key) DO UPDATE
        SET decision_id = EXCLUDED.decision_id, expires_at = EXCLUDED.expires_at"""


@dataclass(frozen=True, slots=True)
class Made:
    """One decision of a chunk, ready to be written."""

    row: Mapping[str, Any]
    outcome: Outcome
    person: Person


def decide_many(asked: Sequence[Asked]) -> list[Answer]:
    """Answers in the order asked, all for one placement; durable chunk by chunk.

    Each chunk holds its customers' locks, taken in the order of their ids in one
    statement, while it reads, decides and writes.
    """
    people = _resolved(asked)
    by_person: dict[int, Answer] = {}
    known = sorted(set(people.values()))
    first_asked: dict[int, Asked] = {}
    for place, person in people.items():
        first_asked.setdefault(person, asked[place])
    for start in range(0, len(known), CHUNK):
        chunk = known[start : start + CHUNK]
        by_person |= _chunk(chunk, first_asked)
    strangers = [one for place, one in enumerate(asked) if place not in people]
    unknown = iter(_strangers(strangers)) if strangers else iter(())
    return [
        by_person[people[place]] if place in people else next(unknown)
        for place in range(len(asked))
    ]


def _resolved(asked: Sequence[Asked]) -> dict[int, int]:
    rows = writing.run(
        RESOLVE,
        {
            "users": [one.user_id or None for one in asked],
            "anonymous": [one.anonymous_id or None for one in asked],
        },
    ).fetchall()
    return {place - 1: person for place, person in rows}


def _chunk(people: Sequence[int], asked: Mapping[int, Asked]) -> dict[int, Answer]:
    placement = asked[people[0]].placement
    with writing.transaction():
        writing.lock_people(people)
        found, table, snap = _read(people, placement, asked)
        check_channel(asked[people[0]], table)
        snapshot.keep(snap, table)
        remaining = _hold_budgets(table)
        answers: dict[int, Answer] = {}
        made: list[Made] = []
        for one in found:
            person = one.person
            assert person.id is not None
            told, new = _one(one, table, asked[person.id], remaining)
            answers[person.id] = told
            if new is not None:
                made.append(new)
        _write(table, made)
    return answers


def _read(
    people: Sequence[int], placement: str, asked: Mapping[int, Asked]
) -> tuple[list[Reading], PlacementTable, Snapshot]:
    snap = snapshot.current() or snapshot.fresh()
    context = {"placement": placement, **asked[people[0]].context}
    found: list[Reading] = []
    for _ in range(MOST_TRIES):
        params = reading.asked_of(snap.placements.get(placement))
        sql = reading.many_sql("events" in params, "budgets" in params)
        rows = writing.run(sql, {**params, "people": list(people)}).fetchall()
        found = [reading.reading_of(row, context) for row in rows]
        if snap.serves(found[0].version, found[0].now):
            break
        snap = snapshot.at(found[0].version, found[0].now)
    return found, _table(snap, placement), snap


def _table(snap: Snapshot, placement: str) -> PlacementTable:
    table = snap.placements.get(placement)
    if table is None:
        raise UnknownPlacement(placement)
    return table


def _hold_budgets(table: PlacementTable) -> dict[int, int]:
    budgets = sorted({b for b in table.budgets if b is not None})
    if not budgets:
        return {}
    return dict(writing.run(BUDGETS_HELD, [budgets]).fetchall())


def _one(
    found: Reading,
    table: PlacementTable,
    asked: Asked,
    remaining: dict[int, int],
) -> tuple[Answer, Made | None]:
    person = found.person
    if person.standing is not None and found.earlier is not None:
        if still_holds(table, person.standing, person, found.now):
            told = answer_again(table, found.earlier, person, asked.base_url)
            return told, None
        person = drop_standing(person, table.key)
    person = replace(person, remaining=remaining)
    outcome = choose(table, person, found.now, generator())
    if outcome.chosen is not None:
        budget = table.budgets[outcome.chosen]
        if budget is not None:
            remaining[budget] -= table.costs[outcome.chosen]
    return _made(found, person, outcome, table, asked)


def _made(
    found: Reading,
    person: Person,
    outcome: Outcome,
    table: PlacementTable,
    asked: Asked,
) -> tuple[Answer, Made]:
    decision_id, expires_at = uuid.uuid4(), found.now + STANDS_FOR
    told = answer(
        table,
        outcome,
        person,
        decision_id=decision_id,
        expires_at=expires_at,
        base_url=asked.base_url,
    )
    row = log_row(
        table,
        outcome,
        person,
        asked,
        decision_id=decision_id,
        now=found.now,
        expires_at=expires_at,
    )
    return told, Made(row, outcome, person)


def drop_standing(person: Person, placement: str) -> Person:
    """Forget a decision that no longer holds, with its reservation; lock held."""
    assert person.standing is not None
    gone = person.standing.decision_id
    writing.run(
        writing.FORGET_STANDING, {"customer": person.id, "placement": placement}
    )
    writing.run(writing.RELEASE_ONE, {"decision": gone})
    left = [c for c in person.contacts if c.decision_id != gone]
    return replace(person, contacts=left, standing=None)


def _strangers(asked: Sequence[Asked]) -> list[Answer]:
    version, now = snapshot.version()
    snap = snapshot.at(version, now)
    table = _table(snap, asked[0].placement)
    check_channel(asked[0], table)
    snapshot.keep(snap, table)
    nobody = Reading(now, version, None, Person(None), None, None)
    outcome = choose(table, nobody.person, now, generator())
    made = [_made(nobody, nobody.person, outcome, table, one) for one in asked]
    with writing.transaction():
        _write(table, [new for _, new in made])
    return [told for told, _ in made]


def _write(table: PlacementTable, made: Sequence[Made]) -> None:
    if not made:
        return
    _copy("decisioning_decision", tuple(writing.LOG_COLUMNS), (m.row for m in made))
    shown = [m for m in made if m.outcome.chosen is not None]
    _copy(
        "decisioning_contact",
        writing.CONTACT_COLUMNS,
        (_contact(table, m) for m in shown),
    )
    _spend(table, shown)
    _assign(made)
    _stand(table, [m for m in made if m.outcome.mode is not Mode.DEFAULT])


def _copy(table: str, columns: Sequence[str], rows: Any) -> None:
    cursor = psycopg.Cursor(writing.raw())
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in columns])


def _contact(table: PlacementTable, made: Made) -> dict[str, Any]:
    place = made.outcome.chosen
    assert place is not None
    return {
        **made.row,
        "decision_id": made.row["id"],
        "topic": table.topics[place],
        "budget_id": table.budgets[place],
        "cost_minor": table.costs[place],
        "reserved_at": made.row["decided_at"],
        "release_at": made.row["expires_at"],
    }


def _spend(table: PlacementTable, shown: Sequence[Made]) -> None:
    spent: dict[int, int] = {}
    for made in shown:
        place = made.outcome.chosen
        assert place is not None
        budget = table.budgets[place]
        if budget is not None:
            spent[budget] = spent.get(budget, 0) + table.costs[place]
    if spent:
        writing.run(SPEND, [list(spent), list(spent.values())])


def _assign(made: Sequence[Made]) -> None:
    rows = [
        (m.outcome.case.trial.id, m.person.id, m.outcome.arm.key, m.outcome.arm.share)
        for m in made
        if m.outcome.case and m.outcome.case.trial and m.outcome.arm
        if m.outcome.case.trial.id is not None
    ]
    if rows:
        experiments, customers, arms, shares = map(list, zip(*rows, strict=True))
        params = {
            "at": made[0].row["decided_at"],
            "experiments": experiments,
            "customers": customers,
            "arms": arms,
            "shares": shares,
        }
        writing.run(ASSIGN, params)


def _stand(table: PlacementTable, made: Sequence[Made]) -> None:
    if made:
        params = {
            "placement": table.key,
            "expires_at": made[0].row["expires_at"],
            "customers": [m.person.id for m in made],
            "decisions": [m.row["id"] for m in made],
        }
        writing.run(STAND, params)
