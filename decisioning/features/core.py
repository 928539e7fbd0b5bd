"""Feature definitions: one list for training and serving, in memory and in SQL.

Adding a feature at the end keeps stored arrays readable; a change of order or meaning
asks for a recomputation, which `DIGEST` makes visible.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Aggregate = Literal[
    "count", "active_days", "sum", "mean", "days_since_last", "days_since_first"
]
SourceType = Literal["behavioural", "transactional", "first_party", "zero_party"]
Event: TypeAlias = tuple[str, datetime, int | None, Mapping[str, object]]

YES_NO: Final = "yes/no"
SECONDS_PER_DAY: Final = 86_400
MINOR_PER_MAJOR: Final = 100
# Beyond these a number does not fit float32: too large is unknown, too small is 0.
LARGEST: Final = 1e37
SMALLEST: Final = 1e-37

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
        hours.
    names
        Event names that count; none means every event.
    window_days
        Rolling window ``(now - days, now]``; ``None`` means ever.

    Notes
    -----
    Unknown for a customer without any event up to now: nothing was recorded, so zero
    is not known. With at least one event, ``count``, ``active_days`` and ``sum`` are
    zero where nothing matches; the others are unknown there.
    """

    aggregate: Aggregate
    names: tuple[str, ...] = ()
    window_days: int | None = None


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
    values = [
        _from_trait(feature.rule, traits)
        if isinstance(feature.rule, FromTrait)
        else _from_events(feature.rule, past, now)
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
    days = rule.window_days
    since = None if days is None else now - timedelta(days=days)
    found = [
        event
        for event in past
        if (not rule.names or event[0] in rule.names)
        and (since is None or event[1] > since)
    ]
    return _aggregate(rule.aggregate, found, now)


def _aggregate(aggregate: Aggregate, found: Sequence[Event], now: datetime) -> float:
    match aggregate:
        case "count":
            return float(len(found))
        case "active_days":
            return float(len({at.astimezone(UTC).date() for _, at, _, _ in found}))
        case "sum":
            return sum(v for _, _, v, _ in found if v is not None) / MINOR_PER_MAJOR
        case "mean":
            amounts = [v for _, _, v, _ in found if v is not None]
            mean = sum(amounts) / len(amounts) if amounts else math.nan
            return mean / MINOR_PER_MAJOR
        case "days_since_last" | "days_since_first":
            edge = max if aggregate == "days_since_last" else min
            return _days_since(edge((e[1] for e in found), default=None), now)


def _days_since(at: datetime | None, now: datetime) -> float:
    return math.nan if at is None else (now - at).total_seconds() / SECONDS_PER_DAY


def _fitting(value: float) -> float:
    return 0.0 if abs(value) < SMALLEST else value
