"""Feature definitions: one list for training and serving, in memory and in SQL.

Adding a feature at the end keeps stored arrays readable; a change of order or meaning
asks for a recomputation, which `DIGEST` makes visible.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Aggregate = Literal[
    "count",
    "active_days",
    "sum",
    "mean",
    "days_since_last",
    "days_since_first",
    "distinct",
    "ratio",
    "streak",
]
SourceType = Literal["behavioural", "transactional", "first_party", "zero_party"]
Event: TypeAlias = tuple[str, datetime, int | None, Mapping[str, object]]

YES_NO: Final = "yes/no"
SECONDS_PER_DAY: Final = 86_400
MINOR_PER_MAJOR: Final = 100
# Beyond these a number does not fit float32: too large is unknown, too small is 0.
LARGEST: Final = 1e37
SMALLEST: Final = 1e-37

SESSION_MINUTES: Final = 30

# What customers may name as what they like best.
KINDS_OF_GOODS: Final = (
    "walking",
    "camping",
    "rainwear",
    "camp-kitchen",
    "baking-tools",
    "flour",
    "pantry",
    "bread",
)
SKU: Final = ("sku", "product_id", "productId")
ORDER: Final = ("Order Completed",)
REFUND: Final = ("Order Refunded",)
VISIT: Final = (
    "Page Viewed",
    "Site Visited",
    "Application Opened",
    "Product Viewed",
    "Product List Viewed",
    "Products Searched",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
    "Content Viewed",
)


@dataclass(frozen=True, slots=True)
class FromEvents:
    """An aggregate over a customer's events.

    Parameters
    ----------
    aggregate
        ``active_days`` counts UTC dates; ``sum`` and ``mean`` run over event values in
        major units and skip events without a value; ``days_since_…`` in days of 24
        hours. ``distinct`` counts different texts of a property; ``ratio`` divides
        the number of ``names`` by that of ``per``; ``streak`` counts UTC dates in a
        row, the last of them today or yesterday.
    names
        Event names that count; none means every event.
    window_days
        Rolling window ``(now - days, now]``; ``None`` means ever.
    window_minutes
        The same in minutes, for what happens in the present session.
    per
        Names that ``ratio`` divides by.
    properties
        Where ``distinct`` finds its text: the first of these that is one.

    Notes
    -----
    Unknown for a customer without any event up to now: nothing was recorded, so zero
    is not known. With at least one event, ``count``, ``active_days`` and ``sum`` are
    zero where nothing matches, and so are ``distinct`` and ``streak``; the others are
    unknown there, a ratio where nothing stands below the line.
    """

    aggregate: Aggregate
    names: tuple[str, ...] = ()
    window_days: int | None = None
    window_minutes: int | None = None
    per: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()

    @property
    def window(self) -> timedelta | None:
        """Length of the rolling window."""
        if self.window_minutes is not None:
            return timedelta(minutes=self.window_minutes)
        return None if self.window_days is None else timedelta(days=self.window_days)

    @property
    def read(self) -> tuple[str, ...]:
        """Every event name that changes the value; none where all do."""
        return tuple(dict.fromkeys((*self.names, *self.per)))


@dataclass(frozen=True, slots=True)
class FromTrait:
    """A number or yes/no trait as a number, or 1 and 0 for a text that equals ``text``.

    Unknown when the trait is missing or of another kind.
    """

    trait: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: its key, its words, where it comes from and how it is computed."""

    key: str
    label: str
    description: str
    source_type: SourceType
    unit: str
    rule: FromEvents | FromTrait

    @property
    def fields(self) -> tuple[str, ...]:
        """What it is computed from: events by name or one trait; none means unnamed."""
        if isinstance(self.rule, FromTrait):
            return (f"trait.{self.rule.trait}",)
        return tuple(f"event.{name}" for name in self.rule.read)

    @property
    def fresh_for(self) -> timedelta | None:
        """How long a computed value holds; a session's is over when its window is."""
        rule = self.rule
        if isinstance(rule, FromEvents) and rule.window_minutes is not None:
            return rule.window
        return None

    @property
    def window_days(self) -> int | None:
        """Length of the rolling window, in days."""
        return self.rule.window_days if isinstance(self.rule, FromEvents) else None

    @property
    def dtype(self) -> Literal["number", "yes_no"]:
        """``yes_no`` features hold 1 and 0."""
        return "yes_no" if self.unit == YES_NO else "number"


