from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, Required, TypedDict, TypeVar, Unpack

import msgspec
from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure

from decisioning.customers import actions as customers
from decisioning.customers import merging
from decisioning.customers.core import Link
from decisioning.events import effects, storing
from decisioning.events.core import (
    NO_SKEW,
    Incoming,
    Refusal,
    Taken,
    normalise,
    read,
)
from decisioning.events.models import DeadLetter
from decisioning.features import actions as features
from decisioning.segments import actions as segments
from governance.audit import actions as audit
from governance.catalogue.core import PURPOSES
from governance.types import Actor, SubjectRef

CHUNK = 10_000
ATTEMPTS = 6
PURPOSE_KEYS = frozenset(PURPOSES)
UNLISTED = "identity.two_people"
Entry = bytes | Incoming
Raw = Entry | Mapping[str, Any]
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Rejected:
    index: int
    message_id: str | None
    code: str
    message: str


@dataclass(slots=True)
class Receipt:
    """What became of a batch; ``rejected`` in the order of the batch."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)


class Told(TypedDict, total=False):
    """What the sender of a batch says about all of it.

    ``rows`` names the file's row of each event, ``basis`` the ground on which newly met
    customers are kept, ``gpc`` that the sender's browser asks not to share, ``skew``
    how far the sender's clock is behind, ``latest`` the present by another clock.
    ``patience`` is how long a chunk may wait for locks or for its statements.
    """

    source: Required[str]
    now: Required[datetime]
    basis: str
    gpc: bool
    rows: Sequence[int] | None
    bury: bool
    latest: datetime | None
    skew: timedelta
    patience: timedelta | None


@dataclass(slots=True)
class Chunk:
    """One transaction's share of a batch, and where it came from."""

    entries: list[Entry]
    start: int
    source: str
    now: datetime
    basis: str = ""
    gpc: bool = False
    rows: Sequence[int] | None = None
    bury: bool = True
    latest: datetime | None = None
    skew: timedelta = NO_SKEW
    patience: timedelta | None = None
    taken: list[tuple[int, Taken]] = field(default_factory=list)
    refused: list[tuple[int, Refusal]] = field(default_factory=list)


def ingest(events: Iterable[Raw], **told: Unpack[Told]) -> Receipt:
    """Take events: each message id once for ever, a bad event without its batch.

    Every chunk of 10,000 is one transaction; what the receipt counts is durable.
    """
    chunks = prepared(events, **told)
    first = next(chunks, None)
    if first is None:
        return Receipt()
    if len(first.entries) < CHUNK:
        return store([first])
    return store(ahead(chain([first], chunks)))


def prepared(events: Iterable[Raw], **told: Unpack[Told]) -> Iterator[Chunk]:
    """Read and check events, chunk by chunk, without the database."""
    stream = iter(events)
    start = 0
    while entries := [_entry(event) for event in islice(stream, CHUNK)]:
        chunk = Chunk(entries, start, **told)
        start += len(entries)
        _read(chunk)
        yield chunk


def store(chunks: Iterable[Chunk]) -> Receipt:
    """Store what `prepared` has read, each chunk in a transaction of its own."""
    receipt = Receipt()
    for chunk in chunks:
        _count_stored(chunk, receipt)
    return receipt


def ahead(parts: Iterable[Part]) -> Iterator[Part]:
    """The same parts, each made by the other core while the one before is in use."""
    coming = iter(parts)
    with ThreadPoolExecutor(max_workers=1) as maker:
        promised = maker.submit(next, coming, None)
        while (part := promised.result()) is not None:
            promised = maker.submit(next, coming, None)
            yield part


def _entry(event: Raw) -> Entry:
    if isinstance(event, Incoming):
        return event
    return bytes(event) if isinstance(event, bytes) else msgspec.json.encode(event)


def _read(chunk: Chunk) -> None:
    now, latest, skew = chunk.now, chunk.latest, chunk.skew
    received, origin = now.isoformat().encode(), storing.escaped(chunk.source)
    for index, entry in enumerate(chunk.entries):
        try:
            incoming = read(entry) if isinstance(entry, bytes) else entry
            event = normalise(
                incoming, now=now, purposes=PURPOSE_KEYS, latest=latest, skew=skew
            )
        except Refusal as refusal:
            chunk.refused.append((index, refusal))
        else:
            event.hash = event.hash or uuid.uuid4().hex
            event.stored = storing.written(event, received_at=received, source=origin)
            chunk.taken.append((index, event))
    chunk.taken.sort(key=lambda pair: (pair[1].occurred_at, pair[1].hash))


def _count_stored(chunk: Chunk, receipt: Receipt) -> None:
    accepted, duplicates, refused = _stored(chunk)
    receipt.accepted += accepted
    receipt.duplicates += duplicates
    receipt.rejected += [
        Rejected(
            chunk.start + index,
            message_id_of(chunk.entries[index]),
            refusal.code,
            refusal.message,
        )
        for index, refusal in sorted(refused, key=lambda pair: pair[0])
    ]


