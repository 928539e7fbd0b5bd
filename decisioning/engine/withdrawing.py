"""What a withdrawal leaves behind: scores of people whose data may not choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import connection

from governance.catalogue.core import PURPOSES
from governance.consent import queries as consents
from governance.consent.core import Head, Policy, may

CHUNK = 2_000
CHANNELS = ("", "web", "email", "app", "push", "sms")
# Public research data has no identifiable person who could have said anything.
SCORED = """
SELECT DISTINCT s.customer_id FROM decisioning_score s
JOIN decisioning_customer c ON c.id = s.customer_id AND c.basis = ''
JOIN governance_consenthead h ON h.person_id = s.customer_id
WHERE s.customer_id > %s ORDER BY 1 LIMIT %s
"""


def forget_scores(*, now: datetime) -> int:
    """Delete the scores of everybody who no longer lets their data choose for them.

    A pause is no withdrawal and a channel switched off leaves the others, so neither
    counts. Idempotent; in chunks that each commit.
    """
    policy, n_deleted = consents.policy(), 0
    for people in _chunks():
        heads = consents.heads(people)
        left = [p for p, head in heads.items() if not _may_choose(head, now, policy)]
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM decisioning_score WHERE customer_id = ANY(%s)", [left]
            )
            n_deleted += int(cursor.rowcount)
    return n_deleted


def _chunks() -> Iterator[list[int]]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(SCORED, [last, CHUNK])
            people = [person for (person,) in cursor.fetchall()]
        if not people:
            return
        yield people
        last = people[-1]


def _may_choose(head: Head, now: datetime, policy: Policy) -> bool:
    none: Mapping[str, datetime] = {}
    lasting = replace(head, paused_until=none, channels_off=frozenset())
    return any(
        may(lasting, key, channel, now=now, policy=policy)
        for key, purpose in PURPOSES.items()
        if purpose.personalises
        for channel in CHANNELS
    )
