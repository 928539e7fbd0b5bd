"""The use cases of the demo, as its people would write them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOME_PICKS = "picks-for-what-you-like"
SECOND_EMAIL = "a-second-weekly-e-mail"
APP_PICKS = "picks-in-the-app"
FREE_DELIVERY = "free-delivery-at-the-cart"
REFILL = "time-to-refill"
BIRTHDAY = "birthday-surprise"
LIVE = (HOME_PICKS, SECOND_EMAIL, APP_PICKS)

GUARDRAILS = [
    {"metric": "opt_out_rate", "direction": "up", "margin": 0.015, "min_n": 500},
    {"metric": "complaint_rate", "direction": "up", "margin": 0.005, "min_n": 500},
    {"metric": "trust_score", "direction": "down", "margin": 0.25, "min_n": 100},
]


@dataclass(frozen=True, slots=True)
class Story:
    """One use case: what is written down, and how far it has come."""

    key: str
    name: str
    content: Mapping[str, Any]


def _uses(purpose: str, *rows: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    return [
        {
            "element": element,
            "purpose": purpose,
            "role": role,
            "reason": reason,
            "granularity": grain,
            "max_age_days": 365,
            "could_work_without": False,
            "why_not": "Without it everybody would see the same.",
        }
        for element, role, grain, reason in rows
    ]


def _content(
    *,
    name: str,
    who: str,
    task: str,
    better: str,
    baseline: tuple[float, str],
    measured: str,
    metric: str = "conversion_quality",
    change: float = 0.04,
    purpose: str = "personalise_onsite",
    uses: Sequence[tuple[str, str, str, str]],
    template: str,
    fallback: str,
    channel: str,
    placement: str,
    segment: str,
    offers: Sequence[str],
    caps: Sequence[str],
    budget: str = "",
    max_contacts: int = 6,
) -> dict[str, Any]:
    return {
        "cosmetic": {"name": name, "description": task},
        "customer": {
            "who": who,
            "task": task,
            "gets_better": better,
            "effort_baseline": baseline[0],
            "effort_unit": baseline[1],
            "effort_how_measured": measured,
            "evidence_source": "Our own events, and 41 support tickets of last spring",
        },
        "objective": {
            "horizon": "both",
            "primary_metric": metric,
            "smallest_change": change,
            "long_run": "own_holdout",
        },
        "guardrails": GUARDRAILS,
        "data_uses": _uses(purpose, *uses),
        "lawful_basis": {purpose: "consent"},
        "eprivacy_basis": {channel: "soft_opt_in" if channel == "email" else "consent"},
        "explanation": {
            "template": template,
            "fallback": fallback,
            "controls": ["turn_off", "complain"],
        },
        "reach": {
            "channels": [channel],
            "placements": [placement],
            "segment": segment,
            "offers": list(offers),
            "caps": list(caps),
            "budget": budget,
            "max_contacts": max_contacts,
            "window_days": 7,
        },
        "logic": {"exploration_rate": 0.05},
        "experiment": {
            "arms": ["shown", "control"],
            "allocation": {"shown": 0.5, "control": 0.5},
            "holdout_share": 0.5,
            "first_exposure": 0.1,
            "max_exposure": 1.0,
        },
        "people": {"children": False, "vulnerable": False, "special_category": False},
        "fallback": {
            "uses_placement_default": True,
            "note": "The same page for everybody",
        },
        "retention": {"decision_log_days": 365, "inputs_days": 90},
        "review_interval_days": 180,
    }


def stories(world: Mapping[str, Any]) -> list[Story]:
    by_topic: dict[str, list[str]] = {}
    for offer in world["offers"]:
        by_topic.setdefault(offer["topic"], []).append(offer["key"])
    nothing_personal = (
        "You're seeing our most popular items. "
        "We did not use your personal data to choose them."
    )
    favourite = (
        "favourite_category",
        "eligibility",
        "exact",
        "It is the kind of goods the customer told us they like.",
    )
    liked = "You're seeing {offer} because you {favourite_category}."
    return [
        Story(
            HOME_PICKS,
            "Picks for what you like",
            _content(
                name="Picks for what you like",
                who="People who told us what they like to do",
                task="Find things for their hobby on the first page",
                better="faster",
                baseline=(4.2, "pages viewed before the first product"),
                measured="Pages viewed from arrival to the first product, from events",
                uses=[favourite],
                template=liked,
                fallback=nothing_personal,
                channel="web",
                placement="home.hero",
                segment="told-us-a-favourite",
                offers=by_topic["category_picks"],
                caps=["all-contacts"],
            ),
        ),
        Story(
            SECOND_EMAIL,
            "A second weekly e-mail",
            _content(
                name="A second weekly e-mail",
                who="People on the weekly list who bought this year",
                task="Find end-of-season goods before they are gone",
                better="faster",
                baseline=(2.0, "visits until an end-of-season item is found"),
                measured="Visits from mail to order, from our own events",
                purpose="direct_marketing",
                uses=[
                    (
                        "weekly_list",
                        "eligibility",
                        "boolean",
                        "Only people who asked for the list get the mail.",
                    ),
                    (
                        "orders_last_year",
                        "eligibility",
                        "count",
                        "Only people who bought this year care about leftovers.",
                    ),
                ],
                template="You're seeing {offer} because you {orders_last_year}.",
                fallback=nothing_personal,
                channel="email",
                placement="email.weekly",
                segment="weekly-list-bought-this-year",
                offers=by_topic["clearance"],
                caps=["all-contacts", "marketing-e-mails"],
                max_contacts=2,
            ),
        ),
        Story(
            APP_PICKS,
            "Picks in the app",
            _content(
                name="Picks in the app",
                who="People who use our app",
                task="Find things for their hobby in the app",
                better="less_effort",
                baseline=(3.1, "taps before the first product"),
                measured="Taps from opening the app to the first product",
                uses=[favourite],
                template=liked,
                fallback=nothing_personal,
                channel="app",
                placement="app.card",
                segment="told-us-a-favourite",
                offers=by_topic["category_picks"],
                caps=["all-contacts"],
            ),
        ),
        Story(
            FREE_DELIVERY,
            "Free delivery at the cart",
            _content(
                name="Free delivery at the cart",
                who="People with a full cart who bought from us before",
                task="Decide on an order without working out the delivery cost",
                better="clearer",
                baseline=(38.0, "per cent of carts left at the delivery step"),
                measured="Carts left at delivery, from our own events",
                uses=[
                    (
                        "orders_last_year",
                        "eligibility",
                        "count",
                        "New customers have free delivery already.",
                    )
                ],
                template="You're seeing {offer} because you {orders_last_year}.",
                fallback=nothing_personal,
                channel="web",
                placement="cart.next",
                segment="weekly-list-bought-this-year",
                offers=by_topic["free_delivery"],
                caps=["all-contacts"],
                budget="free-delivery-this-quarter",
            ),
        ),
        Story(REFILL, "Time to refill", _refill(liked, nothing_personal, by_topic)),
        Story(
            BIRTHDAY,
            "Birthday surprise",
            {
                "cosmetic": {"name": "Birthday surprise"},
                "customer": {"task": "Increase our revenue in slow weeks"},
                "objective": {"primary_metric": "click_rate", "horizon": "short"},
            },
        ),
    ]


def _refill(
    template: str, fallback: str, by_topic: Mapping[str, list[str]]
) -> dict[str, Any]:
    content = _content(
        name="Time to refill",
        who="People who bake every week",
        task="Reorder flour and yeast before they run out",
        better="less_effort",
        baseline=(6.0, "steps to reorder"),
        measured="Steps from arrival to the same order again, from events",
        metric="repeat_purchase",
        uses=[
            (
                "favourite_category",
                "eligibility",
                "exact",
                "Only bakers need a reminder about flour.",
            )
        ],
        template=template,
        fallback=fallback,
        channel="web",
        placement="home.banner",
        segment="bakers",
        offers=by_topic["refill_reminder"],
        caps=["all-contacts"],
    )
    content["data_uses"].append(
        {
            "element": "orders_365d",
            "purpose": "personalise_onsite",
            "role": "timing",
            "granularity": "",
            "reason": "",
        }
    )
    return content
