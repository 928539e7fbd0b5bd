"""Sealing what was written since the last seal, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance.audit.core import GENESIS, Sealed, root, seal_hash
from governance.audit.models import AuditEntry, Seal

SEAL_LOCK = 7_201_118
BATCH = 10_000
TAKE = "SELECT row_id, leaf, written_at FROM attune_take_unsealed(%s, %s)"
WAITING = "SELECT DISTINCT table_name FROM governance_unsealed ORDER BY table_name"
COLUMNS = """SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s)
    AND attnum > 0 AND NOT attisdropped ORDER BY attname"""


def seal(*, now: datetime) -> int:
    """Cover every row that waits; how many. A second sealer leaves it to the first."""
    return sum(_seal_table(table, now) for table in _waiting())


def _waiting() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return [table for (table,) in cursor.fetchall()]


def _seal_table(table: str, now: datetime) -> int:
    total, taken = 0, BATCH
    while taken == BATCH:
        taken = _seal_batch(table, now)
        total += taken
    return total


@transaction.atomic
def _seal_batch(table: str, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(TAKE, [table, BATCH])
        rows = cursor.fetchall()
    if rows:
        store(_sealed(table, rows, now))
    return len(rows)


def _sealed(table: str, rows: Sequence[Any], now: datetime) -> Sealed:
    ids, leaves, written = zip(*rows, strict=True)
    last = Seal.objects.order_by("-number").values("number", "hash").first()
    head = AuditEntry.objects.order_by("-seq").values("seq", "hash").first()
    hashes = [bytes(leaf) for leaf in leaves]
    made = Sealed(
        number=last["number"] + 1 if last else 1,
        table=table,
        row_ids=list(ids),
        leaves=b"".join(hashes),
        columns=columns_of(table),
        root=root(hashes),
        audit_seq=head["seq"] if head else 0,
        audit_hash=head["hash"] if head else GENESIS,
        from_at=min(written),
        until_at=max(written),
        sealed_at=now,
        prev_hash=last["hash"] if last else GENESIS,
    )
    return replace(made, hash=seal_hash(made))


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return [name for (name,) in cursor.fetchall()]


def store(made: Sealed) -> None:
    Seal.objects.create(
        number=made.number,
        table_name=made.table,
        row_ids=list(made.row_ids),
        leaves=made.leaves,
        columns=list(made.columns),
        root=made.root,
        audit_seq=made.audit_seq,
        audit_hash=made.audit_hash,
        from_at=made.from_at,
        until_at=made.until_at,
        sealed_at=made.sealed_at,
        prev_hash=made.prev_hash,
        hash=made.hash,
    )


def sealed_of(row: Seal) -> Sealed:
    return Sealed(
        number=row.number,
        table=row.table_name,
        row_ids=row.row_ids,
        leaves=bytes(row.leaves),
        columns=row.columns,
        root=row.root,
        audit_seq=row.audit_seq,
        audit_hash=row.audit_hash,
        from_at=row.from_at,
        until_at=row.until_at,
        sealed_at=row.sealed_at,
        prev_hash=row.prev_hash,
        hash=row.hash,
    )
