"""What happened: who was asked on a use case's places, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from governance.fairness.core import Measure, Shown

MOST_CUSTOMERS = 60_000
MOST_SHOWN = 100_000
ASKED = """
SELECT d.customer_id, c.traits, COALESCE(array_agg(DISTINCT d.offer_key)
        FILTER (WHERE d.mode = 'personalised' AND d.use_case_key = %(key)s), '{}'),
    count(*) FILTER (WHERE d.mode = 'personalised' AND d.use_case_key = %(key)s)
FROM decisioning_decision d
JOIN decisioning_customer c ON c.id = d.customer_id
WHERE d.placement_key = ANY(%(placements)s) AND NOT d.is_imported
    AND d.decided_at > %(since)s AND d.decided_at <= %(now)s
GROUP BY d.customer_id, c.traits
ORDER BY hashint8extended(d.customer_id, 0) LIMIT %(most)s"""
LEFT = """
SELECT DISTINCT e.person_id FROM governance_consentevent e
WHERE e.person_id = ANY(%(people)s)
    AND e.recorded_at > %(since)s AND e.recorded_at <= %(now)s
    AND (e.action IN ('off', 'object') OR e.action IN ('deny', 'withdraw') AND EXISTS (
        SELECT 1 FROM governance_consentevent g
        WHERE g.person_id = e.person_id AND g.purpose = e.purpose
            AND g.action = 'grant' AND g.recorded_at < e.recorded_at))"""
COMPLAINED = """
SELECT DISTINCT person_id FROM governance_complaint
WHERE person_id = ANY(%(people)s) AND use_case_key IN (%(key)s, '')
    AND received_at > %(since)s AND received_at <= %(now)s"""
SHOWN = """
SELECT d.customer_id, d.offer_key, d.decided_at FROM decisioning_decision d
WHERE d.use_case_key = %(key)s AND d.mode = 'personalised' AND NOT d.is_imported
    AND d.customer_id IS NOT NULL
    AND d.decided_at > %(since)s AND d.decided_at <= %(now)s
ORDER BY d.decided_at DESC LIMIT %(most)s"""


@dataclass(frozen=True, slots=True)
class Logged:
    """One place a customer who was asked in the period."""

    ids: tuple[int, ...]
    traits: tuple[Mapping[str, Any], ...]
    offers: tuple[frozenset[str], ...]
    times: npt.NDArray[np.float64]
    left: frozenset[int]
    complained: frozenset[int]

    def chosen(self, offers: set[str]) -> npt.NDArray[np.bool_]:
        """Who was offered one of these."""
        return np.array([bool(each & offers) for each in self.offers], dtype=np.bool_)

    def harms(self) -> dict[Measure, npt.NDArray[np.float64]]:
        """Opt-outs, complaints and contacts, one number a customer."""
        return {
            Measure.OPT_OUT: _flags(self.ids, self.left),
            Measure.COMPLAINT: _flags(self.ids, self.complained),
            Measure.CONTACT: self.times,
        }


def _flags(ids: Sequence[int], among: frozenset[int]) -> npt.NDArray[np.float64]:
    return np.array([float(person in among) for person in ids])


def read(
    key: str, placements: Sequence[str], *, since: datetime, now: datetime
) -> Logged:
    given = {
        "key": key,
        "placements": list(placements),
        "since": since,
        "now": now,
        "most": MOST_CUSTOMERS,
    }
    rows = _rows(ASKED, given)
    ids = tuple(row[0] for row in rows)
    given["people"] = list(ids)
    return Logged(
        ids=ids,
        traits=tuple(_traits(row[1]) for row in rows),
        offers=tuple(frozenset(row[2]) for row in rows),
        times=np.array([float(row[3]) for row in rows]),
        left=frozenset(person for (person,) in _rows(LEFT, given)),
        complained=frozenset(person for (person,) in _rows(COMPLAINED, given)),
    )


def _traits(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def shown(
    key: str, topics: Mapping[str, str], *, since: datetime, now: datetime
) -> list[Shown]:
    """What was shown, by the offer's topic; the newest where there is very much."""
    given = {"key": key, "since": since, "now": now, "most": MOST_SHOWN}
    return [
        Shown(person, topics.get(offer) or offer, at)
        for person, offer, at in _rows(SHOWN, given)
    ]


def _rows(sql: str, given: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())
