"""Rows as they are now, against the hashes that were sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection

from governance.audit import shapes
from governance.audit.core import Sealed, split
from governance.audit.models import Removal
from governance.audit.sealing import columns_of
from governance.audit.triggers import NAME

# A row that says it was made longer than this before it was written was smuggled in.
LATEST = "interval '1 day'"
WORDS: Mapping[str, str] = {
    "decisioning_decision": "decision",
    "decisioning_revision": "revision",
    "decisioning_servedtable": "served table",
    "governance_approval": "signature",
    "governance_attestation": "attestation",
    "governance_consentevent": "consent event",
    "governance_erasurerecord": "tombstone",
    "governance_notice": "notice",
    "governance_removal": "removal",
    "governance_statechange": "change of state",
    "governance_strategicassessment": "assessment",
    "governance_versioneditor": "editor of a version",
}
FIXED, PART = "what was recorded", "the personal part"


@dataclass(frozen=True, slots=True)
class Fault:
    """One place that does not hold: a stable code, where, and what is wrong."""

    code: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """What the database computes of a row; ``written`` is the digest it carries."""

    leaf: bytes
    personal: bytes
    written: bytes
    is_backdated: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing was taken out of its personal part."""
        return self.personal == self.written


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares rows of one table with what was hashed when they were written."""

    table: str
    covered_by: str

    def judged(
        self, key: str, leaf: bytes, row: Row | None, taken: str | None
    ) -> Iterator[Fault]:
        """At most one fault; ``taken`` is what the latest removal left of the row."""
        code, told = "", ""
        if row is None:
            if taken != Removal.Kind.EXPIRED:
                code, told = "row.missing", "is missing, and nobody removed it"
        elif row.leaf != leaf:
            code, told = "row.altered", f"was changed: {FIXED} is another"
        elif not row.is_whole and row.personal.hex() != taken:
            code, told = "row.altered_personal", f"was changed: {PART} is another"
        elif row.is_backdated:
            code, told = "row.backdated", "says that it is older than its writing"
        if code:
            place = named(self.table, key)
            text = f"The {place} {told} ({self.covered_by})."
            yield Fault(code, place, text)


def tables() -> list[str]:
    return shapes.sealed_tables()


def named(table: str, row_id: str) -> str:
    word = WORDS.get(table, table.partition("_")[2])
    return f"{word} {row_id} in {table}"


def faults_in(sealed: Sealed) -> Iterator[Fault]:
    """What is wrong with the rows of one seal, in their order."""
    if sealed.table not in shapes.sealed_tables():
        text = f"Seal {sealed.number} covers {sealed.table}, which is sealed no more."
        yield Fault("row.table_gone", f"table {sealed.table}", text)
        return
    found = _read(sealed)
    wanted = dict(zip(sealed.row_ids, split(sealed.leaves), strict=True))
    odd = [key for key in wanted if key not in found or not found[key].is_whole]
    taken = _removals(sealed.table, odd) if odd else {}
    judge = Judge(sealed.table, f"covered by seal {sealed.number}")
    for key, leaf in wanted.items():
        yield from judge.judged(key, leaf, found.get(key), taken.get(key))


def _read(sealed: Sealed) -> dict[str, Row]:
    table = sealed.table
    without = shapes.later(sealed.columns, columns_of(table))
    column, kind = key_column(table)
    statement = (
        f"SELECT t.{column}::text, {_computed(table, without, '%(from)s')}"  # noqa: S608
        f" FROM {table} t WHERE t.{column} = ANY(%(ids)s::{kind}[])"
    )
    params: dict[str, Any] = {"ids": list(sealed.row_ids), "from": sealed.from_at}
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return {key: _row(rest) for key, *rest in cursor.fetchall()}


def _row(read: Sequence[Any]) -> Row:
    leaf, personal, written, is_backdated = read
    return Row(bytes(leaf), bytes(personal), bytes(written), bool(is_backdated))


def _computed(table: str, without: Sequence[str], since: str) -> str:
    """Hash, digest of the personal part, the digest it carries, whether too old."""
    personal, moment = shapes.PERSONAL.get(table), shapes.MOMENTS.get(table)
    digests, is_backdated = "''::bytea, ''::bytea", "false"
    if personal is not None:
        digests = f"{personal.digest('t')}, t.{shapes.DIGEST}"
    if moment is not None:
        column, exempt = moment
        old = f"t.{column} < {since}::timestamptz - {LATEST}"
        is_backdated = f"NOT ({exempt}) AND {old}"
    return f"{shapes.leaf(table, 't', without)}, {digests}, {is_backdated}"


def key_column(table: str) -> tuple[str, str]:
    """The column that names a row, and its type."""
    model = next(m for m in apps.get_models() if m._meta.db_table == table)
    key: Any = model._meta.pk
    return str(key.column), str(key.db_type(connection))


def _removals(table: str, row_ids: Sequence[str]) -> dict[str, str]:
    """What was left of rows by the latest removal, or that they went."""
    found: dict[str, str] = {}
    wanted = set(row_ids)
    known = Removal.objects.filter(table_name=table, row_ids__overlap=list(row_ids))
    for removal in known.order_by("id"):
        gone = [removal.kind] * len(removal.row_ids)
        pairs = zip(removal.row_ids, removal.residues or gone, strict=True)
        found |= {key: residue for key, residue in pairs if key in wanted}
    return found


def faults_waiting(table: str) -> Iterator[Fault]:
    """Rows changed or removed before their seal, and rows that come from the past."""
    column, kind = key_column(table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.row_id, u.leaf, t.{column} IS NULL,"  # noqa: S608
            f" {_computed(table, (), 'u.written_at')}"
            f" FROM governance_unsealed u LEFT JOIN {table} t"
            f" ON t.{column} = u.row_id::{kind} WHERE u.table_name = '{table}'"
            " ORDER BY u.id"
        )
        read = cursor.fetchall()
    found = {key: None if is_gone else _row(rest) for key, _, is_gone, *rest in read}
    odd = [key for key, row in found.items() if row is None or not row.is_whole]
    taken = _removals(table, odd) if odd else {}
    judge = Judge(table, "waiting for its seal")
    for key, leaf, *_ in read:
        yield from judge.judged(key, bytes(leaf), found[key], taken.get(key))


COUNTS = """SELECT (SELECT count(*) FROM {table}),
    (SELECT COALESCE(sum(cardinality(row_ids)), 0) FROM governance_seal
        WHERE table_name = %(table)s)
    + (SELECT count(*) FROM governance_unsealed WHERE table_name = %(table)s)
    - (SELECT COALESCE(sum(cardinality(row_ids)), 0) FROM governance_removal
        WHERE table_name = %(table)s AND kind = 'expired')"""
STRANGERS = """SELECT t.{key}::text FROM {table} t
    EXCEPT SELECT unnest(row_ids) FROM governance_seal WHERE table_name = %(table)s
    EXCEPT SELECT row_id FROM governance_unsealed WHERE table_name = %(table)s
    ORDER BY 1 LIMIT 1"""


def strangers(table: str) -> Iterator[Fault]:
    """Rows that no trigger hashed; counted first, in one view of the database."""
    n_rows, n_known = _scalars(COUNTS.format(table=table), table)
    if n_rows == n_known:
        return
    column, _ = key_column(table)
    found = _scalars(STRANGERS.format(table=table, key=column), table)
    if found:
        place = named(table, found[0])
        text = f"The {place} was put in past the product: no seal covers it."
        yield Fault("row.stranger", place, text)


def _scalars(statement: str, table: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"table": table})
        return cursor.fetchone()


def unguarded(table: str) -> Iterator[Fault]:
    """Say so where rows are no longer hashed as they are written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = %s"
            " AND tgrelid = to_regclass(%s)",
            [NAME, table],
        )
        row = cursor.fetchone()
    if row is None or row[0] not in ("O", "A"):
        text = f"New rows of {table} are not hashed: its trigger is off or missing."
        yield Fault("table.unguarded", f"table {table}", text)


def n_sealed() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, sum(cardinality(row_ids)) FROM governance_seal"
            " GROUP BY table_name"
        )
        return {table: int(n) for table, n in cursor.fetchall()}


def n_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM governance_unsealed")
        return int(cursor.fetchone()[0])
