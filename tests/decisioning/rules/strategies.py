"""Random rules and profiles over a small world, so that they often meet."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any as Anything

from hypothesis import strategies as st

from decisioning.rules.core import (
    OPS,
    All,
    Any,
    Compare,
    Did,
    Exists,
    In,
    KnownProfile,
    May,
    Not,
    Rule,
    Then,
    Where,
)
from governance.consent.core import ORDINARY, Cell, Choice, Head, Key, Policy
from governance.consent.core.head import Age, Block

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
FEATURE_INDEX = {"orders_30d": 0, "spend": 1, "recency": 2}
TRAITS = ("a", "b.c", 'q"%s', "ünï")
SCORES = ("clv", "propensity:x")
EVENTS = ("Order Completed", "Product Viewed")
PROPERTIES = ("category", "price")

numbers = st.one_of(
    st.sampled_from([0, 1, 2, 2.0, -1, 0.1, 3.5, 2**53, -(2**53), 1e-7, -0.0]),
    st.integers(-3, 3),
    st.floats(-3, 3, allow_nan=False),
)
texts = st.sampled_from(
    ["", "a", "B", "b", "é", "z", "𝄞", "\ufb01", "10", "9", "true", "%s"]
)
scalars = st.one_of(numbers, texts, st.booleans())
stored = st.one_of(
    scalars,
    st.none(),
    st.sampled_from([[1], ["a"], {}, {"a": 1}, 10**30, 2**53 + 1, 1e300]),
)
orderless = st.tuples(st.sampled_from(["eq", "ne"]), st.booleans())
ordered = st.tuples(st.sampled_from(OPS), st.one_of(numbers, texts))
comparisons = st.one_of(ordered, orderless)
field_refs = st.sampled_from(
    [f"trait.{k}" for k in (*TRAITS, "absent")]
    + [f"feature.{k}" for k in FEATURE_INDEX]
    + [f"score.{k}" for k in (*SCORES, "absent")]
)
wheres = st.builds(
    lambda key, pair: Where(key, *pair), st.sampled_from(PROPERTIES), comparisons
)
steps = st.builds(
    Did,
    st.sampled_from(EVENTS),
    st.just(1),
    st.sampled_from([None, 1, 30]),
    st.lists(wheres, max_size=1).map(tuple),
)
second_steps = st.builds(
    Did,
    st.sampled_from(EVENTS),
    st.just(1),
    st.sampled_from([1, 3, 30]),
    st.lists(wheres, max_size=1).map(tuple),
)
PURPOSE_KEYS = ("direct_marketing", "ads_sharing", "service", "no_such_purpose")
CHANNELS = ("", "email", "web")
TOPICS = ("", "food", "food.baking")
consents = st.builds(
    May,
    st.sampled_from(PURPOSE_KEYS),
    st.sampled_from(CHANNELS),
    st.sampled_from(TOPICS),
)
leaves: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Then, steps, second_steps, st.booleans()),
    consents,
    st.builds(lambda ref, pair: Compare(ref, *pair), field_refs, comparisons),
    st.builds(In, field_refs, st.lists(scalars, min_size=1, max_size=4).map(tuple)),
    st.builds(Exists, field_refs),
    st.builds(
        Did,
        st.sampled_from(EVENTS),
        st.integers(1, 3),
        st.sampled_from([None, 1, 30]),
        st.lists(wheres, max_size=2).map(tuple),
    ),
)
rules: st.SearchStrategy[Rule] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Any, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=8,
)

moments = st.one_of(
    st.sampled_from(
        [
            NOW,
            NOW + timedelta(microseconds=1),
            NOW - timedelta(days=1),
            NOW - timedelta(days=1) + timedelta(microseconds=1),
            NOW - timedelta(days=30),
            NOW - timedelta(days=400),
        ]
    ),
    st.integers(0, 45 * 86_400).map(lambda s: NOW - timedelta(seconds=s)),
)
floats32 = st.floats(width=32, allow_nan=True, allow_infinity=True)
small = st.sampled_from([0.0, 1.0, 2.0, 3.5, -1.0])
measured = st.one_of(st.none(), small, floats32)


cells = st.builds(
    Cell,
    choice=st.sampled_from([Choice.GRANT, Choice.GRANT, Choice.DENY, Choice.OBJECT]),
    at=moments,
    expires_at=st.sampled_from(
        [None, None, NOW, NOW - timedelta(days=1), NOW + timedelta(days=1)]
    ),
    evidence_complete=st.sampled_from([True, True, True, False]),
    covers_below=st.booleans(),
    seen_gpc=st.booleans(),
    notice=st.sampled_from(["", "home:1", "home:2", "home:1,shop:1"]),
)
policies = st.sampled_from(
    [
        ORDINARY,
        Policy(void_notices=frozenset({"home:1"})),
        Policy(unknown_is_child=True),
    ]
)
long_ago = st.just(Cell(Choice.GRANT, NOW - timedelta(days=730)))
nearly = st.just(
    Cell(Choice.GRANT, NOW - timedelta(days=730) + timedelta(microseconds=1))
)
heads = st.none() | st.builds(
    Head,
    cells=st.dictionaries(
        st.builds(
            Key,
            st.sampled_from(PURPOSE_KEYS),
            st.sampled_from(CHANNELS),
            st.sampled_from(TOPICS),
        ),
        cells | long_ago | nearly,
        max_size=4,
    ),
    channels_off=st.sampled_from([frozenset(), frozenset(), frozenset({"email"})]),
    paused_until=st.sampled_from(
        [
            {},
            {},
            {"": NOW + timedelta(days=1)},
            {"email": NOW + timedelta(microseconds=1)},
            {"web": NOW},
        ]
    ),
    personalisation_off=st.sampled_from([False, False, True]),
    gpc_at=st.sampled_from([None, None, NOW - timedelta(days=1)]),
    topics_off=st.sampled_from([frozenset(), frozenset(), frozenset({"food"})]),
    suppressed=st.sampled_from(
        [frozenset(), frozenset(), frozenset(), frozenset({"email"}), frozenset({""})]
    ),
    age=st.sampled_from([*Age, Age.ADULT_VERIFIED, Age.ADULT_VERIFIED]),
    blocked=st.sampled_from([None, None, None, None, *Block]),
)


@dataclass
class Person:
    traits: dict[str, Anything]
    features: list[float | None] | None
    scores: dict[str, float]
    events: list[tuple[str, datetime, dict[str, Anything]]] = field(
        default_factory=list
    )
    head: Head | None = None

    def profile(self) -> KnownProfile:
        values = self.features or [None] * len(FEATURE_INDEX)
        return KnownProfile(
            traits=self.traits,
            features={key: values[i] for key, i in FEATURE_INDEX.items()},
            scores=self.scores,
            events=self.events,
            head=self.head,
        )


people = st.builds(
    Person,
    traits=st.dictionaries(st.sampled_from(TRAITS), stored),
    features=st.none() | st.lists(measured, min_size=3, max_size=3),
    scores=st.dictionaries(
        st.sampled_from(SCORES), small | st.floats(allow_nan=True, width=64)
    ),
    events=st.lists(
        st.tuples(
            st.sampled_from(EVENTS),
            moments,
            st.dictionaries(st.sampled_from(PROPERTIES), stored),
        ),
        max_size=5,
    ),
    head=heads,
)
