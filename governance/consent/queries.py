from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max, Q

from governance.catalogue.core import PURPOSES
from governance.consent.core import Head, Key, Policy, may
from governance.consent.ledger import Entry, fold
from governance.consent.models import ConsentEvent, ConsentHead, Notice
from governance.types import Answer

__all__ = [
    "HEAD_SQL_COLUMNS",
    "ConsentEvent",
    "ConsentHead",
    "Notice",
    "Proof",
    "Share",
    "due_to_expire",
    "entry_of",
    "head",
    "head_at",
    "head_from",
    "head_held",
    "head_known",
    "heads",
    "history",
    "latest_notice",
    "may_use",
    "policy",
    "proof",
    "rebuilt",
    "shares",
    "standing",
]

HEAD_SQL_COLUMNS = "version, cells"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of those we know something about allow one purpose today."""

    purpose: str
    label: str
    n_allowing: int
    n_known: int

    @property
    def share(self) -> float | None:
        return self.n_allowing / self.n_known if self.n_known else None


def head_from(version: int, cells: Mapping[str, Any]) -> Head:
    """The standing behind the two columns of ``HEAD_SQL_COLUMNS``."""
    return Head.from_dict({**cells, "version": version})


def head(person_id: int) -> Head | None:
    """What holds for a person, or None where nothing is known: that denies."""
    row = ConsentHead.objects.filter(pk=person_id).values("version", "cells").first()
    return head_from(row["version"], row["cells"]) if row else None


def heads(person_ids: Collection[int]) -> dict[int, Head]:
    rows = ConsentHead.objects.filter(pk__in=person_ids).values_list(
        "person_id", "version", "cells"
    )
    return {person: head_from(version, cells) for person, version, cells in rows}


def may_use(
    person_id: int, purpose: str, channel: str = "", topic: str = "", *, now: datetime
) -> Answer:
    return may(head(person_id), purpose, channel, topic, now=now, policy=policy())


def policy() -> Policy:
    """What holds for everybody now: notices that no longer carry, age unknown."""
    latest = (
        Notice.objects.values("key")
        .annotate(from_version=Max("version", filter=Q(is_material=True)))
        .exclude(from_version=None)
        .values_list("key", "from_version")
    )
    return Policy(
        void_notices=frozenset(
            f"{key}:{version}" for key, start in latest for version in range(1, start)
        ),
        unknown_is_child=settings.LIKELY_USED_BY_CHILDREN,
    )


def standing(
    person_id: int, channels: Collection[str], *, now: datetime
) -> dict[tuple[str, str], Answer]:
    """Every purpose on every channel, from one read."""
    known, house = head(person_id), policy()
    return {
        (purpose, channel): may(known, purpose, channel, now=now, policy=house)
        for purpose in PURPOSES
        for channel in channels
    }


def history(person_id: int, *, limit: int = 200) -> list[ConsentEvent]:
    return list(
        ConsentEvent.objects.filter(person_id=person_id)
        .select_related("notice")
        .order_by("-id")[:limit]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One row of the ledger as evidence: who, what, when, which text, how."""

    person_id: int
    action: str
    purpose: str
    channel: str
    topic: str
    occurred_at: datetime
    recorded_at: datetime
    valid_until: datetime | None
    notice: str
    text: str
    how: str
    source: str
    recorded_by: str
    is_complete: bool


def proof(person_id: int, *, limit: int = 200) -> list[Proof]:
    """Everything a person said, newest first, with the words that they saw; one query.

    ``text`` is the notice's own text, else the wording that an import declared.
    """
    return [_proof_of(event) for event in history(person_id, limit=limit)]


def _proof_of(event: ConsentEvent) -> Proof:
    notice, evidence = event.notice, event.evidence
    return Proof(
        person_id=event.person_id,
        action=event.action,
        purpose=event.purpose,
        channel=event.channel,
        topic=event.topic,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        valid_until=event.valid_until,
        notice=f"{notice.key}:{notice.version}" if notice else "",
        text=notice.text if notice else str(evidence.get("wording", "")),
        how=str(evidence.get("mechanism") or evidence.get("event") or event.source),
        source=event.source,
        recorded_by=event.recorded_by,
        is_complete=not evidence.get("evidence_incomplete"),
    )


