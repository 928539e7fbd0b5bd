"""Deciding again what was decided, from the log and what was pinned at the time.

The rules' conditions come as they held (one bit each, in the log), consent from the
ledger up to the version that the decision relied on, contacts from the cap ledger, and
everything else from the served table under the logged digest. What comes out is
compared, column by column and as canonical text, with what was served.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from django.db import connection

from decisioning.customers.models import Customer
from decisioning.engine.answers import Asked, log_row
from decisioning.engine.core.decide import decide
from decisioning.engine.core.pinned import unpin
from decisioning.engine.core.types import Contact, Person, PlacementTable
from decisioning.engine.models import Decision, ServedTable
from decisioning.rules.core import CompiledRules, Rule, leaves_of
from governance.consent.core import Policy
from governance.consent.queries import head_at
from governance.types import NotFound, canonical_json

JSON = ("content", "candidates", "inputs", "request")
COMPARED = (
    "mode",
    "reason",
    "use_case_key",
    "config_hash",
    "offer_key",
    "creative_key",
    "score",
    "propensity",
    "experiment_key",
    "arm",
    "consent_version",
    "model_digest",
    "snapshot_digest",
    "why",
    "degraded",
    *JSON,
)
CONTACTS = """SELECT extract(epoch from reserved_at)::float8, channel, topic, offer_key,
    use_case_key, decision_id::text FROM decisioning_contact
    WHERE decision_id = ANY(%s::uuid[])"""
SAMPLE = """SELECT id FROM decisioning_decision WHERE NOT is_imported
    ORDER BY md5(id::text || %s) LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that comes out otherwise."""

    column: str
    served: str
    again: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of deciding one decision again; ``missing`` says why it could not."""

    id: UUID
    missing: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def is_same(self) -> bool:
        return not self.missing and not self.differences


@dataclass(slots=True)
class Tally:
    """Many replays together."""

    n_same: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    different: list[Replay] = field(default_factory=list)

    @property
    def n(self) -> int:
        return self.n_same + len(self.different) + self.missing.total()

    def add(self, found: Replay, mode: str) -> None:
        self.modes[mode] += 1
        if found.missing:
            self.missing[found.missing] += 1
        elif found.differences:
            self.different.append(found)
        else:
            self.n_same += 1


@dataclass(frozen=True, slots=True)
class AsLogged:
    """Rules whose conditions held as the log says."""

    compiled: CompiledRules
    leaves: int
    of_the_chosen: tuple[bool, ...]

    def answered(
        self, _person: Any, _now: datetime, _policy: Policy
    ) -> tuple[int, int]:
        return self.compiled.held_by(self.leaves), self.leaves

    def conditions(
        self, rule: Rule, _person: Any, _now: datetime, _policy: Policy
    ) -> tuple[bool, ...]:
        """As logged of the chosen candidate; of another nothing is known to hold."""
        known = len(self.of_the_chosen) == len(leaves_of(rule))
        return self.of_the_chosen if known else (False,) * len(leaves_of(rule))


@dataclass(frozen=True, slots=True)
class Draw:
    """The one random number of the decision."""

    value: float

    def random(self) -> float:
        return self.value


def replay(decision_id: UUID | str) -> Replay:
    """Decide again.

    Raises
    ------
    NotFound
        There is no such decision.
    """
    row = Decision.objects.filter(pk=decision_id).first()
    if row is None:
        raise NotFound("There is no such decision.")
    return again(row)


def sample(n: int, *, seed: str = "") -> Tally:
    """Decide ``n`` of all decisions again; the same seed takes the same ones."""
    with connection.cursor() as cursor:
        cursor.execute(SAMPLE, [seed, n])
        ids = [pk for (pk,) in cursor.fetchall()]
    tally = Tally()
    for row in _rows(ids):
        tally.add(again(row), row.mode)
    return tally


def _rows(ids: list[UUID], size: int = 500) -> Iterator[Decision]:
    for start in range(0, len(ids), size):
        yield from Decision.objects.filter(pk__in=ids[start : start + size])


def again(row: Decision) -> Replay:
    missing = _lacking(row)
    if missing:
        return Replay(row.pk, missing)
    table = _table(row.snapshot_digest)
    if table is None:
        return Replay(row.pk, "what was live was not kept")
    person = _person(row)
    if person is None:
        return Replay(row.pk, "the customer is no longer known")
    return Replay(row.pk, differences=tuple(_compared(row, table, person)))


def _lacking(row: Decision) -> str:
    if row.is_imported:
        return "decided elsewhere"
    if row.customer_id is not None and row.customer_id < 0:
        return "the person was erased"
    return "" if row.candidates else "its inputs are past their time"


@lru_cache(maxsize=256)
def _table(digest: str) -> PlacementTable | None:
    """By the digest of its content, so what is remembered cannot be out of date."""
    found = ServedTable.objects.filter(pk=digest).first()
    if found is None:
        return None
    table = unpin(found.content)
    return table if table.digest == digest else None


def _person(row: Decision) -> Person | None:
    """The customer as the decision read them, as far as it depended on it."""
    if row.customer_id is None:
        return Person(None)
    customer = Customer.objects.filter(pk=row.customer_id).first()
    if customer is None:
        return None
    told: Mapping[str, Any] = row.inputs
    version = row.consent_version or 0
    head = head_at(row.customer_id, version) if version else None
    return Person(
        id=row.customer_id,
        pseudonym=customer.pseudonym,
        vector=_vector(told.get("features")),
        vector_age=told.get("age", 0.0),
        scores=told.get("scores", {}),
        head=head,
        consent_version=version,
        max_per_week=head.max_per_week if head else None,
        contacts=_contacts(told.get("ledger", ())),
        remaining={int(key): left for key, left in told.get("budgets", {}).items()},
    )


def _vector(values: Any) -> Any:
    if values is None:
        return None
    filled = [np.nan if value is None else value for value in values]
    return np.array(filled, np.float32)


def _contacts(decisions: Iterable[str]) -> list[Contact]:
    wanted = list(decisions)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS, [wanted])
        found = {row[-1]: Contact(*row) for row in cursor.fetchall()}
    return [found[key] for key in wanted if key in found]


def _compared(
    row: Decision, table: PlacementTable, person: Person
) -> Iterator[Difference]:
    leaves = int(row.inputs.get("leaves", "0"), 16)
    conditions = tuple(bit == "1" for bit in row.inputs.get("conditions", ""))
    asked: Any = AsLogged(table.rules, leaves, conditions)
    draw = Draw(row.inputs.get("draw") or 0.0)
    outcome = decide(replace(table, rules=asked), person, row.decided_at, draw)
    fresh = log_row(
        table,
        outcome,
        person,
        Asked(table.key, context=row.request.get("context", {})),
        decision_id=row.pk,
        now=row.decided_at,
        expires_at=row.expires_at,
    )
    for column in COMPARED:
        served = canonical_json(getattr(row, column))
        came = canonical_json(_plain(column, fresh[column]))
        if served != came:
            yield Difference(column, served, came)


def _plain(column: str, value: Any) -> Any:
    return msgspec.json.decode(value) if column in JSON else value
