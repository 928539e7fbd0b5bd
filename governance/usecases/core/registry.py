"""What an intake can choose from: metrics, bases, roles and grains."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class MetricFamily(StrEnum):
    """What a metric speaks about."""

    CONVERSION_QUALITY = "conversion_quality"
    REPEAT = "repeat"
    RETENTION = "retention"
    LIFETIME_VALUE = "lifetime_value"
    TASK_SUCCESS = "task_success"
    CLICK = "click"
    HARM = "harm"
    TRUST = "trust"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the registry, in the words shown in a list of choices."""

    key: str
    label: str
    family: MetricFamily
    better_when: str = "higher"

    @property
    def may_be_primary(self) -> bool:
        """Whether a use case may aim at it."""
        return self.family not in {
            MetricFamily.CLICK,
            MetricFamily.HARM,
            MetricFamily.TRUST,
        }

    @property
    def may_guard(self) -> bool:
        """Whether it can serve as a guardrail."""
        return self.family is not MetricFamily.CLICK


F = MetricFamily
METRICS: Mapping[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "conversion_quality",
            "Orders kept, at or above the margin floor",
            F.CONVERSION_QUALITY,
        ),
        Metric("conversion", "Customers who bought", F.CONVERSION_QUALITY),
        Metric("spend", "Spend per customer", F.CONVERSION_QUALITY),
        Metric("repeat_purchase", "Customers who bought again", F.REPEAT),
        Metric("retention", "Customers still active", F.RETENTION),
        Metric("customer_lifetime_value", "Customer lifetime value", F.LIFETIME_VALUE),
        Metric("task_success", "Customers who finished their task", F.TASK_SUCCESS),
        Metric("time_to_find", "Time until they found it", F.TASK_SUCCESS, "lower"),
        Metric("click_rate", "Clicks", F.CLICK),
        Metric("open_rate", "Opens", F.CLICK),
        Metric("impressions", "Impressions", F.CLICK),
        Metric("visit", "Visits", F.CLICK),
        Metric("opt_out_rate", "Opt-outs", F.HARM, "lower"),
        Metric("complaint_rate", "Complaints per 10,000 contacts", F.HARM, "lower"),
        Metric("refund_rate", "Refunds", F.HARM, "lower"),
        Metric("trust_score", "Trust score from surveys", F.TRUST),
        Metric("csat", "Satisfaction score", F.TRUST),
        Metric("nps", "Would recommend us", F.TRUST),
        Metric("relevance_score", "“Was this helpful?” score", F.TRUST),
    )
}

REQUIRED_GUARDRAILS = ("opt_out_rate", "complaint_rate")

GAINS: Mapping[str, str] = {
    "faster": "Faster",
    "clearer": "Clearer",
    "less_effort": "Less effort",
}
HORIZONS: Mapping[str, str] = {
    "short": "Short-term response",
    "long": "Long-term value",
    "both": "Both",
}
LONG_RUN: Mapping[str, str] = {
    "shared_holdout": "The shared holdout",
    "own_holdout": "A holdout of its own",
    "none": "Not measured, because …",
}
LAWFUL_BASES: Mapping[str, str] = {
    "consent": "Consent",
    "contract": "Contract",
    "legitimate_interests": "Legitimate interests",
    "public_research_data": "Public research data, no identifiable person",
}
EPRIVACY_BASES: Mapping[str, str] = {
    "consent": "Consent",
    "soft_opt_in": "Own customers, similar products, opt-out each time",
    "strictly_necessary": "Strictly necessary",
    "appearance": "Adapts to the person's stated preference",
    "statistical": "Statistics only",
    "not_device_storage": "Nothing is stored on or read from a device",
}
DATA_ROLES: Mapping[str, str] = {
    "eligibility": "Decides who may get it",
    "exclusion": "Decides who does not get it",
    "ranking": "Decides what comes first",
    "timing": "Decides when",
    "content_slot": "Fills words in the message",
    "measurement": "Measures the effect",
    "fairness_audit": "Checks fairness",
}
GRANULARITIES: Mapping[str, str] = {
    "boolean": "Yes or no",
    "bucketed": "In bands",
    "count": "A count",
    "exact": "The exact value",
}
PROFILING_ROLES = frozenset(
    {"eligibility", "ranking", "timing", "exclusion", "content_slot"}
)
CONTROLS: Mapping[str, str] = {
    "less_like_this": "Less like this",
    "dont_use": "Don't use this about me",
    "turn_off": "Turn off personalisation",
    "complain": "Ask a person or complain",
}
CHANNELS: Mapping[str, str] = {
    "web": "Web",
    "app": "App",
    "email": "E-mail",
    "push": "Push",
    "sms": "SMS",
    "ads": "Ads",
    "service_desk": "Service desk",
}
MIN_HOLDOUT = 0.05
MAX_FIRST_EXPOSURE = 0.10
MIN_GUARDRAILS = 3
