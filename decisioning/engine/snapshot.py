"""What is live, compiled once and swapped whole when anything governed changes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from psycopg.pq import TransactionStatus

from decisioning.engine import live, writing
from decisioning.engine.compiling import compile_placement
from decisioning.engine.core.types import PlacementTable
from governance.consent.queries import policy as consent_policy
from governance.usecases.queries import serving_cases

Version = tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every placement's table, for one number of the serving version.

    ``valid_until`` is the next moment at which something starts or ends by itself;
    ``kept`` are digests of tables that are known to be stored.
    """

    version: Version
    placements: Mapping[str, PlacementTable]
    valid_until: datetime | None
    kept: set[str] = field(default_factory=set)

    def serves(self, version: Version, now: datetime) -> bool:
        return self.version == version and (
            self.valid_until is None or now < self.valid_until
        )


KEEP = """INSERT INTO decisioning_servedtable
        (digest, placement_key, content, recorded_at)
    VALUES (%(digest)s::text, %(key)s::text, %(content)s::text, attune_now())
    ON CONFLICT (digest) DO NOTHING"""

_lock = threading.Lock()
_current: Snapshot | None = None


def current() -> Snapshot | None:
    """The last one built in this process, whatever has happened since."""
    return _current


def at(wanted: Version, now: datetime) -> Snapshot:
    """The snapshot for a version read a moment ago; built where it is another one."""
    found = _current
    if found is not None and found.serves(wanted, now):
        return found
    with _lock:
        found = _current
        if found is not None and found.serves(wanted, now):
            return found
        return _rebuild()


def fresh() -> Snapshot:
    """The snapshot of this moment, for a process that has none yet."""
    number, now = version()
    return at(number, now)


def forget() -> None:
    global _current
    _current = None


def version() -> tuple[Version, datetime]:
    """What is served now, by number, and the database's time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, changed_at, attune_now() FROM governance_servingversion"
            " WHERE id = 1"
        )
        row = cursor.fetchone()
    assert row is not None
    number, changed_at, now = row
    return (number, changed_at), now


def _rebuild() -> Snapshot:
    """The number is read first: a change during the build is seen by the next one."""
    global _current
    number, now = version()
    _current = build(number, now)
    return _current


def build(number: Version, now: datetime) -> Snapshot:
    rows = live.read(now)
    cases = list(serving_cases(now))
    policy = consent_policy()
    placements = {
        key: compile_placement(placement, cases, rows, now, policy)
        for key, placement in rows.placements.items()
    }
    return Snapshot(
        version=number,
        placements=placements,
        valid_until=rows.boundaries[0] if rows.boundaries else None,
    )


def keep(snap: Snapshot, table: PlacementTable) -> None:
    """Store what a decision is about to rest on, once for each state of a placement.

    Within a transaction it is stored again by the next decision, because this one may
    still come to nothing.
    """
    if table.digest in snap.kept:
        return
    told = {"digest": table.digest, "key": table.key, "content": table.pinned}
    writing.run(KEEP, told)
    if writing.raw().info.transaction_status == TransactionStatus.IDLE:
        snap.kept.add(table.digest)