DUE = """
SELECT h.person_id, cell.key, CASE
    WHEN string_to_array(cell.value ->> 'notice', ',') && %(void)s::text[]
    THEN 'notice changed' ELSE 'run out' END
FROM governance_consenthead h, jsonb_each(h.cells -> 'cells') AS cell
WHERE cell.value ->> 'choice' = 'grant' AND (
    LEAST(COALESCE((cell.value ->> 'expires_at')::timestamptz, 'infinity'),
      (cell.value ->> 'at')::timestamptz + interval '730 days') <= %(now)s
    OR string_to_array(cell.value ->> 'notice', ',') && %(void)s::text[])
  AND NOT EXISTS (SELECT 1 FROM governance_consentevent e
    WHERE e.person_id = h.person_id AND e.action = 'expire'
      AND e.purpose || '|' || e.channel || '|' || e.topic = cell.key
      AND e.occurred_at >= (cell.value ->> 'at')::timestamptz)
ORDER BY h.person_id LIMIT %(limit)s
"""


def due_to_expire(*, now: datetime, limit: int) -> list[tuple[int, Key, str]]:
    """Grants that have ended and of which the ledger does not say so yet."""
    void = sorted(policy().void_notices)
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now, "void": void, "limit": limit})
        return [(person, Key.parse(key), why) for person, key, why in cursor]


def latest_notice(key: str) -> Notice | None:
    return Notice.objects.filter(key=key).order_by("-version").first()


def rebuilt(person_id: int) -> Head:
    """The standing folded afresh from the ledger, to compare with the stored one."""
    events = ConsentEvent.objects.filter(person_id=person_id)
    rows = events.select_related("notice").order_by("id")
    return fold(entry_of(event) for event in rows)


def head_at(person_id: int, version: int) -> Head | None:
    """The standing as it was at one of its versions: what a decision relied on.

    Every row of the ledger makes one version; ``None`` where there are not so many.
    """
    events = ConsentEvent.objects.filter(person_id=person_id)
    rows = list(events.select_related("notice").order_by("id")[:version])
    return fold(map(entry_of, rows)) if len(rows) == version else None


def head_known(person_id: int, at: datetime) -> Head:
    """What we knew at a moment, and therefore went by: rows recorded until then."""
    events = ConsentEvent.objects.filter(person_id=person_id, recorded_at__lte=at)
    return fold(map(entry_of, events.select_related("notice").order_by("id")))


def head_held(person_id: int, at: datetime, *, known: datetime | None = None) -> Head:
    """What held at a moment: what the person had said by then, whenever we learnt it.

    Choices count in the order in which they were made, however late or mixed up they
    came in. ``known`` leaves out what was recorded after it.
    """
    events = ConsentEvent.objects.filter(person_id=person_id, occurred_at__lte=at)
    if known is not None:
        events = events.filter(recorded_at__lte=known)
    rows = events.select_related("notice").order_by("occurred_at", "id")
    return fold(map(entry_of, rows))


def entry_of(event: ConsentEvent) -> Entry:
    return Entry(
        action=event.action,
        purpose=event.purpose,
        channel=event.channel,
        topic=event.topic,
        at=event.occurred_at,
        valid_until=event.valid_until,
        notice=f"{event.notice.key}:{event.notice.version}" if event.notice else "",
        evidence=event.evidence,
    )


SHARES = """
SELECT split_part(cell.key, '|', 1) AS purpose, count(DISTINCT h.person_id)
FROM governance_consenthead h, jsonb_each(h.cells -> 'cells') AS cell
WHERE cell.value ->> 'choice' = 'grant'
  AND (cell.value ->> 'evidence_complete')::boolean
  AND LEAST(
        COALESCE((cell.value ->> 'expires_at')::timestamptz, 'infinity'),
        (cell.value ->> 'at')::timestamptz + interval '730 days'
      ) > attune_now()
  AND NOT (h.personalization_off AND split_part(cell.key, '|', 1) = ANY(%s))
GROUP BY 1
"""


def shares() -> list[Share]:
    """Share of known customers who allow each purpose on some channel; two queries."""
    personalising = [p.key for p in PURPOSES.values() if p.personalises]
    with connection.cursor() as cursor:
        cursor.execute(SHARES, [personalising])
        allowing = dict(cursor.fetchall())
    n_known = ConsentHead.objects.count()
    return [
        Share(p.key, p.label, allowing.get(p.key, 0), n_known)
        for p in PURPOSES.values()
        if p.consent_required
    ]
