"""What rules may speak about: traits, features, scores, events, consent, segments."""

from __future__ import annotations

import json

from django.db import connection

from decisioning.features.core import FEATURES, YES_NO, Feature
from decisioning.rules.core import Catalogue, EventInfo, FieldInfo
from decisioning.rules.core.catalogue import Kind
from decisioning.segments.models import Segment
from governance.catalogue import queries as data

KINDS: dict[str, Kind] = {"number": "number", "bool": "yes_no", "yes_no": "yes_no"}
EVENTS = {
    "Order Completed": "placed an order",
    "Order Refunded": "had an order refunded",
    "Product Viewed": "looked at a product",
    "Product Added": "put a product in the cart",
    "Cart Viewed": "looked at the cart",
    "Checkout Started": "started to check out",
    "Products Searched": "searched",
    "Page Viewed": "visited a page",
    "Email Delivered": "been sent an e-mail",
    "Email Opened": "opened an e-mail",
    "Email Link Clicked": "clicked in an e-mail",
    "Decision Shown": "been shown something chosen for them",
    "Decision Clicked": "clicked something chosen for them",
    "Unsubscribed": "unsubscribed",
    "Complaint Raised": "complained",
    "Survey Answered": "answered a survey",
}
SCORES = {
    "score.clv": ("expected value over the next year", "money"),
    "score.p_alive": ("chance of still being a customer", "probability"),
}
CONTEXT = {
    "context.device": ("device", ("desktop", "mobile", "tablet")),
    "context.page": ("page", ()),
}
CONSENTS = {
    "direct_marketing": "direct marketing",
    "personalise_onsite": "personal pages",
    "recommendations": "product suggestions",
    "ads_sharing": "sharing with advertisers",
    "analytics": "counting of use",
    "model_training": "training of models",
}
CHANNELS = {
    "email": "by e-mail",
    "web": "on the site",
    "app": "in the app",
    "push": "by push message",
    "sms": "by text message",
}


def rule_catalogue(*, with_context: bool = False, but_not: str = "") -> Catalogue:
    """What a rule may read, with its words; three queries, one for a moment's rule.

    ``with_context`` is for eligibility, which is asked at the moment of a request and
    names no segments; ``but_not`` leaves out the segment whose rule is being written.
    """
    elements = {element.field: element for element in data.elements()}
    fields = _traits(elements) | _features(elements) | _scores(with_context)
    if with_context:
        for ref, (label, choices) in CONTEXT.items():
            fields[ref] = FieldInfo(ref=ref, label=label, kind="text", choices=choices)
    events = {
        name: EventInfo(
            name=name,
            did=did,
            element=elements[f"event.{name}"].key
            if f"event.{name}" in elements
            else "",
        )
        for name, did in EVENTS.items()
    }
    return Catalogue(
        fields,
        events,
        segments={} if with_context else _segments(but_not),
        consents=CONSENTS,
        channels=CHANNELS,
    )


def _traits(elements: dict[str, data.DataElement]) -> dict[str, FieldInfo]:
    return {
        element.field: FieldInfo(
            ref=element.field,
            label=element.label.lower(),
            kind=KINDS.get(element.value_type, "text"),
            element=element.key,
            choices=tuple(element.choices),
        )
        for element in elements.values()
        if element.field.startswith("trait.")
    }


def _features(elements: dict[str, data.DataElement]) -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for feature in FEATURES:
        ref = f"feature.{feature.key}"
        known = elements.get(ref) or _sole_source(feature, elements)
        found[ref] = FieldInfo(
            ref=ref,
            label=feature.label,
            kind="number",
            unit="" if feature.unit == YES_NO else feature.unit,
            element=known.key if known else "",
        )
    return found


def _sole_source(
    feature: Feature, elements: dict[str, data.DataElement]
) -> data.DataElement | None:
    """The element that a feature only repeats: that of its one trait."""
    traits = [field for field in feature.fields if field.startswith("trait.")]
    return elements.get(traits[0]) if traits else None


def _scores(is_asked_in_a_moment: bool) -> dict[str, FieldInfo]:
    """Scores that models write, and those that somebody has trained."""
    words = dict(SCORES)
    for offer in [] if is_asked_in_a_moment else _scored_offers():
        words[f"score.propensity:{offer}"] = (
            f"chance to respond to “{offer}”",
            "probability",
        )
    return {
        ref: FieldInfo(ref=ref, label=label, kind="number", unit=unit)
        for ref, (label, unit) in words.items()
    }


def _scored_offers() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (parameters->'offers')::text FROM decisioning_modelversion"
            " WHERE is_champion AND jsonb_typeof(parameters->'offers') = 'array'"
        )
        rows = cursor.fetchall()
    return sorted({str(offer) for (offers,) in rows for offer in json.loads(offers)})


def _segments(but_not: str) -> dict[str, str]:
    rows = Segment.objects.filter(retired_at=None).exclude(key=but_not)
    return dict(rows.order_by("name").values_list("key", "name"))
