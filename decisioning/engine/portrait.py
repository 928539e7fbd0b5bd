"""Everything that the customer page shows of one person, in one read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from decisioning.caps.models import Cap
from decisioning.events.goods import GOODS
from decisioning.features.core import FEATURES

__all__ = [
    "CapUse",
    "Portrait",
    "Seen",
    "cap_uses",
    "portrait",
]
RECENT = 40
LONGEST_WINDOW = timedelta(days=400)
WEEK = timedelta(days=7)

MOST_GOODS = 5
READ = f"""
SELECT jsonb_build_object(
'identities', (SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value,
        'since', i.created_at, 'shared_at', i.shared_at) ORDER BY i.kind DESC, i.id)
    FROM decisioning_customeridentity i WHERE i.customer_id = c.id),
'same_address', (SELECT jsonb_agg(o.pseudonym) FROM decisioning_customeridentity i
    JOIN decisioning_customer o ON o.id = i.customer_id
    WHERE i.kind = 'email' AND i.value = %(address)s AND i.customer_id <> c.id),
'merges', (SELECT jsonb_agg(jsonb_build_object('id', m.id, 'reason', m.reason,
        'at', m.merged_at, 'undone_at', m.undone_at,
        'n_events', COALESCE(jsonb_array_length(m.moved -> 'events'), 0),
        'n_names', COALESCE(jsonb_array_length(m.moved -> 'identities'), 0))
        ORDER BY m.merged_at DESC)
    FROM decisioning_identitymerge m WHERE m.kept_id = c.id),
'seen', (SELECT jsonb_agg(s) FROM (SELECT e.name, count(*) AS n,
        max(e.occurred_at) AS last_at, max(e.source) AS source
    FROM decisioning_event e WHERE e.customer_id = c.id AND e.type <> 'identify'
    GROUP BY e.name ORDER BY 3 DESC LIMIT %(recent)s) s),
'told', (SELECT jsonb_object_agg(t.k, jsonb_build_array(t.occurred_at, t.source))
    FROM (SELECT DISTINCT ON (k) k, e.occurred_at, e.source
        FROM decisioning_event e, jsonb_object_keys(
            CASE WHEN jsonb_typeof(e.properties -> 'traits') = 'object'
            THEN e.properties -> 'traits' ELSE '{{}}' END) AS k
        WHERE e.customer_id = c.id AND e.type = 'identify'
        ORDER BY k, e.occurred_at DESC) t),
'events', (SELECT jsonb_agg(r) FROM (SELECT e.name, e.occurred_at AS at,
        e.value_minor, e.source, e.properties ->> 'currency' AS currency,
        (SELECT jsonb_agg(g) FROM (SELECT COALESCE(NULLIF(good.name, ''), good.sku, '')
            AS name, good.category FROM (SELECT e.properties, e.source) e {GOODS}
            LIMIT {MOST_GOODS}) g) AS goods
    FROM decisioning_event e WHERE e.customer_id = c.id
    ORDER BY e.occurred_at DESC, e.id DESC LIMIT %(recent)s) r),
'decisions', (SELECT jsonb_agg(r) FROM (SELECT d.id, d.decided_at AS at,
        d.placement_key AS placement, d.channel, d.mode, d.reason, d.why,
        d.offer_key AS offer, d.use_case_key AS use_case,
        d.experiment_key AS experiment, d.arm
    FROM decisioning_decision d WHERE d.customer_id = c.id
    ORDER BY d.decided_at DESC LIMIT %(recent)s) r),
'contacts', (SELECT jsonb_agg(r) FROM (SELECT k.channel, k.topic,
        k.offer_key AS offer, k.use_case_key AS use_case, k.reserved_at AS at
    FROM decisioning_contact k WHERE k.customer_id = c.id AND k.released_at IS NULL
    AND (k.shown_at IS NOT NULL OR k.release_at > %(now)s)
    AND k.reserved_at > %(since)s) r),
'experiments', (SELECT jsonb_agg(r) FROM (SELECT x.key, x.name, x.state, a.arm,
        x.control, a.assigned_at AS at
    FROM decisioning_assignment a
    JOIN decisioning_experiment x ON x.id = a.experiment_id
    WHERE a.customer_id = c.id ORDER BY a.assigned_at DESC) r),
'scores', (SELECT jsonb_agg(r) FROM (SELECT s.score_key AS key, s.value,
        s.computed_at AS at, v.key || ' v' || v.number AS model
    FROM decisioning_score s
    JOIN decisioning_modelversion v ON v.id = s.model_version_id
    WHERE s.customer_id = c.id ORDER BY s.score_key) r),
'features', (SELECT jsonb_build_object('values', f.values, 'at', f.computed_at)
    FROM decisioning_customerfeatures f WHERE f.customer_id = c.id),
'segments', (SELECT jsonb_agg(r) FROM (SELECT g.key, g.name, b.entered_at AS at
    FROM decisioning_segmentmembership b
    JOIN decisioning_segment g ON g.id = b.segment_id
    WHERE b.customer_id = c.id AND b.left_at IS NULL ORDER BY g.name) r),
'complaints', (SELECT jsonb_agg(r) FROM (SELECT p.id, p.state, p.received_at AS at
    FROM governance_complaint p WHERE p.person_id = c.id
    ORDER BY p.received_at DESC) r),
'requests', (SELECT jsonb_agg(r) FROM (SELECT q.id, q.kind, q.state, q.outcome,
        q.received_at AS at, q.due_at
    FROM governance_rightsrequest q WHERE q.person_id = c.id
    ORDER BY q.received_at DESC) r),