def _feature(
    key: str, label: str, description: str, unit: str, rule: FromEvents
) -> Feature:
    bought = set(rule.names) & {*ORDER, *REFUND}
    source: SourceType = "transactional" if bought else "behavioural"
    return Feature(key, label, description, source, unit, rule)


def _trait(trait: str, label: str, description: str, unit: str) -> Feature:
    rule = FromTrait(trait)
    return Feature(f"trait_{trait}", label, description, "first_party", unit, rule)


def _orders(window: int | None) -> Feature:
    when = "so far" if window is None else f"in the last {window} days"
    return _feature(
        f"orders_{'all' if window is None else f'{window}d'}",
        f"orders {when}",
        f"How many orders the customer completed {when}.",
        "orders",
        FromEvents("count", ORDER, window),
    )


def _count(name: str, days: int, label: str, unit: str, *events: str) -> Feature:
    words = f"{label} in the last {days} days"
    text = f"How many times: {words}."
    rule = FromEvents("count", events, days)
    return _feature(f"{name}_{days}d", words, text, unit, rule)


def _spend(days: int) -> Feature:
    when = f"in the last {days} days"
    return _feature(
        f"spend_{days}d",
        f"money spent {when}",
        f"Value of the orders completed {when}, before refunds.",
        "money",
        FromEvents("sum", ORDER, days),
    )


def _session(key: str, label: str, unit: str, *names: str) -> Feature:
    return _feature(
        key,
        f"{label} in this session",
        f"How many times in the last {SESSION_MINUTES} minutes: {label}.",
        unit,
        FromEvents("count", names, window_minutes=SESSION_MINUTES),
    )


def _visits(days: int) -> Feature:
    label = f"days with a visit in the last {days} days"
    text = f"On how many of the last {days} days the customer was on the site or app."
    rule = FromEvents("active_days", VISIT, days)
    return _feature(f"visits_{days}d", label, text, "days", rule)


def _one_hots(trait: str, words: str, texts: Iterable[str]) -> tuple[Feature, ...]:
    return tuple(
        Feature(
            f"{trait}_{text.lower()}",
            f"{words} is {text}",
            f"Whether the imported {words} is {text}.",
            "first_party",
            YES_NO,
            FromTrait(trait, text),
        )
        for text in texts
    )


def _preference(key: str, label: str, rule: FromTrait) -> Feature:
    text = f"Whether the customer told us so: {label}."
    return Feature(key, label, text, "zero_party", YES_NO, rule)


