"""Explanations tested by intervention: without the named signal, another choice.

Every decision is explained by the product. Then the named signal, and each other one in
turn, is taken from the person, and the same decision is made again with the same draw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.proof import Proof

if TYPE_CHECKING:
    from bench.faithful_shop import Shop
    from decisioning.engine.core.types import Outcome, Person

N_EACH = 1_000
N_AFTER = 1_000
SEED = 20261128
TOLERANCE = 1e-6


class Draw:
    """The same draw again."""

    def __init__(self, draw: float) -> None:
        self._draw = draw

    def random(self) -> float:
        return self._draw


@dataclass(frozen=True, slots=True)
class Made:
    """One explained decision, with all that made it."""

    shop: Shop
    person: Person
    draw: float
    outcome: Outcome


def prove() -> Proof:
    from bench.installation import installation

    with installation():
        told = {kind: _tested(kind) for kind in ("rules", "models")}
        kept = _controls()
    rules, models = told["rules"], told["models"]
    hidden = rules["sensitive"] + models["sensitive"]
    undisclosed = rules["undisclosed"] + models["undisclosed"]
    unclear = rules["unclear"] + models["unclear"]
    return Proof(
        claim=(
            f"Without the named signal the choice changes or its score drops by the "
            f"stated share (rules 100 %, models ≥ 95 % of {N_EACH:,}), the biggest "
            "driver is named (≥ 95 %), no sensitive driver is left out, nothing used "
            f"is undisclosed; controls hold over the next {N_AFTER:,} decisions"
        ),
        figure=(
            f"rules {_share(rules, 'moved')}, models {_share(models, 'moved')}; "
            f"biggest named: rules {_share(rules, 'biggest')}, models "
            f"{_share(models, 'biggest')}; sensitive left out {hidden}, undisclosed "
            f"{undisclosed}, sentences over 20 words or grade 6: {unclear}; after a "
            f"control: topic shown {kept['less']}, signal in a vector "
            f"{kept['signal']}, personal after off {kept['off']}"
        ),
        holds=(
            rules["moved"] == N_EACH
            and models["moved"] >= 0.95 * N_EACH
            and min(rules["biggest"], models["biggest"]) >= 0.95 * N_EACH
            and not any((hidden, undisclosed, unclear, *kept.values()))
        ),
    )


def _share(counted: Counter[str], name: str) -> str:
    return f"{counted[name] / N_EACH:.1%}"


def _tested(kind: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for made in decisions(kind, N_EACH):
        counted.update(judged(made))
    return counted


def decisions(kind: str, n: int) -> list[Made]:
    """Personalised decisions of many shops and people."""
    from bench.faithful_shop import model_shop, rule_shop, someone
    from decisioning.engine.core.types import Mode

    rng = np.random.default_rng(SEED)
    found: list[Made] = []
    asked = 0
    while len(found) < n:
        if asked % 50 == 0:
            shop = rule_shop(asked // 50 % 5) if kind == "rules" else model_shop(rng)
        person, draw = someone(rng, asked), float(rng.random())
        outcome = again(shop, person, draw)
        if outcome.mode is Mode.PERSONALISED:
            found.append(Made(shop, person, draw, outcome))
        asked += 1
    return found


def again(shop: Shop, person: Person, draw: float) -> Outcome:
    from bench.faithful_shop import NOW
    from decisioning.engine.core import decide

    return decide(shop.table, person, NOW, Draw(draw))


def judged(made: Made) -> Counter[str]:
    """What holds for one decision, by name."""
    from bench.faithful_shop import PHRASES, SECRET, SIGNALS, read_for
    from governance.lints.core import blockers, wording

    place = made.outcome.chosen
    assert place is not None
    used = read_for(made.shop, made.person, place)
    effects = {key: effect(made, [key]) for key in used}
    named = made.outcome.named
    together = effect(made, named)
    strongest = max(effects.values(), default=0.0)
    why = made.outcome.why
    spoken = {SIGNALS[field] for field, words in PHRASES.items() if words in why}
    return Counter(
        moved=spoken == set(named) and together >= stated(made) - TOLERANCE,
        biggest=max((effects[key] for key in named), default=0.0)
        >= strongest - TOLERANCE
        or (strongest == 0 and together == 1.0),
        sensitive=SIGNALS[SECRET] in used,
        undisclosed=len(used - set(made.outcome.read)),
        unclear=bool(blockers(wording(why))),
    )


def stated(made: Made) -> float:
    """The share that the explanation states; with none, the choice has to change."""
    return max(made.outcome.shares, default=1.0) or 1.0


def effect(made: Made, keys: Sequence[str]) -> float:
    """1 where another choice is made without these signals, else the share lost."""
    from bench.faithful_shop import otherwise

    person = made.person
    for key in keys:
        person = otherwise(person, key)
    after = again(made.shop, person, made.draw)
    place = made.outcome.chosen
    if after.chosen != place or after.factors is None or made.outcome.factors is None:
        return 1.0
    before = float(made.outcome.factors.score[place])
    return 1 - float(after.factors.score[place]) / before


def _controls() -> Counter[str]:
    """Press each control once, then decide on and on, random choices included."""
    counted: Counter[str] = Counter(less=0, signal=0, off=0)
    for kind in ("rules", "models"):
        made = next(m for m in decisions(kind, 200) if m.outcome.named)
        counted += _after_less(made)
        counted += _after_signal(made)
        counted += _after_off(made)
    return Counter({name: counted[name] for name in ("less", "signal", "off")})


def _after_less(made: Made) -> Counter[str]:
    place = made.outcome.chosen
    assert place is not None
    assert made.person.head is not None
    topic = made.shop.table.topics[place]
    head = replace(made.person.head, topics_off=frozenset({topic}))
    person = replace(made.person, head=head)
    shop = _exploring(made.shop)
    rng = np.random.default_rng(SEED)
    shown = [again(shop, person, float(rng.random())).chosen for _ in range(N_AFTER)]
    return Counter(
        less=sum(p is not None and shop.table.topics[p] == topic for p in shown)
    )


def _after_signal(made: Made) -> Counter[str]:
    from bench.faithful_shop import FIELDS, read_for
    from decisioning.customers.struck import kept_traits
    from decisioning.engine.struck import (
        columns_off,
        kept_events,
        kept_vector,
    )
    from decisioning.features.core import FeatureRow

    key = made.outcome.named[0]
    assert made.person.head is not None
    head = replace(made.person.head, signals_off=frozenset({FIELDS[key]}))
    vector = kept_vector(made.person.vector, head)
    assert vector is not None
    person = replace(
        made.person,
        head=head,
        traits=kept_traits(dict(made.person.traits), head),  # type: ignore[call-overload]
        events=kept_events(made.person.events, head),
        vector=vector,
        features=FeatureRow(vector),
    )
    held = ~np.isnan(vector[list(columns_off(head.signals_off))])
    rng = np.random.default_rng(SEED)
    n = int(held.sum())
    for _ in range(N_AFTER):
        after = again(_exploring(made.shop), person, float(rng.random()))
        is_used = after.chosen is not None and key in read_for(
            made.shop, person, after.chosen
        )
        n += key in after.named or (is_used and made.shop.case.model is not None)
    return Counter(signal=n)


def _after_off(made: Made) -> Counter[str]:
    from decisioning.engine.core.types import Mode

    assert made.person.head is not None
    person = replace(
        made.person, head=replace(made.person.head, personalisation_off=True)
    )
    rng = np.random.default_rng(SEED)
    after = [again(made.shop, person, float(rng.random())) for _ in range(N_AFTER)]
    return Counter(off=sum(outcome.mode is not Mode.DEFAULT for outcome in after))


def _exploring(shop: Shop) -> Shop:
    """The same shop, where a third of the choices are random."""
    case = replace(shop.case, exploration=1 / 3)
    return replace(shop, table=replace(shop.table, cases=(case,)))
