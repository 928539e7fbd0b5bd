"""Erasure: through every declared table, file and log, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.consent import suppressions
from governance.jobs.models import Job
from governance.keyed import identity_hash
from governance.rights import files, sql
from governance.rights.access import People, digest_of_pack, pack
from governance.rights.core import Erasure, Table
from governance.rights.models import ErasureRecord, RightsRequest
from governance.rights.registry import table, tables
from governance.types import Actor, ActorKind, Conflict, Refused, SubjectRef

NUMBERS = 2**62
HASHED = "email"  # an identity that is a keyed hash already
UNFINISHED = (Job.State.QUEUED, Job.State.RUNNING)
BACKUPS_DAYS = 35
Hook = Callable[[People, datetime], None]
_hooks: list[Hook] = []


def before_erasure(hook: Hook) -> None:
    """Call the hook in the transaction of each erasure, before anything is removed."""
    if hook not in _hooks:
        _hooks.append(hook)


@transaction.atomic
def erase(*, by: Actor, now: datetime, people: People) -> ErasureRecord:
    """Remove a person; what stays is a tombstone of keyed hashes and unlinkable counts.

    The caller holds the person's lock and has gathered ``people`` under it.

    Raises
    ------
    Refused
        For those who may not carry out such a request.
    Conflict
        While an import of a file that names the person is under way.
    """
    _must_execute(by)
    holding = files.naming(people.names)
    _must_not_be_in_use(people, [str(path) for path in holding])
    made = pack(people, now=now)
    for hook in _hooks:
        hook(people, now)
    stand_ins = {person: -1 - secrets.randbelow(NUMBERS) for person in people.ids}
    counts = dict(_from_tables(people, stand_ins))
    record = ErasureRecord.objects.create(
        proof_id=-1 - secrets.randbelow(NUMBERS),
        identity_hashes=sorted(identity_hashes(people.identities)),
        counts=counts,
        n_files=files.remove(holding) + files.strike_from_logs(people.names),
        pack_digest=digest_of_pack(made),
        erased_by_label=str(by),
        erased_at=now,
    )
    _forget(stand_ins, record.proof_id)
    for channel, address in people.addresses.items():
        suppressions.add(
            by=by,
            now=now,
            channel=channel,
            addresses=[address],
            why="erased",
            source="erasure",
        )
    _close_requests(by, now, stand_ins)
    audit.record(
        by=by,
        now=now,
        type="person.erased",
        subject=SubjectRef("erasure", str(record.pk), record.pack_digest),
        details={"rows": counts, "files": record.n_files},
    )
    return record


def identity_hashes(identities: Collection[tuple[str, str]]) -> set[str]:
    return {
        value if kind == HASHED else identity_hash(kind, value)
        for kind, value in identities
    }


def _must_execute(by: Actor) -> None:
    if by.kind is ActorKind.SYSTEM or holds(by, Permission.RIGHTS_EXECUTE):
        return
    raise Refused("Only privacy carries out an erasure.")


def _must_not_be_in_use(people: People, paths: Collection[str]) -> None:
    running = Job.objects.filter(state__in=UNFINISHED)
    named = sql.ids_naming(table("governance.Job"), people.names)
    reading = running.filter(params__path__in=list(paths))
    job = reading.first() or running.filter(pk__in=named).first()
    if job is not None:
        raise Conflict(
            f"“{job.label}” is under way with data of this person. Wait until it has "
            "ended, or stop it, then erase.",
            code="rights.job_under_way",
        )


def _from_tables(
    people: People, stand_ins: dict[int, int]
) -> Iterator[tuple[str, int]]:
    recent = [*people.names, *_decision_ids(people)]
    for each in tables().values():
        n = _from_table(each, people, stand_ins, recent)
        if n:
            yield each.label, n


def _from_table(
    each: Table, people: People, stand_ins: dict[int, int], recent: list[str]
) -> int:
    match each.erasure:
        case Erasure.DELETE:
            kept = sql.stand_in(each, stand_ins, only=each.spared) if each.spared else 0
            return kept + sql.delete(each, people.ids)
        case Erasure.STAND_IN:
            return sql.stand_in(each, stand_ins)
        case Erasure.SEARCH:
            return sql.delete_naming(each, recent)
        case Erasure.BLANK:
            return sql.blank_naming(each, people.names)
        case Erasure.LOG | Erasure.PROOF | Erasure.KEEP:
            return 0


def _decision_ids(people: People) -> list[str]:
    """Decisions whose answers may still be kept for repeated requests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text FROM decisioning_decision WHERE customer_id = ANY(%s)"
            " AND decided_at > attune_now() - interval '3 days'",
            [list(people.ids)],
        )
        return [found for (found,) in cursor.fetchall()]


def _forget(stand_ins: dict[int, int], proof_id: int) -> None:
    """The two append-only tables, by the one narrow door that they have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM attune_forget(%s::bigint[], %s::bigint[], %s)",
            [list(stand_ins), list(stand_ins.values()), proof_id],
        )


@transaction.atomic
def forget_late(person_ids: Collection[int], *, now: datetime) -> int:
    """What was logged for people in the moment in which they were erased."""
    if not person_ids:
        return 0
    record = ErasureRecord.objects.create(
        proof_id=-1 - secrets.randbelow(NUMBERS),
        identity_hashes=[],
        counts={"late": len(person_ids)},
        pack_digest="",
        erased_by_label="Retention",
        erased_at=now,
    )
    stand_ins = {person: -1 - secrets.randbelow(NUMBERS) for person in person_ids}
    _forget(stand_ins, record.proof_id)
    return len(person_ids)


def _close_requests(by: Actor, now: datetime, stand_ins: dict[int, int]) -> None:
    is_staff = by.kind is ActorKind.PERSON
    RightsRequest.objects.filter(
        person_id__in=stand_ins.values(), closed_at=None
    ).update(
        state=RightsRequest.State.COMPLETE,
        outcome="Erased.",
        changed_at=now,
        closed_at=now,
        closed_by_id=by.id if is_staff else None,
    )


def summary(record: ErasureRecord) -> dict[str, Any]:
    """What was done, as the certificate tells it."""
    titles = {each.label: each for each in tables().values()}
    return {
        "rows": {
            titles[label].title: n
            for label, n in record.counts.items()
            if label in titles
        },
        "n_files": record.n_files,
        "backups_days": BACKUPS_DAYS,
    }
