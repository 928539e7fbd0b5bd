"""From live rows and serving use cases to the tables that decisions run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from decisioning.caps.models import Budget
from decisioning.engine.core.pinned import pin
from decisioning.engine.core.trace import constants
from decisioning.engine.core.types import Cap, Case, Ground, PlacementTable
from decisioning.engine.grounding import ground_of, is_unexplained, model_signals
from decisioning.engine.live import LiveRows
from decisioning.engine.trials import model_of, trial_of
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.rules.core import (
    EVERYONE,
    InvalidRule,
    Loop,
    Rule,
    Then,
    TooLarge,
    UnknownSegment,
    compile_python,
    dids_of,
    load,
    resolved,
    walk,
)
from decisioning.rules.core import (
    Any as NobodyOf,
)
from governance.catalogue.core import PURPOSES
from governance.consent.core import ORDINARY, Policy
from governance.types import State

MINOR_PER_MAJOR = 100
DAY = 86_400.0
WEEK = 7 * DAY
NOBODY: Rule = NobodyOf()
OUTBOUND = frozenset({"email", "push", "sms"})
OUT_OF_PERIOD = -1
CONFIG_CHANGED = "governance.config_changed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One creative of one offer in one use case, or the offer without a creative."""

    case_key: str
    offer: Offer
    creative: Creative | None
    ground: Ground
    budget: Budget | None


def compile_placement(
    placement: Placement,
    serving: Sequence[Any],
    live: LiveRows,
    now: datetime,
    policy: Policy = ORDINARY,
) -> PlacementTable:
    """The decision table of one placement, from the use cases that name it."""
    here = [case for case in serving if serves_here(case, placement)]
    here.sort(key=lambda case: (-case.priority, case.key))
    audiences = [_audience(case, live) for case in here]
    candidates = [
        candidate
        for case, audience in zip(here, audiences, strict=True)
        for candidate in _candidates(case, audience, placement, live)
    ]
    rules = [_rule(c.offer.eligibility) for c in candidates]
    cases = tuple(
        _case(case, place, candidates, placement, live)
        for place, case in enumerate(here)
    )
    events, window = _events_needed([*rules, *audiences])
    caps = tuple(_caps(cases, here, candidates, placement, live))
    table = PlacementTable(
        key=placement.key,
        channel=placement.channel,
        default_content=placement.default_content,
        cases=cases,
        offers=tuple(c.offer.key for c in candidates),
        creatives=tuple(c.creative.key if c.creative else "" for c in candidates),
        topics=tuple(c.offer.topic for c in candidates),
        contents=tuple(c.creative.content if c.creative else {} for c in candidates),
        sentences=("",) * len(candidates),
        grounds=tuple(c.ground for c in candidates),
        values=_singles(c.offer.value_minor / MINOR_PER_MAJOR for c in candidates),
        weights=_singles(1.0 for _ in candidates),
        priorities=_singles(c.offer.priority for c in candidates),
        costs=tuple(c.offer.cost_minor for c in candidates),
        budgets=tuple(_budget_id(c, now) for c in candidates),
        rules=compile_python([*rules, *audiences]),
        schedule=tuple(_schedule(candidates, now)),
        floor=_floor(candidates),
        unexplained=_bits(is_unexplained(c.ground) for c in candidates),
        caps=caps,
        cap_window=max((WEEK, *(cap.window for cap in caps))),
        events=events,
        event_window=window,
        policy=policy,
        trees=(*rules, *audiences),
    )
    return pin(replace(table, packed=constants(table)))


def serves_here(case: Any, placement: Placement) -> bool:
    reach = case.content.reach
    return placement.key in reach.placements and (
        not reach.channels or placement.channel in reach.channels
    )


def _singles(values: Iterable[float]) -> Any:
    return np.fromiter(values, dtype=np.float32)


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _rule(data: Any) -> Rule:
    """A rule that cannot be read holds for nobody."""
    if data is None:
        return EVERYONE
    try:
        return load(data)
    except InvalidRule:
        return NOBODY


def _audience(case: Any, live: LiveRows) -> Rule:
    key = case.content.reach.segment
    if not key:
        return EVERYONE
    segment = live.segments.get(key)
    if segment is None:
        return NOBODY
    rules = {key: _rule(row.rule) for key, row in live.segments.items()}
    try:
        return resolved(rules[key], rules, within=(key,))
    except (Loop, UnknownSegment, TooLarge):
        return NOBODY


def _candidates(
    case: Any, audience: Rule, placement: Placement, live: LiveRows
) -> Iterable[Candidate]:
    for key in case.content.reach.offers:
        offer = live.offers.get(key)
        if offer is None:
            continue
        ground = ground_of(case, offer, _rule(offer.eligibility), audience, live)
        budget = _budget(case, offer, live)
        start = f"{key}/{placement.key}/"
        creatives = [
            creative
            for name, creative in live.creatives.items()
            if name.startswith(start) and f"creative:{name}" in case.references
        ]
        shown: list[Creative | None] = [*creatives] or [None]
        for creative in shown:
            yield Candidate(case.key, offer, creative, ground, budget)


