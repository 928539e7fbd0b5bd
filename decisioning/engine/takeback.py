"""Events taken back: they leave, and profiles are made anew without them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.apps import apps
from django.db import connection, transaction

from decisioning.customers import actions as customers
from decisioning.events import actions as events
from decisioning.events.core import CONTACT_TRAITS, Incoming, Taken
from decisioning.features import actions as features
from governance.rights import registry

# What a profile is made of: these rows go with a customer whom nothing else knows.
OF_THE_PROFILE = (
    "decisioning.CustomerFeatures",
    "decisioning.CustomerTally",
    "decisioning.Score",
    "decisioning.SegmentMembership",
    "decisioning.CustomerIdentity",
)
TAKE_BACK = """
    WITH row AS (
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[]) AS q(hash, kind, value, name, at)
    ), found AS (
        SELECT row.hash, e.id, e.occurred_at, e.customer_id FROM row
        JOIN decisioning_customeridentity i USING (kind, value)
        JOIN decisioning_event e ON e.customer_id = i.customer_id
            AND e.name = row.name AND e.source = %s
            AND (row.at IS NULL OR e.occurred_at = row.at)
    ), gone AS (
        DELETE FROM decisioning_event e USING (
            SELECT DISTINCT id, occurred_at FROM found) f
        WHERE e.id = f.id AND e.occurred_at = f.occurred_at RETURNING e.id
    ), freed AS (
        DELETE FROM decisioning_messageledger
        WHERE message_hash IN (SELECT hash::uuid FROM found)
    )
    SELECT (SELECT count(*) FROM gone), array_agg(DISTINCT customer_id) FROM found
"""


@dataclass(slots=True)
class Undone:
    """What taking an import back did, and what it could not.

    ``more`` counts what else than events changed, and ``told`` says it.
    """

    n_events: int = 0
    n_rebuilt: int = 0
    n_removed: int = 0
    n_decisions: int = 0
    has_events: bool = True
    more: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        if not self.has_events:
            return self.more
        return {
            "events": self.n_events,
            "profilesRebuilt": self.n_rebuilt,
            "profilesRemoved": self.n_removed,
            "decisionsThatStay": self.n_decisions,
            **self.more,
        }

    @property
    def sentence(self) -> str:
        told = list(self.told)
        if self.has_events:
            told.append(
                f"{self.n_events:,} events removed; {self.n_rebuilt:,} profiles made "
                f"anew, {self.n_removed:,} removed."
            )
        if self.n_decisions:
            told.append(f"{self.n_decisions:,} decisions made since stay on record.")
        return " ".join(told)


@transaction.atomic
def take_back(
    incoming: Sequence[Incoming],
    *,
    source: str,
    now: datetime,
    since: datetime,
    undone: Undone,
) -> None:
    """Remove what these events of a source brought, and forget their messages.

    Again, it finds nothing more. Events that another source sent first stay, and so do
    decisions.
    """
    timeless = {i for i, event in enumerate(incoming) if event.timestamp is None}
    read = events.prepared(list(incoming), source=source, now=now)
    taken = [(chunk.start + i, event) for chunk in read for i, event in chunk.taken]
    n_events, people = _take_back(taken, timeless, source)
    if not people:
        return
    undone.n_events += n_events
    _drop_traits(people, _traits_of(event for _, event in taken))
    _drop_contact(people, [event for _, event in taken if event.contact], now)
    orphans = _orphans(people)
    _remove(orphans)
    left = sorted(set(people) - set(orphans))
    customers.fold_traits(left)
    customers.look_again(left)
    features.refresh(left, now=now)
    undone.n_removed += len(orphans)
    undone.n_rebuilt += len(left)
    undone.n_decisions += _decisions(left, since)


def _traits_of(told: Iterable[Taken]) -> list[str]:
    names = {name for event in told for name in event.traits or ()}
    return sorted(names - CONTACT_TRAITS)


def _take_back(
    taken: Sequence[tuple[int, Taken]], timeless: Collection[int], source: str
) -> tuple[int, list[int]]:
    rows = [
        (
            event.hash,
            *event.who,
            event.name,
            None if i in timeless else event.occurred_at,
        )
        for i, event in taken
    ]
    if not rows:
        return 0, []
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, [*map(list, zip(*rows, strict=True)), source])
        n, people = cursor.fetchone() or (0, None)
    return int(n), sorted(people or ())


def _drop_traits(people: Sequence[int], names: Sequence[str]) -> None:
    """Traits that the file told; `fold_traits` brings back what others told."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_customer SET traits = traits - %s::text[]"
            " WHERE id = ANY(%s::bigint[]) AND traits ?| %s::text[]",
            [list(names), list(people), list(names)],
        )


