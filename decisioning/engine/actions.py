"""Decide: one read, the pure core, one write."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import psycopg
from django.db import InterfaceError, OperationalError, connection

from decisioning.engine import reading, snapshot, writing
from decisioning.engine.answers import (
    Answer,
    Asked,
    answer,
    answer_again,
    log_row,
    safe_answer,
)
from decisioning.engine.core.decide import decide as choose
from decisioning.engine.core.decide import still_holds
from decisioning.engine.core.types import Mode, Outcome, PlacementTable
from decisioning.engine.reading import Answered, Key, Reading
from decisioning.engine.snapshot import Snapshot

STANDS_FOR = timedelta(minutes=15)
MOST_TRIES = 4
ROUTE = "decisions"
_encode = msgspec.json.Encoder().encode
_local = threading.local()
UNREACHABLE = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


class UnknownPlacement(LookupError):
    """There is no such placement."""


class WrongChannel(LookupError):
    """The placement belongs to another channel than the one asked for."""


class KeyRefused(Exception):
    """The key is unknown, revoked or over, or may not decide."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class KeyReused(Exception):
    """The Idempotency-Key was used for another request."""


class Unreachable(Exception):
    """The database is out of reach and this process has no snapshot yet."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the public id of an API key, and the digest of the presented text."""

    public_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's Idempotency-Key with the hash of the request it came with."""

    key: str
    request_hash: str


def generator() -> np.random.Generator:
    found: np.random.Generator | None = getattr(_local, "rng", None)
    if found is None:
        found = _local.rng = np.random.default_rng()
    return found


def decide(
    asked: Asked,
    *,
    caller: Caller | None = None,
    idempotency: Idempotency | None = None,
) -> bytes:
    """The answer to one request, as JSON, after its decision is durable.

    ``caller`` is checked by the same read; without one the caller has been checked
    before. A standing decision that still holds is given again and nothing is written.

    Raises
    ------
    UnknownPlacement, WrongChannel, KeyRefused, KeyReused
        Nothing was written.
    """
    return _Request(asked, caller, idempotency).answered()


