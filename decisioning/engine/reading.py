"""The one read of a decision: everything about the person, in one statement."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import numpy as np

from decisioning.customers.struck import kept_traits
from decisioning.engine.consents import head_of
from decisioning.engine.core.types import (
    Contact,
    Happening,
    Person,
    PlacementTable,
    Standing,
)
from decisioning.engine.struck import kept_events, kept_scores, kept_vector
from decisioning.features.core import FeatureRow, held, untold

MOST_EVENTS = 5_000
NEVER = timedelta(days=36_500)

_json = msgspec.json.Decoder().decode
_contacts = msgspec.json.Decoder(list[Contact]).decode
_events = msgspec.json.Decoder(list[Happening]).decode

# Somebody who names themselves and is not known yet is not the account that the device
# came with; a device that no account has signed in on may still speak for them.
WHO = """
LEFT JOIN LATERAL (
    SELECT COALESCE(m.merged_into_id, m.id) AS id
    FROM decisioning_customeridentity i
    JOIN decisioning_customer m ON m.id = i.customer_id
    WHERE (i.kind = 'user' AND i.value = %(user)s::text)
       OR (i.kind = 'anonymous' AND i.value = %(anonymous)s::text
           AND (%(user)s::text IS NULL OR NOT EXISTS (
               SELECT 1 FROM decisioning_customeridentity u
               WHERE u.customer_id = i.customer_id AND u.kind = 'user')))
    ORDER BY i.kind DESC LIMIT 1
) w ON true"""

PERSON = """
    c.id, c.pseudonym, c.traits::text, f.values,
    extract(epoch from t.at - f.computed_at)::float8,
    (SELECT jsonb_object_agg(s.score_key, s.value) FROM decisioning_score s
        WHERE s.customer_id = c.id)::text,
    h.version, h.cells::text, h.personalization_off, h.paused_until,
    h.max_contacts_per_week, r.contacts, r.last,
    d.id, d.mode, d.use_case_key, d.config_hash, d.offer_key, d.creative_key, d.arm,
    d.content::text, d.why, d.score, d.propensity, d.experiment_key, d.expires_at,
    d.degraded"""

PERSON_JOINS = """
LEFT JOIN decisioning_customer c ON c.id = w.id
LEFT JOIN decisioning_customerfeatures f ON f.customer_id = c.id
LEFT JOIN governance_consenthead h ON h.person_id = c.id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(extract(epoch from p.reserved_at)::float8,
            p.channel, p.topic, p.offer_key, p.use_case_key, p.decision_id))
            FILTER (WHERE p.released_at IS NULL
                AND (p.shown_at IS NOT NULL OR p.release_at > t.at))::text AS contacts,
        COALESCE(max(p.id), 0) AS last
    FROM decisioning_contact p
    WHERE p.customer_id = c.id AND p.reserved_at > t.at - %(window)s::interval
) r ON true
LEFT JOIN decisioning_standingdecision sd ON sd.customer_id = c.id
    AND sd.placement_key = %(placement)s::text AND sd.expires_at > t.at
LEFT JOIN decisioning_decision d ON d.id = sd.decision_id"""

EVENTS = """,
    (SELECT jsonb_agg(jsonb_build_array(e.name, e.at, e.properties)) FROM (
        SELECT x.name, extract(epoch from x.occurred_at)::float8 AS at, x.properties
        FROM decisioning_event x
        WHERE x.customer_id = c.id AND x.name = ANY(%(events)s::text[])
            AND x.occurred_at > t.at - %(since)s::interval
        ORDER BY x.occurred_at DESC LIMIT %(most)s::int) e)::text"""

BUDGETS = """,
    (SELECT jsonb_agg(jsonb_build_array(b.id, b.limit_minor - b.used_minor))
        FROM decisioning_budget b WHERE b.id = ANY(%(budgets)s::bigint[]))::text"""

ANSWERED = """,
    (SELECT jsonb_build_array(a.request_hash, a.status, encode(a.body, 'base64'))
        FROM decisioning_idempotentanswer a WHERE a.key_id = k.id
        AND a.route = %(route)s::text
        AND a.idempotency_key = %(idempotency_key)s::text)::text"""


@cache
def single_sql(has_events: bool, has_budgets: bool, is_idempotent: bool) -> str:
    # Every piece is one of the constants above: no value enters the text.
    return f"""
WITH t AS MATERIALIZED (SELECT attune_now() AS at)
SELECT t.at, v.number, v.changed_at, k.id, k.secret_sha256, k.scopes, {PERSON}
    {EVENTS if has_events else ", NULL"}
    {BUDGETS if has_budgets else ", NULL"}
    {ANSWERED if is_idempotent else ", NULL"}
