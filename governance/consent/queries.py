from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from governance.catalogue.core import PURPOSES
from governance.consent.core import Head, may
from governance.consent.ledger import Entry, fold
from governance.consent.models import ConsentEvent, ConsentHead, Notice
from governance.types import Answer

__all__ = [
    "HEAD_SQL_COLUMNS",
    "ConsentEvent",
    "ConsentHead",
    "Notice",
    "Share",
    "entry_of",
    "head",
    "head_from",
    "heads",
    "history",
    "latest_notice",
    "may_use",
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
    return may(head(person_id), purpose, channel, topic, now=now)


def standing(
    person_id: int, channels: Collection[str], *, now: datetime
) -> dict[tuple[str, str], Answer]:
    """Every purpose on every channel, from one read."""
    known = head(person_id)
    return {
        (purpose, channel): may(known, purpose, channel, now=now)
        for purpose in PURPOSES
        for channel in channels
    }


def history(person_id: int, *, limit: int = 200) -> list[ConsentEvent]:
    return list(
        ConsentEvent.objects.filter(person_id=person_id)
        .select_related("notice")
        .order_by("-id")[:limit]
    )


def latest_notice(key: str) -> Notice | None:
    return Notice.objects.filter(key=key).order_by("-version").first()


def rebuilt(person_id: int) -> Head:
    """The standing folded afresh from the ledger, to compare with the stored one."""
    events = ConsentEvent.objects.filter(person_id=person_id)
    rows = events.select_related("notice").order_by("id")
    return fold(entry_of(event) for event in rows)


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