'head', (SELECT jsonb_build_object('version', h.version, 'cells', h.cells)
    FROM governance_consenthead h WHERE h.person_id = c.id)
)::text FROM decisioning_customer c WHERE c.id = %(person)s"""  # noqa: S608


class Seen(msgspec.Struct):
    """How often one kind of thing happened, and when last."""

    name: str
    n: int
    last_at: datetime
    source: str


class Name(msgspec.Struct):
    kind: str
    value: str
    since: datetime
    shared_at: datetime | None = None


class Merge(msgspec.Struct):
    id: int
    reason: str
    at: datetime
    n_events: int
    n_names: int
    undone_at: datetime | None = None


class Good(msgspec.Struct):
    """A product as the event or the assortment names it."""

    name: str
    category: str


class Happened(msgspec.Struct):
    name: str
    at: datetime
    source: str
    value_minor: int | None = None
    currency: str | None = None
    goods: list[Good] | None = None


class Decided(msgspec.Struct):
    id: str
    at: datetime
    placement: str
    channel: str
    mode: str
    reason: str
    why: str
    offer: str
    use_case: str
    experiment: str
    arm: str


class Reserved(msgspec.Struct):
    channel: str
    topic: str
    offer: str
    use_case: str
    at: datetime


class Assigned(msgspec.Struct):
    key: str
    name: str
    state: str
    arm: str
    control: str
    at: datetime


class Scored(msgspec.Struct):
    key: str
    value: float
    at: datetime
    model: str


class Counted(msgspec.Struct):
    values: list[float | None]
    at: datetime


class Member(msgspec.Struct):
    key: str
    name: str
    at: datetime


class Complained(msgspec.Struct):
    id: int
    state: str
    at: datetime


class Asked(msgspec.Struct):
    id: int
    kind: str
    state: str
    outcome: str
    at: datetime
    due_at: datetime


class Standing(msgspec.Struct):
    version: int
    cells: dict[str, Any]


class _Row(msgspec.Struct):
    """As the statement gives it; what there is none of is null."""

    identities: list[Name] | None = None
    same_address: list[str] | None = None
    merges: list[Merge] | None = None
    seen: list[Seen] | None = None
    told: dict[str, tuple[datetime, str]] | None = None
    events: list[Happened] | None = None
    decisions: list[Decided] | None = None
    contacts: list[Reserved] | None = None
    experiments: list[Assigned] | None = None
    scores: list[Scored] | None = None
    features: Counted | None = None
    segments: list[Member] | None = None
    complaints: list[Complained] | None = None
    requests: list[Asked] | None = None
    head: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """One person: names, what they did, what was concluded, shown and allowed."""

    identities: list[Name] = field(default_factory=list)
    same_address: list[str] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    told: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    events: list[Happened] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    contacts: list[Reserved] = field(default_factory=list)
    experiments: list[Assigned] = field(default_factory=list)
    scores: list[Scored] = field(default_factory=list)
    features: Mapping[str, float] = field(default_factory=dict)
    features_at: datetime | None = None
    segments: list[Member] = field(default_factory=list)
    complaints: list[Complained] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    head: Standing | None = None


_read = msgspec.json.Decoder(_Row).decode


def portrait(person_id: int, *, now: datetime, address_hash: str = "") -> Portrait:
    """One query; empty parts for what is not known.

    ``address_hash`` finds other customers who gave the same e-mail address.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            READ,
            {
                "person": person_id,
                "now": now,
                "since": now - LONGEST_WINDOW,
                "recent": RECENT,
                "address": address_hash,
            },
        )
        row = cursor.fetchone()
    found = _read(row[0]) if row else _Row()
    parts = {
        name: value
        for name in _Row.__struct_fields__
        if name != "features" and (value := getattr(found, name)) is not None
    }
    return Portrait(**parts, **_features(found.features))


def _features(counted: Counted | None) -> dict[str, Any]:
    if counted is None:
        return {}
    values = zip(FEATURES, counted.values, strict=False)
    named = {f.key: value for f, value in values if value is not None}
    return {"features": named, "features_at": counted.at}


@dataclass(frozen=True, slots=True)
class CapUse:
    """How much of one cap a person has used up, and when the first is free again."""

    key: str
    name: str
    used: int
    limit: int
    window: timedelta
    free_at: datetime | None


def cap_uses(
    caps: list[Cap], contacts: list[Reserved], *, own_limit: int | None, now: datetime
) -> list[CapUse]:
    """Each cap's window ending now, and the person's own weekly limit first."""
    found = [
        _use(cap.key, cap.name, cap.n, cap.window, _counted(cap, contacts), now)
        for cap in caps
    ]
    if own_limit is not None:
        own = _use("", "The customer’s own limit", own_limit, WEEK, contacts, now)
        found.insert(0, own)
    return found


def _counted(cap: Cap, contacts: list[Reserved]) -> list[Reserved]:
    if cap.scope == "all":
        return contacts
    return [each for each in contacts if getattr(each, cap.scope) == cap.scope_key]


def _use(
    key: str,
    name: str,
    limit: int,
    window: timedelta,
    contacts: list[Reserved],
    now: datetime,
) -> CapUse:
    inside = sorted(each.at for each in contacts if each.at > now - window)
    is_full = bool(inside) and len(inside) >= limit
    first = inside[len(inside) - limit] if is_full and limit else None
    return CapUse(key, name, len(inside), limit, window, first and first + window)