FROM governance_servingversion v CROSS JOIN t
LEFT JOIN governance_apikey k ON k.public_id = %(key)s::text
    AND k.revoked_at IS NULL AND k.expires_at > t.at
{WHO}{PERSON_JOINS}
WHERE v.id = 1"""  # noqa: S608


@cache
def many_sql(has_events: bool, has_budgets: bool) -> str:
    return f"""
WITH t AS MATERIALIZED (SELECT attune_now() AS at)
SELECT t.at, v.number, v.changed_at, NULL, NULL, NULL, {PERSON}
    {EVENTS if has_events else ", NULL"}
    {BUDGETS if has_budgets else ", NULL"}, NULL
FROM unnest(%(people)s::bigint[]) WITH ORDINALITY w(id, place)
CROSS JOIN governance_servingversion v CROSS JOIN t {PERSON_JOINS}
WHERE v.id = 1 ORDER BY w.place"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Earlier:
    """The standing decision's answer, to be given again."""

    decision_id: str
    content: Mapping[str, Any]
    why: str
    score: float | None
    propensity: float | None
    experiment_key: str
    expires_at: datetime
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to the same Idempotency-Key before."""

    request_hash: str
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """The API key behind the request, where there is a valid one."""

    id: int
    digest: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one statement brought back."""

    now: datetime
    version: tuple[int, datetime]
    key: Key | None
    person: Person
    earlier: Earlier | None
    answered: Answered | None


def asked_of(table: PlacementTable | None) -> dict[str, Any]:
    """What a placement's rules and budgets need to have read."""
    if table is None:
        return {"window": timedelta(days=7), "placement": ""}
    asked: dict[str, Any] = {
        "window": timedelta(seconds=table.cap_window),
        "placement": table.key,
    }
    if table.events:
        far = table.event_window
        asked["events"] = list(table.events)
        asked["since"] = NEVER if far is None else timedelta(seconds=far)
        asked["most"] = MOST_EVENTS
    budgets = sorted({b for b in table.budgets if b is not None})
    if budgets:
        asked["budgets"] = budgets
    return asked


def reading_of(row: Sequence[Any], context: Mapping[str, object]) -> Reading:
    at, number, changed_at, key_id, secret, scopes = row[:6]
    return Reading(
        now=at,
        version=(number, changed_at),
        key=None if key_id is None else Key(key_id, secret, tuple(scopes)),
        person=_person(row[6:-1], context),
        earlier=_earlier(row[19:33]),
        answered=_answered(row[-1]),
    )


def _person(row: Sequence[Any], context: Mapping[str, object]) -> Person:
    (customer, pseudonym, traits, values, age, scores) = row[:6]
    if customer is None:
        return Person(None, context=context)
    contacts, last = row[11:13]
    standing, events, budgets = row[13:20], row[27], row[28]
    head = head_of(row[6:11])
    vector = None
    if values is not None:
        vector = held(np.array(values, dtype=np.float32), age or 0.0)
    told = _json(traits)
    kept = kept_traits(told, head)
    if vector is not None and len(kept) < len(told):
        vector = untold(vector, told.keys() - kept.keys())
    vector = kept_vector(vector, head)
    return Person(
        id=customer,
        pseudonym=pseudonym,
        traits=kept,
        vector=vector,
        vector_age=age or 0.0,
        features=FeatureRow(() if vector is None else vector),
        scores=kept_scores(_json(scores), head) if scores else {},
        context=context,
        head=head,
        consent_version=row[6] or 0,
        max_per_week=row[10],
        contacts=_contacts(contacts) if contacts else (),
        last_contact=last,
        remaining=dict(_json(budgets)) if budgets else {},
        events=kept_events(_events(events), head) if events else (),
        standing=None if standing[0] is None else _standing(standing),
    )


def _standing(row: Sequence[Any]) -> Standing:
    decision_id, *told = row
    return Standing(str(decision_id), *told)


def _earlier(row: Sequence[Any]) -> Earlier | None:
    if row[0] is None:
        return None
    content, why, score, propensity, experiment_key, expires_at, degraded = row[7:14]
    return Earlier(
        str(row[0]),
        _json(content),
        why,
        score,
        propensity,
        experiment_key,
        expires_at,
        tuple(degraded),
    )


def _answered(text: str | None) -> Answered | None:
    if text is None:
        return None
    request_hash, status, body = _json(text)
    return Answered(request_hash, status, b64decode(body))