def _budget(case: Any, offer: Offer, live: LiveRows) -> Budget | None:
    named = live.budgets.get(case.content.reach.budget)
    if named is not None:
        return named
    scopes = {("offer", offer.key), ("use_case", case.key)}
    found = [b for b in live.budgets.values() if (b.scope, b.scope_key) in scopes]
    return min(found, key=lambda b: b.scope, default=None)


def _budget_id(candidate: Candidate, now: datetime) -> int | None:
    budget = candidate.budget
    if budget is None or candidate.offer.cost_minor == 0:
        return None
    is_open = budget.starts_at <= now and (
        budget.ends_at is None or now < budget.ends_at
    )
    return budget.pk if is_open else OUT_OF_PERIOD


def _schedule(
    candidates: Sequence[Candidate], now: datetime
) -> Iterable[tuple[str, int]]:
    yield (
        "eligibility.no_creative",
        _bits(c.creative is None for c in candidates),
    )
    yield (
        "eligibility.not_started",
        _bits(c.offer.starts_at > now for c in candidates),
    )
    yield (
        "eligibility.ended",
        _bits(
            c.offer.ends_at is not None and c.offer.ends_at <= now for c in candidates
        ),
    )


def _floor(candidates: Sequence[Candidate]) -> tuple[tuple[str, int], ...]:
    """An offer that costs more than it earns stays out."""
    below = _bits(c.offer.margin_minor < c.offer.cost_minor for c in candidates)
    return (("margin.below_floor", below),)


def _case(
    case: Any,
    place: int,
    candidates: Sequence[Candidate],
    placement: Placement,
    live: LiveRows,
) -> Case:
    content = case.content
    bits = _bits(c.case_key == case.key for c in candidates)
    refusal = case.may_serve.code
    if not refusal and live.differs_from(case.references):
        refusal = CONFIG_CHANGED
    offers = [c.offer.key for c in candidates]
    purposes = purposes_of(content, placement.channel)
    model = model_of(
        content.logic.scores,
        live.models,
        offers,
        lawful=live.lawful,
        purposes=purposes,
    )
    return Case(
        key=case.key,
        name=case.name,
        version=case.version_number,
        config_hash=case.config_hash,
        bits=bits,
        refusal=refusal,
        purposes=purposes,
        audience_bit=1 << (len(candidates) + place),
        exposure=float(case.exposure_share),
        trial=trial_of(
            case.key,
            live.experiments.get(case.key),
            offers,
            bits,
            holdout_share=content.experiment.holdout_share,
            is_proven=State(case.state) in {State.MEASURED, State.SCALED},
        ),
        exploration=float(content.logic.exploration_rate or 0.0),
        max_age=_max_age(content),
        model=model,
        wants_score=bool(content.logic.scores),
        model_signals=model_signals(content, model, live.signals),
    )


def purposes_of(content: Any, channel: str) -> tuple[str, ...]:
    """The channel's own purpose, and every declared one that personalises."""
    channels_own = "direct_marketing" if channel in OUTBOUND else "personalise_onsite"
    declared = (
        purpose
        for purpose in (*content.purposes, *content.lawful_basis)
        if purpose not in PURPOSES or PURPOSES[purpose].personalises
    )
    return tuple(dict.fromkeys((channels_own, *declared)))


def _max_age(content: Any) -> float | None:
    ages = [
        use.max_age_days
        for use in content.data_uses
        if use.role == "ranking" and use.max_age_days
    ]
    return min(ages) * DAY if ages else None


def _caps(
    cases: Sequence[Case],
    serving: Sequence[Any],
    candidates: Sequence[Candidate],
    placement: Placement,
    live: LiveRows,
) -> Iterable[Cap]:
    everyone = (1 << len(candidates)) - 1
    by_case: Mapping[str, int] = {case.key: case.bits for case in cases}
    for row in live.caps.values():
        match row.scope:
            case "all":
                bits = everyone
            case "channel":
                bits = everyone if row.scope_key == placement.channel else 0
            case "topic":
                bits = _bits(c.offer.topic == row.scope_key for c in candidates)
            case "offer":
                bits = _bits(c.offer.key == row.scope_key for c in candidates)
            case _:
                bits = by_case.get(row.scope_key, 0)
        if bits:
            window = row.window.total_seconds()
            yield Cap(row.key, row.n, window, row.scope, row.scope_key, bits)
    for given in serving:
        reach = given.content.reach
        if reach.max_contacts is not None and reach.window_days:
            yield Cap(
                f"use case {given.key}",
                reach.max_contacts,
                reach.window_days * DAY,
                "use_case",
                given.key,
                by_case[given.key],
            )


def _events_needed(rules: Sequence[Rule]) -> tuple[tuple[str, ...], float | None]:
    """Names of the events that rules ask for, and how far back; None is for ever."""
    nodes = [node for rule in rules for _, node in walk(rule)]
    names = tuple(sorted({did.event for node in nodes for did in dids_of(node)}))
    # The second step of a sequence lies within the first one's window.
    spans = [
        node.first.within_days if isinstance(node, Then) else did.within_days
        for node in nodes
        for did in dids_of(node)[:1]
    ]
    if None in spans:
        return names, None
    return names, max((days or 0 for days in spans), default=0) * DAY