def _drop_contact(people: Sequence[int], told: Iterable[Taken], now: datetime) -> None:
    """Contact details that still are what the file said."""
    said = {
        (event.who, name): (event.occurred_at, value)
        for event in told
        for name, value in (event.contact or {}).items()
    }
    if not said:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, i.kind, i.value, c.contact FROM decisioning_customer c"
            " JOIN decisioning_customeridentity i ON i.customer_id = c.id"
            " WHERE c.id = ANY(%s::bigint[]) AND c.contact <> '{}'"
            " ORDER BY c.id FOR NO KEY UPDATE OF c",
            [list(people)],
        )
        rows = cursor.fetchall()
    kept: dict[int, dict[str, Any]] = {}
    for customer, kind, value, stored in rows:
        contact = kept.setdefault(
            customer, msgspec.json.decode(stored) if isinstance(stored, str) else stored
        )
        for name in list(contact):
            at, given = said.get(((kind, value), name), (None, None))
            if at is not None and contact[name] == given:
                del contact[name]
                contact.get("_told_at", {}).pop(name, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_customer c SET contact = q.contact::jsonb"
            " FROM unnest(%s::bigint[], %s::text[]) AS q(id, contact)"
            " WHERE c.id = q.id",
            [list(kept), [msgspec.json.encode(c).decode() for c in kept.values()]],
        )
    customers.know_addresses(kept, now=now)


def _orphans(people: Sequence[int]) -> list[int]:
    """Customers of whom no other row of the product knows anything."""
    known = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} t WHERE t.{column} = c.id)"  # noqa: S608
        for table, column in _pointing()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM decisioning_customer c"  # noqa: S608
            f" WHERE c.id = ANY(%s::bigint[]) AND NOT ({known})"
            " AND c.contact - '_told_at' = '{}'",
            [list(people)],
        )
        return [customer for (customer,) in cursor.fetchall()]


def _pointing() -> list[tuple[str, str]]:
    """Tables and columns that say something about a person beside the profile."""
    found = []
    for label, table in registry.tables().items():
        if label in (*OF_THE_PROFILE, "decisioning.Customer"):
            continue
        model = apps.get_model(label)
        found += [
            (model._meta.db_table, str(model._meta.get_field(name).column))
            for name in table.subject
        ]
    return [*found, ("decisioning_customer", "merged_into_id")]


def _remove(orphans: Sequence[int]) -> None:
    if not orphans:
        return
    with connection.cursor() as cursor:
        for label in OF_THE_PROFILE:
            model, subject = apps.get_model(label), registry.table(label).subject
            for name in subject:
                column = model._meta.get_field(name).column
                cursor.execute(
                    f"DELETE FROM {model._meta.db_table}"  # noqa: S608
                    f" WHERE {column} = ANY(%s::bigint[])",
                    [list(orphans)],
                )
        cursor.execute(
            "DELETE FROM decisioning_customer WHERE id = ANY(%s::bigint[])",
            [list(orphans)],
        )


def _decisions(people: Sequence[int], since: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM decisioning_decision"
            " WHERE customer_id = ANY(%s::bigint[]) AND decided_at >= %s"
            " AND NOT is_imported",
            [list(people), since],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def forget_rejects(source: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM decisioning_deadletter WHERE source = %s", [source])
