"""The end of retention: rows past their time are deleted, in chunks, once a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction

from governance.audit import actions as audit
from governance.rights import files, sql
from governance.rights.core import Table
from governance.rights.registry import tables
from governance.types import Actor, SubjectRef

CHUNK = 5_000
FILES_KEPT = timedelta(days=30)
FILES = "files"
SYSTEM = Actor.system("retention")
ENFORCED = "retention.enforced"
SUBJECT = SubjectRef("retention", "daily")
ONE_AT_A_TIME = 7_201_118
Step = Callable[[], int]


def until_done(step: Step) -> int:
    """Repeat a step, each time in a transaction of its own, until little is left."""
    total = 0
    while True:
        with transaction.atomic():
            n = step()
        total += n
        if n < CHUNK:
            return total


def expire_tables(
    *, now: datetime, but_not: frozenset[str] = frozenset()
) -> dict[str, int]:
    """Rows deleted by table, for every declared rule that counts days."""
    found: dict[str, int] = {}
    for table in tables().values():
        if table.kept.days and not table.kept.elsewhere and table.label not in but_not:
            found[table.label] = until_done(_step(table, now))
    return found


def _step(table: Table, now: datetime) -> Step:
    return lambda: sql.expire(table, now=now, most=CHUNK)


def expire_files(*, now: datetime) -> int:
    """Uploads, lists of rejected rows and exports, a month after they were written."""
    before = (now - FILES_KEPT).timestamp()
    return files.remove([path for path in files.copies() if _written(path) < before])


def _written(path: Path) -> float:
    return path.stat().st_mtime


def is_first() -> bool:
    """Whether nobody else enforces retention right now; held until `let_go`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        row = cursor.fetchone()
    return bool(row and row[0])


def let_go() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def put_on_record(counts: Mapping[str, int], *, now: datetime) -> None:
    audit.record(
        by=SYSTEM,
        now=now,
        type=ENFORCED,
        subject=SUBJECT,
        details={"rows": {label: n for label, n in counts.items() if n}},
    )
