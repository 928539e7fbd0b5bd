"""A shop in memory for the proof of faithfulness: rules, models, people who differ.

Tables are compiled as the product compiles them. What a person would be without a
signal is worked out here, from the person alone, by none of the code that explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np

from decisioning.engine.compiling import compile_placement
from decisioning.engine.core.types import (
    Case,
    Happening,
    Mode,
    Person,
    PlacementTable,
    Trial,
    TrialArm,
)
from decisioning.engine.live import LiveRows
from decisioning.features.core import FEATURES, FeatureRow
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.rules.core import All, Rule, dump, fields_used, load
from decisioning.scoring.core import LinearModel
from decisioning.segments.models import Segment
from governance.consent.core import Cell, Choice, Head, Key
from governance.types import Answer, State
from governance.usecases.core import UseCaseContent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
YES = Head(
    {Key("personalise_onsite"): Cell(Choice.GRANT, NOW, covers_below=True)}, version=1
)
N_FEATURES = 12
N_OFFERS = 8
THINGS = ("tea", "cups", "rugs", "lamps", "hats", "boots", "pens", "maps")
KINDS = ("pots", "pans", "soap", "mats", "bags", "toys", "games", "seeds")
BOUGHT = ("flour", "paint", "wine", "tools", "books", "socks", "beans", "rope")
SECRET = "trait.pills"
PHRASES = {
    "trait.likes": "told us what you like",
    "trait.town": "told us where you live",
    "event.Product Viewed": "looked at these",
    "event.Order Refunded": "kept what you bought",
    SECRET: "told us of your pills",
    **{
        f"feature.{feature.key}": f"bought {word} from us"
        for feature, word in zip(
            FEATURES[:N_FEATURES],
            (*BOUGHT, "salt", "rice", "oats", "milk"),
            strict=True,
        )
    },
}
SIGNALS = {field: field.replace(" ", "_").lower() for field in PHRASES}
FIELDS = {key: field for field, key in SIGNALS.items()}
LIKES = {"field": "trait.likes", "op": "eq"}
TOWN = {"field": "trait.town", "op": "eq", "value": "north"}
VIEWED = {"did": "Product Viewed", "at_least": 1}
KEPT = {"not": {"did": "Order Refunded", "at_least": 1}}


@dataclass(frozen=True, slots=True)
class Shop:
    """A compiled placement, with the rule that lets people in to each candidate."""

    table: PlacementTable
    rules: tuple[Rule, ...]

    @property
    def case(self) -> Case:
        return self.table.cases[0]


def rule_shop(kind: int) -> Shop:
    """Rules alone; the audience is one of five shapes."""
    audience = (
        VIEWED,
        {"any": [TOWN, VIEWED]},
        {"all": [VIEWED, KEPT]},
        {"all": [KEPT, {"any": [TOWN, {"field": SECRET, "op": "eq", "value": "x"}]}]},
        {"any": [{"all": [TOWN, KEPT]}, {"all": [VIEWED, KEPT]}]},
    )[kind]
    own = [{**LIKES, "value": thing} if kind < 1 else None for thing in THINGS]
    return _shop(audience, own, None)


def model_shop(rng: np.random.Generator) -> Shop:
    """A model alone, whose weights are drawn."""
    names = [feature.key for feature in FEATURES[:N_FEATURES]]
    model = LinearModel(
        tuple(names),
        tuple(f"o{n}" for n in range(N_OFFERS)),
        rng.normal(0, 0.5, (N_OFFERS, N_FEATURES)),
        rng.normal(-1, 0.5, N_OFFERS),
    )
    return _shop(None, [None] * N_OFFERS, model)


def _shop(audience: Any, own: Sequence[Any], model: LinearModel | None) -> Shop:
    place = Placement(key="hero", channel="web", default_content={"headline": "Hello"})
    offers = {f"o{n}": _offer(n, rule) for n, rule in enumerate(own)}
    creatives = {
        f"{key}/hero/a": Creative(offer=offer, placement=place, key="a", content={})
        for key, offer in offers.items()
    }
    segments = {"all": Segment(key="all", rule=audience)} if audience else {}
    live = LiveRows(
        placements={"hero": place},
        offers=offers,
        creatives=creatives,
        segments=segments,
        caps={},
        budgets={},
        experiments={},
        models={"likes": SimpleNamespace(parameters=model.as_dict())} if model else {},
        phrases={SIGNALS[field]: phrase for field, phrase in PHRASES.items()},
        signals=SIGNALS,
        sensitive=frozenset({SIGNALS[SECRET]}),
        lawful={f.key: frozenset({"personalise_onsite"}) for f in FEATURES},
        boundaries=(),
    )
    case = SimpleNamespace(
        key="case",
        name="case",
        version_number=1,
        content=_content(offers, audience, model),
        config_hash="c" * 64,
        references=dict.fromkeys(f"creative:{name}" for name in creatives),
        state=State.TESTING,
        exposure_share=1.0,
        priority=1,
        may_serve=Answer(),
    )
    table = compile_placement(place, [case], _Unchecked(live), NOW)
    arm = TrialArm("new", 1.0, Mode.PERSONALISED, -1)
    cases = (replace(table.cases[0], trial=Trial(1, "t", "salt", (arm,))),)
    rules = tuple(_whole(offer, audience) for offer in offers.values())
    return Shop(replace(table, cases=cases), rules)


class _Unchecked:
    """Live rows of which nothing was signed, so that nothing can differ from it."""

    def __init__(self, rows: LiveRows) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def differs_from(self, _: Any) -> tuple[str, ...]:
        return ()


def _offer(n: int, rule: Any) -> Offer:
    return Offer(
        key=f"o{n}",
        name=KINDS[n],
        topic=f"topic{n}",
        starts_at=NOW,
        value_minor=1_000 + n,
        margin_minor=500,
        priority=1.0,
        eligibility=None if rule is None else dump(load(rule)),
    )


def _content(offers: Any, audience: Any, model: Any) -> UseCaseContent:
    return UseCaseContent.from_dict(
        {
            "explanation": {
                "template": f"You're seeing {{offer}} because you {{{_first()}}}."
            },
            "reach": {
                "placements": ["hero"],
                "offers": list(offers),
                "segment": "all" if audience else "",
            },
            "logic": {"scores": ["likes"] if model else [], "exploration_rate": 0.05},
        }
    )


def _first() -> str:
    return SIGNALS["trait.likes"]


def _whole(offer: Offer, audience: Any) -> Rule:
    parts = [p for p in (offer.eligibility, audience) if p is not None]
    return All(tuple(load(part) for part in parts))


def someone(rng: np.random.Generator, n: int) -> Person:
    """A willing person with whatever the dice give them."""
    traits = {"likes": str(rng.choice(THINGS))}
    if rng.random() < 0.6:
        traits["town"] = "north"
    events = []
    if rng.random() < 0.7:
        events.append(Happening("Product Viewed", NOW.timestamp() - 3_600, {}))
    if rng.random() < 0.1:
        events.append(Happening("Order Refunded", NOW.timestamp() - 3_600, {}))
    vector = np.full(len(FEATURES), np.nan, np.float32)
    known = rng.random(N_FEATURES) < 0.7
    vector[:N_FEATURES][known] = rng.gamma(2.0, 1.0, N_FEATURES)[known]
    return Person(
        id=n,
        pseudonym=f"p-{n}",
        traits=traits,
        vector=vector,
        features=FeatureRow(vector),
        head=YES,
        consent_version=1,
        events=events,
    )


def otherwise(person: Person, key: str) -> Person:
    """The same person with one signal the other way round: known, then not known."""
    source, _, name = FIELDS[key].partition(".")
    if source == "trait":
        left = {k: v for k, v in dict(person.traits).items() if k != name}  # type: ignore[call-overload]
        return replace(person, traits=left)
    if source == "event":
        left = [event for event in person.events if event.name != name]
        if len(left) == len(person.events):
            left = [*left, Happening(name, NOW.timestamp() - 60, {})]
        return replace(person, events=left)
    vector = person.vector
    assert vector is not None
    vector = vector.copy()
    vector[[f.key for f in FEATURES].index(name)] = np.nan
    return replace(person, vector=vector, features=FeatureRow(vector))


def read_for(shop: Shop, person: Person, place: int) -> set[str]:
    """Every signal that choosing this candidate could have looked at."""
    found = {SIGNALS[name] for name in fields_used(shop.rules[place])}
    model, vector = shop.case.model, person.vector
    if model is None or vector is None:
        return found
    for column, weight in zip(model.columns, model.weights[place], strict=True):
        if weight and not np.isnan(vector[column]):
            found.add(SIGNALS[f"feature.{FEATURES[column].key}"])
    return found
