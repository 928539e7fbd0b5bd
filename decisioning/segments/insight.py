"""What the pages of one segment show: sizes, builds, fairness, one customer, a twin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Count

from decisioning.customers import queries as customers
from decisioning.features import queries as features
from decisioning.features.core import FEATURE_INDEX, FEATURES, FRESH_FOR
from decisioning.rules.core import (
    Catalogue,
    Compare,
    KnownProfile,
    May,
    Not,
    Rule,
    dids_of,
    fields_used,
    walk,
)
from decisioning.rules.sql import compile_sql
from decisioning.segments import fairness, queries
from decisioning.segments.columns import Coded, Picture
from decisioning.segments.fairness import Profile
from decisioning.segments.lookalike import Proposal, propose
from decisioning.segments.models import SegmentBuild, SegmentMembership
from decisioning.segments.why import Asked, Finding
from decisioning.stats.sufficient import NotEnoughData
from governance.catalogue import queries as data
from governance.consent import queries as consent

__all__ = [
    "Explained",
    "SegmentBuild",
    "Stay",
    "builds",
    "explained",
    "fairness_of",
    "look_alike",
    "newest_builds",
    "stays",
]

LIVE = "FROM decisioning_customer c WHERE c.merged_into_id IS NULL"
SAMPLED = 5_000
TOP_SHARE = 0.1
SPENT = "spend_365d"
RESEARCH = "(c.basis = 'public_research' OR {may})"


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when a customer was in; still in while ``left_at`` is empty."""

    entered_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Explained:
    """One customer and the rule: in or out, line by line, and the stays so far."""

    pseudonym: str
    is_in: bool
    findings: tuple[Finding, ...]
    stays: tuple[Stay, ...]


def builds(key: str, *, limit: int = 60) -> list[SegmentBuild]:
    """Newest first."""
    found = SegmentBuild.objects.filter(segment__key=key)
    return list(found.order_by("-built_at", "-pk")[:limit])


def sizes() -> dict[str, int]:
    """How many are in each segment now, by key: events move people between builds."""
    open_stays = SegmentMembership.objects.filter(left_at=None)
    found = open_stays.values_list("segment__key").annotate(n=Count("pk"))
    return dict(found.order_by())


def newest_builds() -> dict[str, SegmentBuild]:
    """The last build of each segment that worked; one query."""
    found = (
        SegmentBuild.objects.filter(error="")
        .select_related("segment")
        .order_by("segment_id", "-built_at", "-pk")
        .distinct("segment_id")
    )
    return {build.segment.key: build for build in found}


def stays(key: str, customer_id: int) -> tuple[Stay, ...]:
    rows = SegmentMembership.objects.filter(segment__key=key, customer_id=customer_id)
    pairs = rows.order_by("-entered_at").values_list("entered_at", "left_at")
    return tuple(Stay(*pair) for pair in pairs[:20])


def explained(
    key: str, pseudonym: str, *, catalogue: Catalogue, now: datetime
) -> Explained:
    """Why a customer is in the segment or out, from the rule as it stands.

    Raises
    ------
    NotFound
        Where there is no such segment, or nobody of that pseudonym.
    """
    rule = queries.readable(queries.segment(key).rule)
    customer = customers.by_pseudonym(pseudonym.strip())
    rules = queries.rules_by_key()
    ready = {other: queries.ready(rules[other], rules, key=other) for other in rules}
    whole = queries.ready(rule, rules, key=key)
    asked = Asked(
        _profile(customer, whole, now), ready, catalogue, now, queries.policy_for(whole)
    )
    return Explained(
        pseudonym=customer.pseudonym,
        is_in=asked.holds(whole),
        findings=tuple(asked.findings(rule)),
        stays=stays(key, customer.pk),
    )


def _profile(customer: Any, rule: Rule, now: datetime) -> KnownProfile:
    names = sorted({d.event for _, node in walk(rule) for d in dids_of(node)})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT score_key, value FROM decisioning_score WHERE customer_id = %s",
            [customer.pk],
        )
        scores = dict(cursor.fetchall())
        cursor.execute(
            "SELECT name, occurred_at, properties::text FROM decisioning_event"
            " WHERE customer_id = %s AND name = ANY(%s::text[]) AND occurred_at <= %s",
            [customer.pk, names, now],
        )
        events = [(name, at, json.loads(text)) for name, at, text in cursor.fetchall()]
    row = features.row_of(customer.pk, at=now)
    return KnownProfile(
        traits=customer.traits,
        features=row if row is not None else {},
        scores=scores,
        events=events,
        head=consent.head(customer.pk),
    )