def _stored(chunk: Chunk) -> tuple[int, int, list[tuple[int, Refusal]]]:
    """Two batches that meet the same people at once: the loser starts again."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _store(chunk)
        except (customers.IdentityRaced, OperationalError) as error:
            if not _is_race(error):
                raise
    return _store(chunk)


def _is_race(error: Exception) -> bool:
    return isinstance(error, customers.IdentityRaced) or isinstance(
        error.__cause__, DeadlockDetected | SerializationFailure
    )


@transaction.atomic
def _store(chunk: Chunk) -> tuple[int, int, list[tuple[int, Refusal]]]:
    if chunk.patience is not None:
        storing.be_patient(chunk.patience)
    fresh, n_duplicates = _unseen(chunk.taken)
    found = customers.resolve(_links(fresh), now=chunk.now)
    refused = list(chunk.refused)
    if found.refused:
        fresh, late = _without(fresh, found.refused)
        refused += late
    owned = [(found.owner[event.who], event) for _, event in fresh]
    storing.append(
        (customer, found.visitors.get(event.who), event) for customer, event in owned
    )
    storing.note_repeats(n_duplicates, source=chunk.source, now=chunk.now)
    touched = effects.profile(
        owned, newcomers=found.created, now=chunk.now, basis=chunk.basis
    )
    customers.must_still_be_theirs(
        {
            found.visitors[event.who]: customer
            for customer, event in owned
            if event.user is None
        }
    )
    touched |= customers.part(found.left) | set(found.created)
    features.refresh(touched, now=chunk.now, arrived=owned)
    if chunk.bury:
        storing.bury(_rejects(chunk, refused), source=chunk.source, now=chunk.now)
    effects.govern(owned, now=chunk.now, source=chunk.source, gpc=chunk.gpc)
    for join in found.joins:
        merging.join(join, now=chunk.now)
    features.refresh({join.kept for join in found.joins}, now=chunk.now)
    segments.follow(touched | {join.kept for join in found.joins}, now=chunk.now)
    return len(fresh), n_duplicates, refused


def _unseen(
    taken: Sequence[tuple[int, Taken]],
) -> tuple[list[tuple[int, Taken]], int]:
    first: dict[str, tuple[int, Taken]] = {}
    for pair in taken:
        first.setdefault(pair[1].hash, pair)
    new = storing.claim(first.keys())
    fresh = [pair for pair in first.values() if pair[1].hash in new]
    return fresh, len(taken) - len(fresh)


def _links(fresh: Sequence[tuple[int, Taken]]) -> list[Link]:
    """One link for each way in which the batch names somebody, earliest first."""
    links: dict[tuple[str | None, str | None, str | None, str | None, bool], Link] = {}
    for index, event in fresh:
        user, anonymous, device = event.user, event.anonymous, event.device
        if user is not None and not event.links:
            anonymous = device = None
        key = (user, anonymous, event.previous, device, event.links)
        if key not in links:
            links[key] = Link(
                user, anonymous, event.previous, event.links, index, device
            )
    return list(links.values())


def _without(
    fresh: list[tuple[int, Taken]], positions: Iterable[int]
) -> tuple[list[tuple[int, Taken]], list[tuple[int, Refusal]]]:
    by_index = dict(fresh)
    named = {(by_index[p].user, by_index[p].previous) for p in positions}
    late = {
        index
        for index, event in fresh
        if event.type == "alias" and (event.user, event.previous) in named
    }
    storing.release(by_index[index].hash for index in late)
    refusal = Refusal(
        UNLISTED,
        "userId and previousId are two identified customers, who are never merged by "
        "themselves. Ask for the merge where their rights are looked after.",
    )
    kept = [pair for pair in fresh if pair[0] not in late]
    return kept, [(index, refusal) for index in sorted(late)]


def _rejects(
    chunk: Chunk, refused: Iterable[tuple[int, Refusal]]
) -> list[storing.Reject]:
    return [
        (
            chunk.rows[chunk.start + index] if chunk.rows is not None else None,
            chunk.entries[index],
            refusal.code,
            refusal.message,
        )
        for index, refusal in refused
    ]


class _Named(msgspec.Struct, rename="camel"):
    message_id: str | int | None = None


def message_id_of(entry: Entry) -> str | None:
    if isinstance(entry, Incoming):
        found = entry.message_id
    else:
        try:
            found = msgspec.json.decode(entry, type=_Named).message_id
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
    return None if found is None else str(found)[:500]


@transaction.atomic
def replay(*, by: Actor, now: datetime, ids: Sequence[int]) -> Receipt:
    """Try dead letters again; those now taken, or taken since, are marked replayed."""
    letters = list(
        DeadLetter.objects.select_for_update()
        .filter(pk__in=ids, replayed_at=None)
        .order_by("pk")
    )
    total = Receipt()
    for letter in letters:
        told = ingest([letter.raw], source=letter.source, now=now, bury=False)
        total.accepted += told.accepted
        total.duplicates += told.duplicates
        total.rejected += told.rejected
        if told.rejected:
            letter.code = told.rejected[0].code
            letter.message = told.rejected[0].message[:300]
        else:
            letter.replayed_at = now
        letter.save(update_fields=["code", "message", "replayed_at"])
    audit.record(
        by=by,
        now=now,
        type="events.replayed",
        subject=SubjectRef("dead_letters", f"{len(letters)}"),
        details={"accepted": total.accepted, "rejected": len(total.rejected)},
    )
    return total
