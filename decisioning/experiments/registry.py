"""Which metrics a live experiment can count, under the keys that use cases use."""

from collections.abc import Mapping
from types import MappingProxyType

from decisioning.experiments.readouts import STANDARD_GUARDRAILS, MetricDefinition
from decisioning.types import BetterWhen, MetricKind, MetricRole

MARGIN_FLOOR_MAJOR = 5
REFUND_WINDOW_DAYS = 14

# A use case may speak of a metric under another key than the scorecard does.
SCORECARD_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "repeat_purchase": "repeat_purchase_rate",
        "complaint_rate": "complaints_per_10000_contacts",
    }
)
# What the counting statement calls the metric, where that is not the use case's key.
COUNTED_KEYS: Mapping[str, str] = MappingProxyType(
    {"repeat_purchase": "repeat_purchase_rate"}
)
# A use case agrees on a margin per contact; the read-out shows 10,000 of them.
PER_CONTACTS = 10_000
SCALES: Mapping[str, float] = MappingProxyType({"complaint_rate": PER_CONTACTS})
SECONDARY_KEYS = ("conversion", "spend", "orders_per_customer", "visit")

_RATE, _MEAN = MetricKind.PROPORTION, MetricKind.MEAN
_LOWER = BetterWhen.LOWER
_PEOPLE = "share of customers"

DEFINITIONS: Mapping[str, MetricDefinition] = MappingProxyType(
    {
        each.key: each
        for each in (
            MetricDefinition(
                "conversion_quality", "Conversion quality", _MEAN, "orders per customer"
            ),
            MetricDefinition("conversion", "Conversion rate", _RATE, _PEOPLE),
            MetricDefinition("spend", "Spend", _MEAN, "money per customer"),
            MetricDefinition(
                "orders_per_customer", "Orders", _MEAN, "orders per customer"
            ),
            MetricDefinition("repeat_purchase", "Repeat purchase rate", _RATE, _PEOPLE),
            MetricDefinition(
                "customer_lifetime_value",
                "Customer lifetime value",
                _MEAN,
                "money per customer",
            ),
            MetricDefinition("visit", "Visit rate", _RATE, _PEOPLE),
            MetricDefinition("click_rate", "Click rate", _RATE, _PEOPLE),
            MetricDefinition("open_rate", "Open rate", _RATE, _PEOPLE),
            MetricDefinition("refund_rate", "Refund rate", _RATE, _PEOPLE, _LOWER),
            MetricDefinition("csat", "Satisfaction score", _MEAN, "points of 5"),
            MetricDefinition("nps", "Would recommend us", _MEAN, "points of 10"),
            MetricDefinition("relevance_score", "Was it helpful", _MEAN, "points of 5"),
            *STANDARD_GUARDRAILS,
        )
    }
)


def definition(
    key: str, *, role: MetricRole, margin: float | None = None
) -> MetricDefinition:
    """The metric under a use case's key, in a role; unknown ones stay uncounted.

    ``margin`` is as the use case agreed on it, the definition's as the metric is shown.
    """
    known = DEFINITIONS.get(key)
    if known is None:
        known = MetricDefinition(key, key.replace("_", " ").capitalize(), _MEAN, "")
    return MetricDefinition(
        known.key,
        known.label,
        known.kind,
        known.unit,
        known.better_when,
        role,
        known.margin if margin is None else abs(margin) * SCALES.get(key, 1),
    )


def as_stored(metric: MetricDefinition) -> dict[str, object]:
    """A definition as an experiment's row keeps it."""
    return {
        "key": metric.key,
        "label": metric.label,
        "kind": metric.kind.value,
        "unit": metric.unit,
        "better_when": metric.better_when.value,
        "role": metric.role.value,
        "margin": metric.margin,
    }


def from_stored(stored: Mapping[str, object]) -> MetricDefinition:
    """The definition behind ``as_stored``."""
    return MetricDefinition(
        key=str(stored["key"]),
        label=str(stored.get("label") or stored["key"]),
        kind=MetricKind(str(stored.get("kind", "mean"))),
        unit=str(stored.get("unit", "")),
        better_when=BetterWhen(str(stored.get("better_when", "higher"))),
        role=MetricRole(str(stored.get("role", "secondary"))),
        margin=float(str(stored.get("margin") or 0.0)),
    )


def scorecard_key(key: str) -> str:
    """Key of the scorecard's metric that measures what a use case calls ``key``."""
    return SCORECARD_KEYS.get(key, key)


def counted_key(key: str) -> str:
    """Key under which the counting statements give what a use case calls ``key``."""
    return COUNTED_KEYS.get(key, key)