FEATURES: Final[tuple[Feature, ...]] = (
    _feature(
        "days_since_last_order",
        "days since the last order",
        "How long ago the customer last completed an order.",
        "days",
        FromEvents("days_since_last", ORDER),
    ),
    _orders(30),
    _orders(365),
    _orders(None),
    _feature(
        "spend_365d",
        "money spent in the last 365 days",
        "Value of the orders completed in the last 365 days, before refunds.",
        "money",
        FromEvents("sum", ORDER, 365),
    ),
    _feature(
        "spend_all",
        "money spent so far",
        "Value of all orders completed, before refunds.",
        "money",
        FromEvents("sum", ORDER),
    ),
    _feature(
        "avg_order_value",
        "average order value",
        "Mean value of the customer's completed orders.",
        "money",
        FromEvents("mean", ORDER),
    ),
    _count("refunds", 365, "orders refunded", "refunds", *REFUND),
    _visits(7),
    _visits(30),
    _count("product_views", 30, "products viewed", "views", "Product Viewed"),
    _count("carts", 30, "products put in the cart", "products", "Product Added"),
    _count("emails_opened", 90, "e-mails opened", "e-mails", "Email Opened"),
    _count("emails_clicked", 90, "e-mails clicked", "e-mails", "Email Link Clicked"),
    _feature(
        "days_since_first_seen",
        "days since first seen",
        "How long ago the first event of this customer happened.",
        "days",
        FromEvents("days_since_first"),
    ),
    _count("complaints", 365, "complaints raised", "complaints", "Complaint Raised"),
    _trait(
        "recency",
        "months since the last purchase, as imported",
        "Months between the last purchase and the import.",
        "months",
    ),
    _trait(
        "history",
        "past year's spend, as imported",
        "Money spent in the year before the import.",
        "money",
    ),
    _trait(
        "womens",
        "bought women's clothing, as imported",
        "Whether the customer bought women's clothing in the year before the import.",
        YES_NO,
    ),
    _trait(
        "mens",
        "bought men's clothing, as imported",
        "Whether the customer bought men's clothing in the year before the import.",
        YES_NO,
    ),
    _trait(
        "newbie",
        "new customer, as imported",
        "Whether the customer was new in the year before the import.",
        YES_NO,
    ),
    *_one_hots("channel", "channel of purchase", ("Web", "Phone", "Multichannel")),
    # "Surburban" is how the public research file spells it.
    *_one_hots("zip_code", "kind of home area", ("Urban", "Surburban", "Rural")),
    _orders(1),
    _orders(7),
    _orders(90),
    *(_spend(days) for days in (30, 90)),
    _feature(
        "avg_order_value_365d",
        "average order value in the last 365 days",
        "Mean value of the orders completed in the last 365 days.",
        "money",
        FromEvents("mean", ORDER, 365),
    ),
    _feature(
        "days_since_last_visit",
        "days since the last visit",
        "How long ago the customer was last on the site or app.",
        "days",
        FromEvents("days_since_last", VISIT),
    ),
    _visits(1),
    _visits(90),
    _visits(365),
    _count("product_views", 1, "products viewed", "views", "Product Viewed"),
    _count("product_views", 7, "products viewed", "views", "Product Viewed"),
    _feature(
        "categories_viewed_30d",
        "categories viewed in the last 30 days",
        "In how many categories the customer viewed products in the last 30 days.",
        "categories",
        FromEvents("distinct", ("Product Viewed",), 30, properties=("category",)),
    ),
    _feature(
        "products_viewed_90d",
        "different products viewed in the last 90 days",
        "How many different products the customer viewed in the last 90 days.",
        "products",
        FromEvents("distinct", ("Product Viewed",), 90, properties=SKU),
    ),
    _feature(
        "cart_rate_30d",
        "products put in the cart for each viewed, in the last 30 days",
        "Products put in the cart over products viewed in the last 30 days.",
        "ratio",
        FromEvents("ratio", ("Product Added",), 30, per=("Product Viewed",)),
    ),
    _feature(
        "refund_rate_365d",
        "refunds for each order in the last 365 days",
        "Orders refunded over orders completed in the last 365 days.",
        "ratio",
        FromEvents("ratio", REFUND, 365, per=ORDER),
    ),
    _feature(
        "visit_streak_30d",
        "days in a row with a visit",
        "On how many days in a row, up to now, the customer came; 30 at most.",
        "days",
        FromEvents("streak", VISIT, 30),
    ),
    _session("session_views", "products viewed", "views", "Product Viewed"),
    _session("session_carts", "products put in the cart", "products", "Product Added"),
    _preference(
        "prefers_weekly_list",
        "asked for the weekly e-mail",
        FromTrait("weeklyList"),
    ),
    *(
        _preference(
            f"prefers_{kind.replace('-', '_')}",
            f"likes {kind.replace('-', ' ')} best",
            FromTrait("favouriteCategory", kind),
        )
        for kind in KINDS_OF_GOODS
    ),
)