def fairness_of(
    rule: Rule, *, now: datetime, picture: Picture | None = None
) -> list[Profile]:
    """How the rule treats the groups of each protected or standing-in trait."""
    found = []
    ready = queries.ready(rule)
    for element in data.elements():
        is_watched = element.special_category != "none" or bool(element.proxy_for)
        if is_watched and element.field.startswith("trait."):
            key = element.field.removeprefix("trait.")
            counts = (
                _counts(key, ready, now)
                if picture is None
                else _counts_on(picture, key, ready)
            )
            profile = fairness.profile(element.key, element.label, counts)
            found += [profile] if profile is not None else []
    return found


def _counts(key: str, rule: Rule, now: datetime) -> dict[str, tuple[int, int]]:
    sql, params = _sql(rule, now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.traits->>%s::text AS value,"
            f" count(*) FILTER (WHERE {sql}), count(*) {LIVE}"
            " AND c.traits->>%s::text IS NOT NULL GROUP BY 1"
            f" LIMIT {fairness.MOST_GROUPS + 1}",
            [key, *params, key],
        )
        return {str(value): (n_in, n) for value, n_in, n in cursor.fetchall()}


def _counts_on(picture: Picture, key: str, rule: Rule) -> dict[str, tuple[int, int]]:
    column = picture.column(f"trait.{key}")
    if not isinstance(column, Coded) or len(column.values) > fairness.MOST_GROUPS + 2:
        return dict.fromkeys(map(str, range(fairness.MOST_GROUPS + 1)), (0, 0))
    size = len(column.values)
    n_all = np.bincount(column.codes, minlength=size)
    n_in = np.bincount(column.codes[picture.mask(rule)], minlength=size)
    return {
        value if isinstance(value, str) else json.dumps(value): (int(n_in[i]), int(n))
        for i, (value, n) in enumerate(zip(column.values, n_all, strict=True))
        if value is not None
    }


def look_alike(
    best: Rule | None, *, now: datetime, seed: int = 0
) -> Proposal | NotEnoughData:
    """A rule for customers like the best ones: a segment's, or the top tenth by spend.

    Only customers whose data may train a model are looked at. What defines the best is
    left out, since it would explain itself; so is what stands in for a protected trait.
    """
    chosen, taken = (
        _top_by_spend(now)
        if best is None
        else (queries.ready(best), set(fields_used(queries.ready(best))))
    )
    names = [f.key for f in FEATURES if _may_propose(f.key, f.unit, taken, best)]
    watched = _watched()
    columns = [i for i, f in enumerate(FEATURES) if f.key in set(names) - watched]
    kept = [FEATURES[i].key for i in columns]
    best_rows, other_rows = (
        features.stored_matrix(_sample(rule, now, seed))[1][:, columns]
        for rule in (chosen, Not(chosen))
    )
    return propose(best_rows, other_rows, kept, rng=np.random.default_rng(seed))


def _may_propose(key: str, unit: str, taken: set[str], best: Rule | None) -> bool:
    defines = f"feature.{key}" in taken or f"trait.{key[6:]}" in taken
    return not defines and not (best is None and unit == "money")


def _watched() -> set[str]:
    """Features, and traits that features repeat, which point at protected groups."""
    fields = [
        element.field.partition(".")[2]
        for element in data.elements()
        if element.special_category != "none" or element.proxy_for
    ]
    return {
        f.key
        for f in FEATURES
        for field in fields
        if f.key in (field, f"trait_{field}") or f.key.startswith(f"{field}_")
    }


def _top_by_spend(now: datetime) -> tuple[Rule, set[str]]:
    place = FEATURE_INDEX[SPENT] + 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_disc(%s)"  # noqa: S608
            f" WITHIN GROUP (ORDER BY f.values[{place}])"
            " FROM (SELECT values FROM decisioning_customerfeatures"
            " WHERE computed_at <= %s LIMIT 100000) f",
            [1 - TOP_SHARE, now],
        )
        (cut,) = cursor.fetchone() or (None,)
    floor = max(float(cut or 0), 0.01)
    return Compare(f"feature.{SPENT}", "ge", floor), {f"feature.{SPENT}"}


def _sample(rule: Rule, now: datetime, seed: int) -> list[int]:
    """At most 5,000 of them, drawn by a hash of their id, that may train a model."""
    may_train = May("model_training")
    sql, params = _sql(rule, now)
    allowed, more = _sql(may_train, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id {LIVE} AND ({sql}) AND {RESEARCH.format(may=allowed)}"
            " ORDER BY hashint8extended(c.id, %s) LIMIT %s",
            [*params, *more, seed, SAMPLED],
        )
        return [customer_id for (customer_id,) in cursor.fetchall()]


def _sql(rule: Rule, now: datetime) -> tuple[str, Sequence[Any]]:
    return compile_sql(
        rule,
        now,
        feature_index=FEATURE_INDEX,
        fresh_for=FRESH_FOR,
        policy=queries.policy_for(rule),
    )
