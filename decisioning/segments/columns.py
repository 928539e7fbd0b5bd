"""All customers as columns in memory: what a live count over a million needs.

A picture holds each field that a rule has asked for as one array over all customers, so
that a condition is a comparison of arrays and a rule an AND and OR of their answers. It
is as of one moment and shows that moment; columns are read when first asked for. What
cannot be a column (conditions on properties of events, sequences, consent) is asked of
the database once for each distinct condition and kept as an answer.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

from decisioning.features.core import FEATURE_INDEX, FRESH_FOR
from decisioning.rules.core import (
    All,
    Compare,
    Did,
    Exists,
    In,
    Not,
    Rule,
    canonical_json,
    split_field,
)
from decisioning.rules.core import Any as AnyOf
from decisioning.rules.core.evaluate import leaf_test
from decisioning.rules.core.tree import FieldLeaf
from decisioning.rules.core.truth import NUMBER, kind_of
from decisioning.rules.sql import SIGNS, UnableToCompile, compile_sql
from governance.consent.core import Policy

Mask: TypeAlias = npt.NDArray[np.bool_]
Kept = TypeVar("Kept")

MOST_COLUMNS: Final = 48
MOST_ANSWERS: Final = 64
SEND: Final = {"i8": "int8send", "f8": "float8send"}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LIVE: Final = "FROM decisioning_customer c WHERE c.merged_into_id IS NULL"
COMPARED: Final[dict[str, Callable[[Any, float], Mask]]] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of any values: a number for each distinct one; the first is missing."""

    codes: npt.NDArray[Any]
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """Every event of one name, in order of time: whose, by place, and microseconds."""

    places: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]


class Recent(OrderedDict[str, Any]):
    """Keeps what was used last, at most so many."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def of(self, key: str, make: Callable[[], Kept]) -> Kept:
        if key not in self:
            self[key] = make()
        self.move_to_end(key)
        while len(self) > self.most:
            self.popitem(last=False)
        found: Kept = self[key]
        return found


class Picture:
    """All live customers at one moment; safe to share between threads."""

    def __init__(self, at: datetime, policy: Policy) -> None:
        self.at = at
        self.policy = policy
        self.cost = timedelta(0)
        self._lock = threading.RLock()
        self._columns = Recent(MOST_COLUMNS)
        self._answers = Recent(MOST_ANSWERS)
        rows = _packed(f"SELECT c.id {LIVE}", (), ("i8",))
        self.ids: npt.NDArray[np.int64] = np.sort(rows["v0"].astype(np.int64))

    @property
    def n(self) -> int:
        return int(self.ids.size)

    @property
    def column_keys(self) -> list[str]:
        """Which columns are held, so that the next picture may fetch them ahead."""
        return list(self._columns)

    def mask(self, rule: Rule) -> Mask:
        """Who satisfies the rule, by place; the rule names no other segments."""
        match rule:
            case All(parts):
                return self._joined(parts, np.logical_and, everyone=True)
            case AnyOf(parts):
                return self._joined(parts, np.logical_or, everyone=False)
            case Not(part):
                return ~self.mask(part)
            case Compare() | In() | Exists():
                return self._field(rule)
            case Did(where=()):
                return self._did(rule)
            case _:
                return self._asked(rule)

    def remembered(self, rule: Rule) -> Mask:
        """The same, kept for the next time: for rules that are saved."""
        with self._lock:
            key = f"rule {canonical_json(rule)}"
            found: Mask = self._answers.of(key, lambda: self.mask(rule))
            return found

    def fetch(self, key: str) -> None:
        """Read one column by the key under which an earlier picture held it."""
        kind, _, name = key.partition(" ")
        if kind == "happened":
            self._happened(name)
        else:
            self.column(name)

    def _joined(self, parts: Sequence[Rule], how: Any, *, everyone: bool) -> Mask:
        if not parts:
            return np.full(self.n, everyone)
        found: Mask = reduce(how, (self.mask(part) for part in parts))
        return found

    def _field(self, leaf: FieldLeaf) -> Mask:
        column = self.column(leaf.field)
        if isinstance(column, Coded):
            # The in-memory reader's own test, once for each distinct value.
            test = leaf_test(leaf)
            held = np.array([test(value) for value in column.values], dtype=bool)
            found: Mask = held[column.codes]
            return found
        return _numbers_mask(column, leaf)

    def _did(self, did: Did) -> Mask:
        happened = self._happened(did.event)
        first = 0
        if did.within_days is not None:
            since = _microseconds(self.at - timedelta(days=did.within_days))
            first = int(np.searchsorted(happened.at, since, side="right"))
        places = happened.places[first:]
        if did.at_least == 1:
            found = np.zeros(self.n, dtype=bool)
            found[places] = True
            return found
        counts: Mask = np.bincount(places, minlength=self.n) >= did.at_least
        return counts

    def _asked(self, rule: Rule) -> Mask:
        with self._lock:
            key = f"leaf {canonical_json(rule)}"
            found: Mask = self._answers.of(key, lambda: self._by_database(rule))
            return found

    def _by_database(self, rule: Rule) -> Mask:
        condition, params = compile_sql(
            rule,
            self.at,
            feature_index=FEATURE_INDEX,
            fresh_for=FRESH_FOR,
            policy=self.policy,
        )
        rows = _packed(f"SELECT c.id {LIVE} AND ({condition})", params, ("i8",))
        places, _ = self._places(rows["v0"].astype(np.int64))
        found = np.zeros(self.n, dtype=bool)
        found[places] = True
        return found

    def _places(self, ids: npt.NDArray[np.int64]) -> tuple[Any, Mask]:
        """Where these customers stand, and which of them the picture knows."""
        places = np.searchsorted(self.ids, ids)
        places[places == self.n] = 0
        known: Mask = self.ids[places] == ids if self.n else np.zeros(ids.size, bool)
        return places[known], known

    def column(self, ref: str) -> Coded | npt.NDArray[Any]:
        with self._lock:
            found: Coded | npt.NDArray[Any] = self._columns.of(
                f"field {ref}", lambda: self._read(ref)
            )
            return found

    def _happened(self, name: str) -> Happened:
        with self._lock:
            found: Happened = self._columns.of(
                f"happened {name}", lambda: self._read_happened(name)
            )
            return found

    def _read(self, ref: str) -> Coded | npt.NDArray[Any]:
        source, key = split_field(ref)
        match source:
            case "trait":
                return self._coded(key)
            case "feature" if key in FEATURE_INDEX:
                # Features are computed as float32, so nothing is lost here.
                return self._numbers(
                    f"SELECT f.customer_id, COALESCE(f.values["  # noqa: S608
                    f"{FEATURE_INDEX[key] + 1}]::float8, 'NaN')"
                    " FROM decisioning_customerfeatures f"
                    " WHERE f.computed_at >= %s::timestamptz",
                    (self.at - FRESH_FOR[key] if key in FRESH_FOR else EPOCH,),
                    np.float32,
                )
            case "score":
                return self._numbers(
                    "SELECT s.customer_id, s.value FROM decisioning_score s"
                    " WHERE s.score_key = %s::text",
                    (key,),
                    np.float64,
                )
            case _:
                raise UnableToCompile(f"{ref} is not known of all customers")

    def _numbers(
        self, query: str, params: Sequence[Any], kind: Any
    ) -> npt.NDArray[Any]:
        rows = _packed(query, params, ("i8", "f8"))
        places, known = self._places(rows["v0"].astype(np.int64))
        column = np.full(self.n, np.nan, dtype=kind)
        column[places] = rows["v1"][known]
        return column

    def _coded(self, key: str) -> Coded:
        """A trait's values by the hash of their text, which numpy sorts out itself."""
        hashed = "hashtextextended((c.traits->%s::text)::text, 0)"
        there = f"{LIVE} AND c.traits->%s::text IS NOT NULL"
        rows = _packed(f"SELECT c.id, {hashed} {there}", (key, key), ("i8", "i8"))
        distinct, codes = np.unique(rows["v1"].astype(np.int64), return_inverse=True)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {hashed}, min((c.traits->%s::text)::text) {there} GROUP BY 1",
                [key, key, key],
            )
            texts = dict(cursor.fetchall())
        values = (json.loads(texts.get(int(each), "null")) for each in distinct)
        places, known = self._places(rows["v0"].astype(np.int64))
        small = np.uint8 if distinct.size < 255 else np.int32
        column = np.zeros(self.n, dtype=small)
        column[places] = codes[known] + 1
        return Coded(column, (None, *values))

    def _read_happened(self, name: str) -> Happened:
        rows = _packed(
            "SELECT e.customer_id, (extract(epoch FROM e.occurred_at) * 1000000)::int8"
            " FROM decisioning_event e WHERE e.name = %s::text"
            " AND e.occurred_at <= %s::timestamptz",
            (name, self.at),
            ("i8", "i8"),
        )
        rows = rows[np.argsort(rows["v1"].astype(np.int64), kind="stable")]
        places, known = self._places(rows["v0"].astype(np.int64))
        return Happened(places, rows["v1"][known].astype(np.int64))


