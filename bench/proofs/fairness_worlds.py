"""Planted discrimination and a fair control, through the product and by simulation.

One shop has people who volunteered their ethnic group, and an area they live in that
gives most of them away. One use case asks for the area, one for what people like. Both
go through review as any would: the first must be stopped and the second not, and where
there are few people neither may read green.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.installation import Installation, installation
from bench.proof import Proof
from governance.fairness.core import USUAL, FairnessVerdict, grouped
from governance.fairness.core.auditing import judged
from governance.fairness.core.rates import Compared, selection

N, FEW, SEED = 6_000, 40, 77
AREAS = ("north", "wales")
LIVED_IN_BY_FEW = ("wales",)
SHARE_THERE, SHARE_ELSEWHERE = 0.75, 0.06
# governance.md 7: selection rate, n a group to confirm 0.60, n to clear at 0.80
TABLE = ((0.01, 25_100, 31_200), (0.05, 4_870, 5_990), (0.10, 2_340, 2_840))
TABLE_TOP = (0.30, 654, 736)
RUNS = 1_000
POWER, FALSE = 0.80, 0.05
V = FairnessVerdict


@dataclass(frozen=True, slots=True)
class World:
    """What the audit said of one use case, and whether it went on."""

    name: str
    verdict: str
    state: str
    few: str
    stand_ins: tuple[str, ...]


def prove() -> Proof:
    with installation(is_seeded=True) as here:
        biased, fair = _worlds(here)
    measured = list(_measured())
    confirmed = min(row["confirmed"] for row in measured)
    false = max(row["false"] for row in measured)
    error = 2 * (POWER * (1 - POWER) / RUNS) ** 0.5
    holds = (
        (biased.verdict, biased.state) == (V.BREACH, "governance")
        and (fair.verdict, fair.state) == (V.PASS, "ready")
        and biased.few == fair.few == V.NOT_ENOUGH_DATA
        and "Region" in biased.stand_ins
        and confirmed >= POWER - error
        and false <= FALSE
    )
    return Proof(
        claim=(
            "Planted discrimination by a stand-in is caught and does not launch, a "
            "fair control passes, few people read as not enough data; at the sizes of "
            "governance.md 7 breaches are confirmed in 80 % (Monte-Carlo error "
            "allowed), false in 5 % at most"
        ),
        figure=(
            f"planted: {biased.verdict}, stays in {biased.state}, stand-in found: "
            f"{', '.join(biased.stand_ins) or 'none'}; fair: {fair.verdict}, goes to "
            f"{fair.state}; with {FEW} people: {biased.few} and {fair.few}; confirmed "
            f"{confirmed:.1%} at least, false {false:.1%} at most, "
            f"{RUNS:,} runs a row of the table"
        ),
        holds=holds,
    )


def _worlds(here: Installation) -> tuple[World, World]:
    from console.demo import cases, shop

    _people()
    picks = next(s for s in cases.stories(shop.world()) if s.key == cases.HOME_PICKS)
    planted = {"field": "trait.region", "op": "in", "values": _well_off()}
    even = {
        "field": "trait.favouriteCategory",
        "op": "in",
        "values": ["flour", "bread"],
    }
    return (
        _through_review(here, dict(picks.content), "By where people live", planted),
        _through_review(here, dict(picks.content), "By what people like", even),
    )


def _well_off() -> list[str]:
    return [area for area in AREAS if area not in LIVED_IN_BY_FEW]


def _people() -> None:
    """Customers with a yes to personalisation, an area, a taste and a group."""
    from decisioning.customers.models import Customer
    from governance.consent import actions as consent
    from governance.fairness import monitoring
    from governance.installation.queries import now
    from governance.types import Actor

    rng, at = np.random.default_rng(SEED), now()
    areas = rng.choice(AREAS, N)
    tastes = rng.choice(("flour", "bread", "walking", "camping"), N)
    people = Customer.objects.bulk_create(
        [
            Customer(
                pseudonym=f"world-{i:05d}",
                traits={"region": str(areas[i]), "favouriteCategory": str(tastes[i])},
                created_at=at,
            )
            for i in range(N)
        ]
    )
    consent.record_bulk(
        by=Actor.system("proof"),
        now=at,
        source="proof",
        rows=[
            consent.ConsentRow(
                person_id=p.pk,
                purpose="personalise_onsite",
                action="grant",
                channel="web",
                topic="",
                occurred_at=at,
                valid_until=None,
                evidence={},
            )
            for p in people
        ],
    )
    here_too = np.where(np.isin(areas, LIVED_IN_BY_FEW), SHARE_THERE, SHARE_ELSEWHERE)
    for person, chance in zip(people, here_too, strict=True):
        group = "black" if rng.random() < chance else "white"
        monitoring.volunteer(now=at, person_id=person.pk, traits={"ethnicity": group})


def _through_review(
    here: Installation, picks: dict[str, Any], name: str, rule: Mapping[str, Any]
) -> World:
    from console.demo import cases, cast, signing
    from decisioning.fairness import actions as fairness
    from decisioning.segments import actions as segments
    from governance.fairness.core.answering import Occasion
    from governance.fairness.queries import latest
    from governance.types import Actor, GovernanceError, Role
    from governance.usecases import queries

    now = here.now()
    owner = cast.actor(Role.MARKETING_OWNER)
    segment = segments.save(by=owner, now=now, name=name, rule=rule, goal="Proof")
    key = name.lower().replace(" ", "-")
    content = {
        **picks,
        "cosmetic": {"name": name},
        "reach": {**picks["reach"], "segment": segment.key},
        "customer": {**picks["customer"], "task": f"{name}: find things sooner"},
    }
    story = cases.Story(key, name, content)
    signing.define(story, now=now)
    signing.assess(story, now=now)
    signing.to_data(story, now=now)
    signing.submit(story, now=now)
    made = latest(key)
    assert made is not None
    signing.attest(story, now=now)
    try:
        signing.sign_all(story, now=now)
    except GovernanceError as refusal:
        raise AssertionError(refusal.message) from refusal
    state = queries.use_case(key).state
    few = fairness.simulate(
        by=Actor.system("proof"), now=now, key=key, n=FEW, occasion=Occasion.ASKED
    )
    return World(
        name,
        made.verdict,
        state,
        few.verdict,
        tuple(
            dict.fromkeys(p["field"] for p in made.proxies if p["strength"] == "strong")
        ),
    )


def _measured() -> Iterator[dict[str, float]]:
    rng = np.random.default_rng(SEED)
    for rate, confirm, clear in (*TABLE, TABLE_TOP):
        yield {
            "confirmed": _share(rng, confirm, (rate, rate * 0.6), V.BREACH),
            "false": max(
                _share(rng, clear, (rate, rate), V.BREACH),
                _share(rng, clear, (rate, rate * 0.8), V.BREACH),
                _share(rng, confirm // 2, (rate,) * 6, V.BREACH),
            ),
        }


def _share(
    rng: np.random.Generator, n: int, rates: Sequence[float], wanted: FairnessVerdict
) -> float:
    """How often an audit of groups with these rates comes to that verdict."""
    names = np.repeat([f"g{i}" for i in range(len(rates))], n).astype(object)
    at = Compared(grouping=grouped("t", names, least=50), limits=USUAL)
    met = 0
    for _ in range(RUNS):
        drawn = rng.binomial(n, rates)
        flags = np.concatenate([np.arange(n) < k for k in drawn])
        found = judged(list(selection(at, flags)), len(flags), USUAL)
        met += found.verdict is wanted
    return met / RUNS
