"""What the retention job last did, read back from the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from governance.audit.queries import story_of
from governance.rights.retention import SUBJECT


@dataclass(frozen=True, slots=True)
class LastRun:
    """When retention was last enforced, and what it deleted."""

    at: datetime | None = None
    rows: dict[str, int] = field(default_factory=dict)


def last_run() -> LastRun:
    entries = story_of(SUBJECT.kind, SUBJECT.id, limit=1)
    if not entries:
        return LastRun()
    return LastRun(entries[0].occurred_at, dict(entries[0].details.get("rows", {})))
