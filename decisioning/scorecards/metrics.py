"""The metrics of a scorecard, each with the definition that stands on the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from decisioning.types import BetterWhen, MetricKind, MetricRole


@dataclass(frozen=True, slots=True)
class Metric:
    """Definition of a scorecard metric, as shown on the page.

    ``margin`` is the largest harm tolerated, absolute and before ``scale``; ``scale``
    is what a figure is multiplied by for display (10,000 for "per 10,000 contacts").
    ``maturity_days`` is how long a customer must have been followed to count;
    ``is_settled``: what they did counts only once it is that old itself.
    """

    key: str
    label: str
    definition: str
    formula: str
    unit: str
    kind: MetricKind
    better_when: BetterWhen
    role: MetricRole
    maturity_days: int
    margin: float = 0.0
    scale: float = 1.0
    is_settled: bool = False


_METRICS = (
    Metric(
        "conversion_quality",
        "Conversion quality",
        "Orders that were not refunded within 14 days and that earned at least the "
        "margin floor (5 in the shop's currency), per customer. A customer counts 14 "
        "days after we first chose for them, and an order once its 14 days are over; "
        "both groups by the same rule.",
        "good orders ÷ customers",
        "orders per customer",
        MetricKind.MEAN,
        BetterWhen.HIGHER,
        MetricRole.PRIMARY,
        14,
        is_settled=True,
    ),
    Metric(
        "orders_per_customer",
        "Orders per customer",
        "All completed orders, refunded or not, per customer.",
        "orders ÷ customers",
        "orders per customer",
        MetricKind.MEAN,
        BetterWhen.HIGHER,
        MetricRole.SECONDARY,
        0,
    ),
    Metric(
        "spend",
        "Spend per customer",
        "Money spent on completed orders, per customer, buyers or not.",
        "spend ÷ customers",
        "money per customer",
        MetricKind.MEAN,
        BetterWhen.HIGHER,
        MetricRole.SECONDARY,
        0,
    ),
    Metric(
        "visit",
        "Visit rate",
        "Share of customers who visited at least once.",
        "customers with a visit ÷ customers",
        "share of customers",
        MetricKind.PROPORTION,
        BetterWhen.HIGHER,
        MetricRole.SECONDARY,
        0,
    ),
    Metric(
        "conversion",
        "Conversion rate",
        "Share of customers who ordered at least once.",
        "customers with an order ÷ customers",
        "share of customers",
        MetricKind.PROPORTION,
        BetterWhen.HIGHER,
        MetricRole.SECONDARY,
        0,
    ),
    Metric(
        "repeat_purchase_rate",
        "Repeat purchase rate",
        "Share of customers who ordered on at least two different days. A customer "
        "counts 60 days after we first chose for them; both groups by the same rule.",
        "customers with orders on two days ÷ customers",
        "share of customers",
        MetricKind.PROPORTION,
        BetterWhen.HIGHER,
        MetricRole.SECONDARY,
        60,
    ),
    Metric(
        "customer_lifetime_value",
        "Customer lifetime value",
        "Expected discounted margin of the customer's purchases over the next year, "
        "by the newest lifetime-value score.",
        "sum of lifetime values ÷ customers",
        "money per customer",
        MetricKind.MEAN,
        BetterWhen.HIGHER,
        MetricRole.SECONDARY,
        0,
    ),
    Metric(
        "opt_out_rate",
        "Opt-out rate",
        "Share of customers who unsubscribed, withdrew consent or switched "
        "personalisation off. A customer counts 7 days after we first chose for them; "
        "both groups by the same rule.",
        "customers who opted out ÷ customers",
        "per customer",
        MetricKind.PROPORTION,
        BetterWhen.LOWER,
        MetricRole.GUARDRAIL,
        7,
        margin=0.002,
    ),
    Metric(
        "complaints_per_10000_contacts",
        "Complaints per 10,000 contacts",
        "Complaints and messages marked as spam, for every 10,000 contacts. A customer "
        "counts 7 days after we first chose for them; both groups by the same rule.",
        "complaints ÷ contacts × 10,000",
        "per 10,000 contacts",
        MetricKind.RATIO,
        BetterWhen.LOWER,
        MetricRole.GUARDRAIL,
        7,
        margin=0.0005,
        scale=10_000,
    ),
    Metric(
        "trust_score",
        "Trust score",
        "Mean answer, 1 to 5, to the question whether the customer trusts how we use "
        "their data.",
        "sum of answers ÷ answers",
        "points of 5",
        MetricKind.MEAN,
        BetterWhen.HIGHER,
        MetricRole.GUARDRAIL,
        0,
        margin=0.1,
    ),
)
METRICS: Mapping[str, Metric] = MappingProxyType({each.key: each for each in _METRICS})
