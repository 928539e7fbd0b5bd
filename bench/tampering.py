"""Single changes to the record by the database's superuser, each undone again.

Each is one statement with all triggers off, in a transaction that is rolled back after
the walk has looked at it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

SUPERUSER = "postgres"
AUDIT, SEALS = "governance_auditentry", "governance_seal"
TABLES = (
    AUDIT,
    "governance_approval",
    "governance_consentevent",
    "decisioning_decision",
)
KEYS = {AUDIT: "seq", SEALS: "number"}
PEOPLE = {
    AUDIT: "actor_id",
    "governance_approval": "approver_id",
    "governance_consentevent": "person_id",
    "decisioning_decision": "customer_id",
}
CHANGED = {
    "text": "COALESCE(NULLIF(reverse({0}), {0}), 'x')",
    "character varying": "COALESCE(NULLIF(reverse({0}), {0}), 'x')",
    "jsonb": """jsonb_build_object('was', {0}, 'x', 1)""",
    "timestamp with time zone": "COALESCE({0}, now()) - interval '1 second'",
    "boolean": "NOT COALESCE({0}, false)",
    "bytea": r"COALESCE({0}, '') || '\x01'",
    "bigint": "COALESCE({0}, 0) + 1",
    "integer": "COALESCE({0}, 0) + 1",
    "double precision": "COALESCE({0}, 0) + 0.001",
    "ARRAY": "array_append({0}, 'x')",
}
KINDS = ("edit", "delete", "insert", "reorder", "truncate tail", "swap", "clock edit")


@dataclass(frozen=True, slots=True)
class Tampering:
    """What is to be done; the walk must name one of ``places``."""

    kind: str
    table: str
    statement: str
    params: tuple[Any, ...]
    places: tuple[str, ...]


@dataclass(slots=True)
class Forger:
    """Makes up changes to what lies before the last published root."""

    draw: random.Random
    last: dict[str, Any]
    columns: dict[str, dict[str, str]]
    keys: dict[str, list[Any]]

    def any(self) -> Tampering:
        kind = self.draw.choice(KINDS)
        table = self.draw.choice(TABLES)
        made: Tampering = getattr(self, f"_{kind.replace(' ', '_')}")(kind, table)
        return made

    def _edit(self, kind: str, table: str, only: str = "") -> Tampering:
        key = key_of(table)
        of_kind = [c for c, t in self.columns[table].items() if only in ("", t)]
        column = self.draw.choice([c for c in of_kind if c != key])
        value = CHANGED[self.columns[table][column]].format(column)
        row = self._row(table)
        told = f"UPDATE {table} SET {column} = {value} WHERE {key} = %s"
        return Tampering(kind, table, told, (row,), self._places(table, row))

    def _clock_edit(self, kind: str, table: str) -> Tampering:
        return self._edit(kind, table, "timestamp with time zone")

    def _delete(self, kind: str, table: str) -> Tampering:
        row = self._row(table)
        told = f"DELETE FROM {table} WHERE {key_of(table)} = %s"
        return Tampering(kind, table, told, (row,), self._places(table, row))

    def _insert(self, kind: str, table: str) -> Tampering:
        """A copy of another row as if it had always been there."""
        key, row = key_of(table), self._row(table)
        others = ", ".join(c for c in self.columns[table] if c != key)
        fresh: Any = None if table == TABLES[3] else self.last[table] + 1
        value = "gen_random_uuid()" if fresh is None else "%s"
        told = (
            f"INSERT INTO {table} ({key}, {others}) SELECT {value}, {others}"
            f" FROM {table} WHERE {key} = %s"
        )
        params = (row,) if fresh is None else (fresh, row)
        places = (table,) if fresh is None else self._places(table, fresh)
        return Tampering(kind, table, told, params, places)

    def _reorder(self, kind: str, table: str) -> Tampering:
        """Two rows change places, all but their keys."""
        key = key_of(table)
        return self._exchanged(
            kind, table, [c for c in self.columns[table] if c != key]
        )

    def _swap(self, kind: str, table: str) -> Tampering:
        """Two rows change the person, or two seals their places in the chain."""
        if self.draw.random() < 0.2:
            return self._exchanged(kind, SEALS, ["prev_hash", "hash"])
        return self._exchanged(kind, table, [PEOPLE[table]])

    def _exchanged(self, kind: str, table: str, columns: Sequence[str]) -> Tampering:
        key = key_of(table)
        a, b = self._row(table), self._row(table)
        names = ", ".join(columns)
        told = (
            f"UPDATE {table} x SET ({names}) = (SELECT {names} FROM {table} y"
            f" WHERE y.{key} = CASE WHEN x.{key} = %s THEN %s ELSE %s END)"
            f" WHERE x.{key} IN (%s, %s)"
        )
        places = self._places(table, a) + self._places(table, b)
        return Tampering(kind, table, told, (a, b, a, a, b), places)

    def _truncate_tail(self, kind: str, table: str) -> Tampering:
        """The end is cut off: of the seals, of the audit log, or of a table."""
        if self.draw.random() < 0.3:
            table = SEALS
        key, row = key_of(table), self._row(table)
        places: tuple[str, ...] = (f"in {table}",)
        if table in (AUDIT, SEALS):
            places = ("audit entry", "seal")
        order = "decided_at" if table == TABLES[3] else key
        told = (
            f"DELETE FROM {table} WHERE {order} >="
            f" (SELECT {order} FROM {table} WHERE {key} = %s)"
        )
        return Tampering(kind, table, told, (row,), places)

    def _row(self, table: str) -> Any:
        return self.draw.choice(self.keys[table])

    def _places(self, table: str, row: Any) -> tuple[str, ...]:
        if table == AUDIT:  # a changed entry breaks at itself or at the one after it
            return tuple(f"audit entry {seq}" for seq in (row, row + 1))
        if table == SEALS:
            return tuple(f"seal {number}" for number in (row, row + 1))
        return (f" {row} in {table}",)


def key_of(table: str) -> str:
    return KEYS.get(table, "id")


def forger(seed: int, audit_seq: int) -> Forger:
    tables = (*TABLES, SEALS)
    keys = {table: _keys(table) for table in tables}
    last = {table: found[-1] for table, found in keys.items()}
    keys[AUDIT] = [seq for seq in keys[AUDIT] if seq <= audit_seq]
    columns = {table: _columns(table) for table in tables}
    return Forger(random.Random(seed), last, columns, keys)


def _keys(table: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key_of(table)} FROM {table} ORDER BY 1")
        return [key for (key,) in cursor.fetchall()]


def _columns(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s",
            [table],
        )
        return dict(cursor.fetchall())


@contextmanager
def tampered(what: Tampering) -> Iterator[bool]:
    """Whether anything really changed; it is as before when the block ends."""
    with transaction.atomic():
        before = _image(what.table)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(what.statement, what.params)
            cursor.execute("SET LOCAL session_replication_role = origin")
        yield _image(what.table) != before
        transaction.set_rollback(True)


def _image(table: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric)"
            f" FROM {table} t"
        )
        return cursor.fetchone()