FEATURE_INDEX: Final[Mapping[str, int]] = {f.key: i for i, f in enumerate(FEATURES)}
DIGEST: Final = hashlib.sha256(
    json.dumps([asdict(f) for f in FEATURES], sort_keys=True).encode()
).hexdigest()


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A stored array as the mapping that rules read.

    Parameters
    ----------
    values
        In the order of `FEATURES`; a shorter array, from before a feature was added,
        leaves the rest unknown.
    """

    values: Sequence[float | None] | npt.NDArray[np.float32]

    def get(self, key: str, /) -> float | None:
        """Value of a feature; ``None`` when unknown."""
        i = FEATURE_INDEX.get(key)
        if i is None or i >= len(self.values):
            return None
        value = self.values[i]
        return None if value is None or math.isnan(value) else float(value)


def compute(
    events: Sequence[Event], traits: Mapping[str, object], *, now: datetime
) -> npt.NDArray[np.float32]:
    """All features of one customer.

    Parameters
    ----------
    events
        ``(name, occurred_at, value_minor, properties)`` in any order; later than
        ``now`` does not count.
    traits
        Declared and imported attributes.
    now
        Aware; the end of every window.

    Returns
    -------
    ndarray
        ``(len(FEATURES),)`` float32; NaN is unknown.
    """
    past = [event for event in events if event[1] <= now]
    return assembled(traits, lambda rule: _from_events(rule, past, now))


def assembled(
    traits: Mapping[str, object], from_events: Callable[[FromEvents], float]
) -> npt.NDArray[np.float32]:
    """All features in their order, those from events as the caller counts them."""
    values = [
        _from_trait(feature.rule, traits)
        if isinstance(feature.rule, FromTrait)
        else from_events(feature.rule)
        for feature in FEATURES
    ]
    return np.array([_fitting(value) for value in values], dtype=np.float32)


def _from_trait(rule: FromTrait, traits: Mapping[str, object]) -> float:
    value = traits.get(rule.trait)
    if rule.text is not None:
        return float(value == rule.text) if isinstance(value, str) else math.nan
    if isinstance(value, int | float) and abs(value) <= LARGEST:
        return float(value)
    return math.nan


def _from_events(rule: FromEvents, past: Sequence[Event], now: datetime) -> float:
    if not past:
        return math.nan
    window = rule.window
    recent = [e for e in past if window is None or e[1] > now - window]
    found = [e for e in recent if not rule.names or e[0] in rule.names]
    if rule.aggregate == "ratio":
        per = sum(e[0] in rule.per for e in recent)
        return len(found) / per if per else math.nan
    return _aggregate(rule, found, now)


def _aggregate(rule: FromEvents, found: Sequence[Event], now: datetime) -> float:
    match rule.aggregate:
        case "count":
            return float(len(found))
        case "active_days":
            return float(len(_dates(found)))
        case "distinct":
            return float(len(_texts(found, rule.properties)))
        case "streak":
            return float(_streak(_dates(found), now.astimezone(UTC).date()))
        case _:
            return _of_values(rule.aggregate, found, now)


def _dates(found: Sequence[Event]) -> set[date]:
    return {at.astimezone(UTC).date() for _, at, _, _ in found}


def _texts(found: Sequence[Event], properties: Sequence[str]) -> set[str]:
    texts = (text_of(told, properties) for _, _, _, told in found)
    return {text for text in texts if text is not None}


def text_of(told: Mapping[str, object], keys: Sequence[str]) -> str | None:
    """The first of these properties that is a text."""
    texts = (told.get(key) for key in keys)
    return next((text for text in texts if isinstance(text, str)), None)


def _streak(dates: set[date], today: date) -> int:
    day = max(dates, default=date.min)
    if day < today - timedelta(days=1):
        return 0
    n = 0
    while day - timedelta(days=n) in dates:
        n += 1
    return n


def _of_values(aggregate: Aggregate, found: Sequence[Event], now: datetime) -> float:
    match aggregate:
        case "sum":
            return sum(v for _, _, v, _ in found if v is not None) / MINOR_PER_MAJOR
        case "mean":
            amounts = [v for _, _, v, _ in found if v is not None]
            mean = sum(amounts) / len(amounts) if amounts else math.nan
            return mean / MINOR_PER_MAJOR
        case _:
            edge = max if aggregate == "days_since_last" else min
            return _days_since(edge((e[1] for e in found), default=None), now)


def _days_since(at: datetime | None, now: datetime) -> float:
    return math.nan if at is None else (now - at).total_seconds() / SECONDS_PER_DAY


def _fitting(value: float) -> float:
    return 0.0 if abs(value) < SMALLEST else value


Purposes: TypeAlias = frozenset[str]
Scalar = TypeVar("Scalar", np.float32, np.float64)


def lawful_purposes(elements: Mapping[str, Purposes]) -> Mapping[str, Purposes]:
    """For what each declared feature may be used.

    Parameters
    ----------
    elements
        Lawful purposes of the catalogue's elements, by the field that they describe.

    Returns
    -------
    mapping
        By feature key. A feature with an element of its own has that element's
        purposes; any other those that all it is computed from share. Features of which
        some source is in no element are undeclared, and are left out.
    """
    found: dict[str, Purposes] = {}
    for feature in FEATURES:
        own = elements.get(f"feature.{feature.key}")
        parts = [elements.get(field) for field in feature.fields]
        known = [part for part in parts if part is not None]
        if own is not None:
            found[feature.key] = own
        elif known and len(known) == len(parts):
            found[feature.key] = frozenset.intersection(*known)
    return found


def without(values: npt.NDArray[Scalar], absent: Iterable[str]) -> npt.NDArray[Scalar]:
    """The same features with some unknown, never zero.

    Parameters
    ----------
    values : (..., n_features)
        In the order of `FEATURES`; is not changed.
    absent
        Keys of features that may not be used.

    Returns
    -------
    ndarray
        Same shape; NaN in the columns of ``absent``.
    """
    kept = values.copy()
    kept[..., [FEATURE_INDEX[key] for key in absent]] = np.nan
    return kept


def untold(
    values: npt.NDArray[np.float32], traits: Iterable[str]
) -> npt.NDArray[np.float32]:
    """The same features without what rests on these traits, which are not to be used.

    Parameters
    ----------
    values : (n,) float32
        In the order of `FEATURES`, perhaps shorter; changed in place.
    traits
        Names of traits that the person took back or struck out.

    Returns
    -------
    ndarray
        The same array; unknown where a trait is gone, never zero.
    """
    gone = {trait for trait in traits if trait in TRAIT_PLACES}
    places = [i for trait in gone for i in TRAIT_PLACES[trait] if i < len(values)]
    values[places] = np.nan
    return values


# Positions of the features that rest on a trait.
TRAIT_PLACES: Final[Mapping[str, tuple[int, ...]]] = {
    trait: tuple(
        i
        for i, f in enumerate(FEATURES)
        if isinstance(f.rule, FromTrait) and f.rule.trait == trait
    )
    for trait in {f.rule.trait for f in FEATURES if isinstance(f.rule, FromTrait)}
}
# Features whose value ends with the session, how long it holds, and their positions.
FRESH_FOR: Final[Mapping[str, timedelta]] = {
    f.key: f.fresh_for for f in FEATURES if f.fresh_for is not None
}
SHORT_LIVED: Final = tuple(
    (FEATURE_INDEX[key], held_for.total_seconds())
    for key, held_for in FRESH_FOR.items()
)


def held(values: npt.NDArray[np.float32], age: float) -> npt.NDArray[np.float32]:
    """What still holds of a stored array: what has outlived its time is unknown.

    Parameters
    ----------
    values : (n,) float32
        In the order of `FEATURES`, perhaps shorter; changed in place.
    age
        Seconds since they were computed.

    Returns
    -------
    ndarray
        The same array.
    """
    for i, seconds in SHORT_LIVED:
        if age > seconds and i < len(values):
            values[i] = np.nan
    return values