class _Request:
    def __init__(
        self, asked: Asked, caller: Caller | None, idempotency: Idempotency | None
    ) -> None:
        self.asked = asked
        self.caller = caller
        self.idempotency = idempotency
        self.context = {"placement": asked.placement, **asked.context}
        self.timings: dict[str, float] = {}
        self.at = time.perf_counter()

    def answered(self) -> bytes:
        found, table, snap = self._read()
        self._lap("load")
        self._check(found.key)
        if found.answered is not None:
            return self._repeat(found.answered)
        if table is None:
            raise UnknownPlacement(self.asked.placement)
        check_channel(self.asked, table)
        again = self._again(found, table)
        if again is not None:
            return again
        if found.person.standing is None:
            body = self._attempt(found, table, snap, is_locked=False)
            if body is not None:
                return body
        return self._under_lock(found)

    def _read(self) -> tuple[Reading, PlacementTable | None, Snapshot]:
        """Read for the snapshot at hand; once more where that is out of date."""
        snap = snapshot.current() or snapshot.fresh()
        tries = 0
        while True:
            table = snap.placements.get(self.asked.placement)
            params = self._params(table)
            sql = reading.single_sql(
                "events" in params, "budgets" in params, "route" in params
            )
            row = writing.run(sql, params).fetchone()
            assert row is not None
            found = reading.reading_of(row, self.context)
            tries += 1
            if snap.serves(found.version, found.now) or tries == MOST_TRIES:
                return found, table, snap
            snap = snapshot.at(found.version, found.now)

    def _params(self, table: PlacementTable | None) -> dict[str, Any]:
        params = reading.asked_of(table)
        params |= {
            "user": self.asked.user_id or None,
            "anonymous": self.asked.anonymous_id or None,
            "key": self.caller.public_id if self.caller else None,
        }
        if self.idempotency:
            params |= {"route": ROUTE, "idempotency_key": self.idempotency.key}
        return params

    def _check(self, key: Key | None) -> None:
        if self.caller is None:
            return
        if key is None or key.digest != self.caller.digest:
            raise KeyRefused(401)
        if "decide" not in key.scopes:
            raise KeyRefused(403)
        self.key_id = key.id

    def _repeat(self, before: Answered) -> bytes:
        assert self.idempotency is not None
        if before.request_hash != self.idempotency.request_hash:
            raise KeyReused
        return before.body

    def _again(self, found: Reading, table: PlacementTable) -> bytes | None:
        standing = found.person.standing
        if standing is None or found.earlier is None:
            return None
        if not still_holds(table, standing, found.person, found.now):
            return None
        told = answer_again(table, found.earlier, found.person, self.asked.base_url)
        self._lap("decide")
        return self._body(told)

    def _attempt(
        self, found: Reading, table: PlacementTable, snap: Snapshot, *, is_locked: bool
    ) -> bytes | None:
        outcome = choose(table, found.person, found.now, generator())
        decision_id = uuid.uuid4()
        expires_at = found.now + STANDS_FOR
        told = answer(
            table,
            outcome,
            found.person,
            decision_id=decision_id,
            expires_at=expires_at,
            base_url=self.asked.base_url,
        )
        row = log_row(
            table,
            outcome,
            found.person,
            self.asked,
            decision_id=decision_id,
            now=found.now,
            expires_at=expires_at,
        )
        self._lap("decide")
        snapshot.keep(snap, table)
        body = self._body(told) if self.idempotency else b""
        sql, params = self._write(found, table, outcome, row, body)
        is_guarded = outcome.mode is not Mode.DEFAULT
        if is_guarded and not is_locked:
            done = writing.log_locked(sql, params, row["customer_id"])
        else:
            done = writing.log(sql, params)
        self._lap("commit")
        return (body or self._body(told)) if done else None

    def _write(
        self,
        found: Reading,
        table: PlacementTable,
        outcome: Outcome,
        row: dict[str, Any],
        body: bytes,
    ) -> tuple[str, dict[str, Any]]:
        place, trial = outcome.chosen, outcome.case.trial if outcome.case else None
        budget = table.budgets[place] if place is not None else None
        params = row | {
            "serving": found.version[0],
            "window": timedelta(seconds=table.cap_window),
            "last_contact": found.person.last_contact,
            "max_per_week": found.person.max_per_week,
            "topic": table.topics[place] if place is not None else "",
            "budget_id": budget,
            "cost_minor": table.costs[place] if place is not None else 0,
            "experiment_id": trial.id if trial else None,
            "arm_share": outcome.arm.share if outcome.arm else None,
        }
        if self.idempotency:
            params |= {
                "key_id": getattr(self, "key_id", 0),
                "route": ROUTE,
                "idempotency_key": self.idempotency.key,
                "request_hash": self.idempotency.request_hash,
                "body": body,
            }
        sql = writing.log_sql(
            is_guarded=outcome.mode is not Mode.DEFAULT,
            reserves=place is not None,
            spends=budget is not None,
            assigns=trial is not None and trial.id is not None,
            is_idempotent=self.idempotency is not None,
        )
        return sql, params

    def _under_lock(self, before: Reading) -> bytes:
        """Once more from the start, with the person's lock held throughout."""
        person = before.person
        with writing.transaction():
            if person.id is not None:
                writing.lock_people([person.id])
            tries = 0
            while True:
                found, table, snap = self._read()
                if found.answered is not None:
                    return self._repeat(found.answered)
                if table is None:
                    raise UnknownPlacement(self.asked.placement)
                again = self._again(found, table)
                if again is not None:
                    return again
                found = self._dropped(found, table)
                body = self._attempt(found, table, snap, is_locked=True)
                tries += 1
                if body is not None:
                    return body
                if tries == MOST_TRIES:
                    return self._body(safe_answer(table))

    def _dropped(self, found: Reading, table: PlacementTable) -> Reading:
        """Without the standing decision that no longer holds, and its reservation."""
        person = found.person
        if person.standing is None:
            return found
        gone = person.standing.decision_id
        writing.run(
            writing.FORGET_STANDING, {"customer": person.id, "placement": table.key}
        )
        writing.run(writing.RELEASE_ONE, {"decision": gone})
        left = [c for c in person.contacts if c.decision_id != gone]
        return replace(found, person=replace(person, contacts=left, standing=None))

    def _lap(self, name: str) -> None:
        now = time.perf_counter()
        self.timings[name] = round((now - self.at) * 1000, 2)
        self.at = now

    def _body(self, told: Answer) -> bytes:
        told["timings"] = self.timings
        return _encode(told)


def check_channel(asked: Asked, table: PlacementTable) -> None:
    if asked.channel and asked.channel != table.channel:
        raise WrongChannel(table.channel)


def safe_default(placement: str) -> bytes:
    """The placement's static default from the last snapshot; touches no database."""
    snap = snapshot.current()
    if snap is None:
        raise Unreachable
    table = snap.placements.get(placement)
    if table is None:
        raise UnknownPlacement(placement)
    told: Mapping[str, Any] = {**safe_answer(table), "timings": {}}
    return _encode(told)


def forget_connection() -> None:
    """After a failure: the next request opens a new one."""
    connection.close()


def release_unshown(*, most: int = 10_000) -> int:
    """Free reservations that were not shown in time; refund their budgets."""
    with writing.transaction():
        row = writing.run(writing.RELEASE_DUE, {"most": most}).fetchone()
        writing.run(writing.FORGET_EXPIRED)
        writing.run(writing.FORGET_ANSWERS)
    return int(row[0]) if row else 0
