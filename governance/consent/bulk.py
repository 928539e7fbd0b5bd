"""Many choices in few statements, by the same fold as a single one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection

from governance.consent.core import Head
from governance.consent.ledger import Entry, fold

BATCH_GRANTS = 10_000
BATCH_DENIALS = 2_000

LOCK = """
SELECT count(pg_advisory_xact_lock(id))
FROM (SELECT DISTINCT unnest(%s::bigint[]) AS id ORDER BY 1) AS people
"""
NEW_HEADS = """
INSERT INTO governance_consenthead
    (person_id, version, cells, personalization_off, updated_at)
SELECT DISTINCT id, 0, '{}'::jsonb, false, %s::timestamptz
FROM unnest(%s::bigint[]) AS id ORDER BY 1
ON CONFLICT (person_id) DO NOTHING
"""
HEADS = """
SELECT person_id, version, cells FROM governance_consenthead
WHERE person_id = ANY(%s::bigint[]) ORDER BY person_id FOR UPDATE
"""
EVENTS = """
INSERT INTO governance_consentevent
    (person_id, purpose, channel, topic, action, evidence, source, recorded_by,
     occurred_at, recorded_at, valid_until)
SELECT person, purpose, channel, topic, action, evidence::jsonb, %s, %s, at, %s, until
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY
     AS given(person, purpose, channel, topic, action, evidence, at, until, place)
ORDER BY place
"""
UPDATE = """
UPDATE governance_consenthead AS h
SET version = given.version, cells = given.cells::jsonb,
    personalization_off = given.is_off, paused_until = given.paused,
    max_contacts_per_week = given.most, updated_at = %s
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::boolean[], %s::timestamptz[],
            %s::smallint[]) AS given(person_id, version, cells, is_off, paused, most)
WHERE h.person_id = given.person_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """One choice of one person, on its way into the ledger."""

    person_id: int
    purpose: str
    action: str
    channel: str = ""
    topic: str = ""
    occurred_at: datetime | None = None
    valid_until: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def claimed(
        self,
        claim: Callable[[Mapping[str, Any], datetime | None], dict[str, Any]],
    ) -> ConsentRow:
        if self.action != "grant":
            return self
        return replace(self, evidence=claim(self.evidence, self.occurred_at))


def record_rows(
    rows: Sequence[ConsentRow], *, source: str, by: str, clock: datetime
) -> int:
    """Write rows and heads in the caller's transaction; how many people they touch."""
    ordered = sorted(rows, key=lambda row: row.person_id)
    has_denials = any(row.action != "grant" for row in rows)
    for batch in _batches(ordered, BATCH_DENIALS if has_denials else BATCH_GRANTS):
        _write(batch, source, by, clock)
    return len({row.person_id for row in ordered})


def _batches(rows: Sequence[ConsentRow], size: int) -> Iterator[Sequence[ConsentRow]]:
    """Cut between people, so that each head is written once."""
    begin = 0
    while begin < len(rows):
        end = min(begin + size, len(rows))
        while end < len(rows) and rows[end].person_id == rows[end - 1].person_id:
            end += 1
        yield rows[begin:end]
        begin = end


def _write(batch: Sequence[ConsentRow], source: str, by: str, clock: datetime) -> None:
    people = sorted({row.person_id for row in batch})
    denying = sorted({row.person_id for row in batch if row.action != "grant"})
    times = [min(row.occurred_at or clock, clock) for row in batch]
    with connection.cursor() as cursor:
        if denying:
            cursor.execute(LOCK, [denying])
        cursor.execute(NEW_HEADS, [clock, people])
        cursor.execute(HEADS, [people])
        before = {person: (version, cells) for person, version, cells in cursor}
        cursor.execute(EVENTS, [source, by, clock, *_columns(batch, times)])
        after = _folded(batch, times, before)
        cursor.execute(UPDATE, [clock, *_head_columns(after)])


def _columns(batch: Sequence[ConsentRow], times: Sequence[datetime]) -> list[Any]:
    return [
        [row.person_id for row in batch],
        [row.purpose for row in batch],
        [row.channel for row in batch],
        [row.topic for row in batch],
        [row.action for row in batch],
        [json.dumps(dict(row.evidence)) for row in batch],
        list(times),
        [row.valid_until for row in batch],
    ]


def _folded(
    batch: Sequence[ConsentRow],
    times: Sequence[datetime],
    before: Mapping[int, tuple[int, Any]],
) -> dict[int, Head]:
    after: dict[int, Head] = {}
    pairs = zip(batch, times, strict=True)
    for person, group in groupby(pairs, key=lambda pair: pair[0].person_id):
        version, stored = before[person]
        cells = json.loads(stored) if isinstance(stored, str) else stored
        start = Head.from_dict({**cells, "version": version})
        after[person] = fold((_entry(row, at) for row, at in group), start)
    return after


def _entry(row: ConsentRow, at: datetime) -> Entry:
    return Entry(
        action=row.action,
        purpose=row.purpose,
        channel=row.channel,
        topic=row.topic,
        at=at,
        valid_until=row.valid_until,
        evidence=row.evidence,
    )


def _head_columns(after: Mapping[int, Head]) -> list[Any]:
    stored = [{**head.to_dict()} for head in after.values()]
    versions = [cells.pop("version") for cells in stored]
    return [
        list(after),
        versions,
        [json.dumps(cells) for cells in stored],
        [head.personalisation_off for head in after.values()],
        [head.paused_until.get("") for head in after.values()],
        [head.max_per_week for head in after.values()],
    ]