def _numbers_mask(column: npt.NDArray[Any], leaf: FieldLeaf) -> Mask:
    match leaf:
        case Exists():
            known: Mask = ~np.isnan(column)
            return known
        case In(_, values):
            numbers = [float(v) for v in values if kind_of(v) == NUMBER]
            return np.isin(column.astype(np.float64), numbers)
        case Compare(_, op, value) if kind_of(value) == NUMBER:
            wanted = float(value)
            if float(column.dtype.type(wanted)) != wanted:
                # numpy would round the rule's number to the column's float32.
                column = column.astype(np.float64)
            held: Mask = COMPARED[SIGNS[op]](column, wanted)
            return held & ~np.isnan(column) if op == "ne" else held
        case _:
            return np.zeros(column.size, dtype=bool)


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def _packed(query: str, params: Sequence[Any], kinds: Sequence[str]) -> Any:
    """Rows of eight-byte columns without NULL, as a structured array.

    PostgreSQL strings the bytes of all rows together, big-endian: one value to fetch
    instead of a message for each row, of which a million take seconds to receive.
    """
    names = [f"v{i}" for i in range(len(kinds))]
    sent = [f"{SEND[kind]}({name})" for name, kind in zip(names, kinds, strict=True)]
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            f"SELECT string_agg({' || '.join(sent)}, ''::bytea)"  # noqa: S608
            f" FROM ({query}) AS q({', '.join(names)})",
            list(params),
            binary=True,
        )
        row = cursor.fetchone()
    content = (row and row[0]) or b""
    parts = [(name, f">{kind}") for name, kind in zip(names, kinds, strict=True)]
    return np.frombuffer(content, dtype=np.dtype(parts))
