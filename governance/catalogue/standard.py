"""The purposes and data elements that an installation starts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PERSONALISE = ("personalise_onsite", "recommendations", "direct_marketing")
LEARN = (*PERSONALISE, "analytics", "model_training")
ON_OUR_PAGES = "Our site and app"
AT_SIGN_UP = "The sign-up form and the preference page"
IMPORTED = "Imported from the customer file"
OWNERS: Mapping[str, str] = {
    "zero_party": "marketing_owner",
    "first_party": "marketing_owner",
    "behavioural": "analyst",
    "transactional": "analyst",
    "contextual": "channel_owner",
    "predictive": "analyst",
}
BASIS: Mapping[str, str] = {
    "service": "contract",
    "fairness_audit": "legitimate_interests",
}


@dataclass(frozen=True, slots=True)
class Standard:
    """One element as it is seeded; what is left out follows from its source."""

    key: str
    label: str
    plain_description: str
    phrase: str
    source_type: str
    provenance: str
    field: str
    value_type: str
    collected_where: str
    choices: tuple[str, ...] = ()
    proxy_for: tuple[str, ...] = ()
    purposes: tuple[str, ...] = LEARN
    ttl_days: int = 395
    ttl_reason: str = ""
    identifiability: str = "pseudonymous"
    derived_from: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """The role that answers for elements of this source, at first."""
        return OWNERS[self.source_type]


def _declared(
    key: str,
    trait: str,
    label: str,
    text: str,
    phrase: str,
    kind: str,
    *choices: str,
    proxy_for: tuple[str, ...] = (),
) -> Standard:
    return Standard(
        key,
        label,
        text,
        phrase,
        "zero_party",
        "declared",
        f"trait.{trait}",
        kind,
        AT_SIGN_UP,
        choices,
        proxy_for,
        ttl_days=730,
        ttl_reason="The customer set it and can change it on the preference page.",
    )


def _account(
    key: str,
    trait: str,
    label: str,
    text: str,
    phrase: str,
    kind: str,
    *choices: str,
    source: str = "first_party",
    where: str = IMPORTED,
    proxy_for: tuple[str, ...] = (),
) -> Standard:
    return Standard(
        key,
        label,
        text,
        phrase,
        source,
        "observed",
        f"trait.{trait}",
        kind,
        where,
        choices,
        proxy_for,
    )


def _feature(
    key: str, label: str, text: str, phrase: str, source: str = "behavioural"
) -> Standard:
    return Standard(
        key,
        label,
        text,
        phrase,
        source,
        "observed",
        f"feature.{key}",
        "number",
        ON_OUR_PAGES,
    )


def _event(
    key: str, name: str, label: str, text: str, phrase: str, source: str
) -> Standard:
    return Standard(
        key,
        label,
        text,
        phrase,
        source,
        "observed",
        f"event.{name}",
        "event",
        ON_OUR_PAGES,
    )


def _context(key: str, label: str, text: str, kind: str, *choices: str) -> Standard:
    return Standard(
        key,
        label,
        text,
        "are here right now",
        "contextual",
        "observed",
        f"context.{key}",
        kind,
        "The request itself; not kept with the person",
        choices,
        purposes=("service", *PERSONALISE, "analytics"),
        ttl_days=1,
        identifiability="aggregate",
    )


SHOP: tuple[Standard, ...] = (
    _declared(
        "age_band",
        "ageBand",
        "Age band",
        "The age band you gave when you signed up.",
        "told us your age band",
        "text",
        "18-29",
        "30-44",
        "45-59",
        "60+",
        proxy_for=("age",),
    ),
    _account(
        "region",
        "region",
        "Region",
        "The part of the country your address is in.",
        "live in this region",
        "text",
        "north",
        "midlands",
        "south",
        "west",
        "scotland",
        "wales",
        proxy_for=("location-deprivation",),
    ),
    _account(
        "signup_date",
        "signupDate",
        "Day of sign-up",
        "The day on which you opened your account.",
        "signed up with us",
        "date",
        where=AT_SIGN_UP,
    ),
    _declared(
        "favourite_category",
        "favouriteCategory",
        "Favourite category",
        "The kind of thing you told us you like best.",
        "told us what you like",
        "text",
        "walking",
        "camping",
        "rainwear",
        "camp-kitchen",
        "baking-tools",
        "flour",
        "pantry",
        "bread",
    ),
    _declared(
        "weekly_list",
        "weeklyList",
        "On the weekly list",
        "Whether you asked for our weekly e-mail.",
        "asked for our weekly e-mail",
        "bool",
    ),
    _account(
        "has_app",
        "hasApp",
        "Has the app",
        "Whether you use our app.",
        "use our app",
        "bool",
        where=ON_OUR_PAGES,
    ),
    _account(
        "orders_last_year",
        "ordersLastYear",
        "Orders last year",
        "How many orders you placed in the year before you were added.",
        "bought from us last year",
        "number",
        source="transactional",
    ),
    _account(
        "spend_last_year",
        "spendLastYear",
        "Spend last year",
        "What you spent with us in the year before you were added.",
        "bought from us last year",
        "number",
        source="transactional",
    ),
)

HILLSTROM: tuple[Standard, ...] = (
    _account(
        "recency",
        "recency",
        "Months since the last purchase",
        "How many months ago you last bought from us, when the file was made.",
        "bought from us this year",
        "number",
        source="transactional",
    ),
    _account(
        "history",
        "history",
        "Spend in the past year",
        "What you spent with us in the past year, when the file was made.",
        "bought from us this year",
        "number",
        source="transactional",
    ),
    _account(
        "history_segment",
        "history_segment",
        "Band of spend in the past year",
        "The band that your spend in the past year fell into.",
        "bought from us this year",
        "text",
        source="transactional",
    ),
    _account(
        "mens",
        "mens",
        "Bought men's clothing",
        "Whether you bought men's clothing in the past year.",
        "bought men's clothing from us",
        "yes_no",
        source="transactional",
        proxy_for=("sex",),
    ),
    _account(
        "womens",
        "womens",
        "Bought women's clothing",
        "Whether you bought women's clothing in the past year.",
        "bought women's clothing from us",
        "yes_no",
        source="transactional",
        proxy_for=("sex",),
    ),
    _account(
        "zip_code",
        "zip_code",
        "Kind of home area",
        "Whether you live in a city, a suburb or the country.",
        "live in this kind of area",
        "text",
        "Urban",
        "Surburban",
        "Rural",
        proxy_for=("location-deprivation",),
    ),
    _account(
        "newbie",
        "newbie",
        "New customer",
        "Whether you became a customer in the past year.",
        "joined us this year",
        "yes_no",
    ),
    _account(
        "channel",
        "channel",
        "Channel of purchase",
        "Whether you bought on the web, by phone or both.",
        "bought from us this year",
        "text",
        "Web",
        "Phone",
        "Multichannel",
        source="transactional",
    ),
)

BOUGHT = "bought from us"
FEATURES: tuple[Standard, ...] = (
    _feature(
        "days_since_last_order",
        "Days since the last order",
        "How long ago you last bought from us.",
        BOUGHT,
        "transactional",
    ),
    _feature(
        "orders_30d",
        "Orders in 30 days",
        "How many orders you placed in the last 30 days.",
        "bought from us this month",
        "transactional",
    ),
    _feature(
        "orders_365d",
        "Orders in a year",
        "How many orders you placed in the last year.",
        "bought from us this year",
        "transactional",
    ),
    _feature(
        "orders_all",
        "Orders so far",
        "How many orders you have placed with us.",
        BOUGHT,
        "transactional",
    ),
    _feature(
        "spend_365d",
        "Spend in a year",
        "What you spent with us in the last year.",
        "bought from us this year",
        "transactional",
    ),
    _feature(
        "spend_all",
        "Spend so far",
        "What you have spent with us so far.",
        BOUGHT,
        "transactional",
    ),
    _feature(
        "avg_order_value",
        "Average order",
        "What you spend on an order, on average.",
        BOUGHT,
        "transactional",
    ),
    _feature(
        "refunds_365d",
        "Refunds in a year",
        "How many of your orders we refunded in the last year.",
        "sent something back",
        "transactional",
    ),
    _feature(
        "visits_7d",
        "Visits in 7 days",
        "On how many of the last 7 days you visited us.",
        "visited us this week",
    ),
    _feature(
        "visits_30d",
        "Visits in 30 days",
        "On how many of the last 30 days you visited us.",
        "visited us this month",
    ),
    _feature(
        "product_views_30d",
        "Products looked at",
        "How many products you looked at in the last 30 days.",
        "looked at our products",
    ),
    _feature(
        "carts_30d",
        "Products put in the cart",
        "How many products you put in the cart in the last 30 days.",
        "filled a cart with us",
    ),
    _feature(
        "emails_opened_90d",
        "E-mails opened",
        "How many of our e-mails you opened in the last 90 days.",
        "read our e-mails",
    ),
    _feature(
        "emails_clicked_90d",
        "E-mails clicked",
        "In how many of our e-mails you clicked in the last 90 days.",
        "read our e-mails",
    ),
    _feature(
        "days_since_last_visit",
        "Days since the last visit",
        "How long ago you last visited us.",
        "visited us",
    ),
    _feature(
        "visits_1d",
        "Visit in the last day",
        "Whether you visited us in the last day.",
        "visited us today",
    ),
    _feature(
        "visits_90d",
        "Visits in 90 days",
        "On how many of the last 90 days you visited us.",
        "visited us lately",
    ),
    _feature(
        "visits_365d",
        "Visits in a year",
        "On how many of the last 365 days you visited us.",
        "visited us this year",
    ),
    _feature(
        "visit_streak_30d",
        "Days in a row with a visit",
        "On how many days in a row you visited us.",
        "visited us day by day",
    ),
    _feature(
        "refund_rate_365d",
        "Refunds for each order",
        "How many of your orders of the last year you sent back.",
        "sent things back",
        "transactional",
    ),
    _feature(
        "days_since_first_seen",
        "Days since first seen",
        "How long ago you first visited us.",
        "have known us for a while",
    ),
    _feature(
        "complaints_365d",
        "Complaints in a year",
        "How many complaints you made in the last year.",
        "told us what went wrong",
    ),
)

EVENTS: tuple[Standard, ...] = (
    _event(
        "orders_placed",
        "Order Completed",
        "Orders placed",
        "The orders you place with us.",
        BOUGHT,
        "transactional",
    ),
    _event(
        "products_viewed",
        "Product Viewed",
        "Products viewed",
        "The products you look at on our pages.",
        "looked at our products",
        "behavioural",
    ),
    _event(
        "carts_filled",
        "Product Added",
        "Products added to the cart",
        "What you put in the cart.",
        "filled a cart with us",
        "behavioural",
    ),
    _event(
        "pages_viewed",
        "Page Viewed",
        "Pages viewed",
        "The pages you visit with us.",
        "visited us",
        "behavioural",
    ),
    _event(
        "emails_opened",
        "Email Opened",
        "E-mails opened, one by one",
        "Which of our e-mails you open.",
        "read our e-mails",
        "behavioural",
    ),
)

CONTEXTUAL: tuple[Standard, ...] = (
    _context(
        "device",
        "Kind of device",
        "Whether you are on a phone, a tablet or a computer right now.",
        "text",
        "mobile",
        "tablet",
        "desktop",
    ),
    _context("page", "Page", "The page you are on right now.", "text"),
    _context("locale", "Language", "The language your device asks for.", "text"),
    _context("daypart", "Time of day", "The time of day where you are.", "text"),
)

SCORES: tuple[Standard, ...] = tuple(
    Standard(
        key,
        label,
        text,
        "bought from us",
        "predictive",
        "derived",
        f"score.{name}",
        "number",
        "Computed from your orders and visits",
        derived_from=("orders_placed", "orders_365d", "days_since_last_order"),
    )
    for key, name, label, text in (
        (
            "propensity_to_buy",
            "propensity",
            "Chance of buying",
            "How likely you are to buy, worked out from your orders and visits.",
        ),
        (
            "lifetime_value",
            "clv",
            "Expected value",
            "What you are likely to spend next year, worked out from your orders.",
        ),
        (
            "chance_active",
            "p_alive",
            "Chance of still being a customer",
            "How likely you are to come back, worked out from your orders.",
        ),
    )
)

ELEMENTS: tuple[Standard, ...] = (
    *SHOP,
    *HILLSTROM,
    *FEATURES,
    *EVENTS,
    *CONTEXTUAL,
    *SCORES,
)
