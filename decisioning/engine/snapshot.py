"""What is live, compiled once and swapped whole when anything governed changes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from decisioning.engine import live
from decisioning.engine.compiling import compile_placement
from decisioning.engine.core.types import PlacementTable
from governance.consent.queries import policy as consent_policy
from governance.types import Digest, digest_of
from governance.usecases.queries import serving_cases

Version = tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every placement's table, for one number of the serving version.

    ``valid_until`` is the next moment at which something starts or ends by itself.
    """

    version: Version
    placements: Mapping[str, PlacementTable]
    valid_until: datetime | None
    digest: Digest

    def serves(self, version: Version, now: datetime) -> bool:
        return self.version == version and (
            self.valid_until is None or now < self.valid_until
        )


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
        digest=digest_of(
            {
                key: [
                    [case.key, case.config_hash, case.refusal] for case in table.cases
                ]
                for key, table in placements.items()
            },
            domain="attune/snapshot/v1",
        ),
    )
