"""What rules may speak about here: traits of the data catalogue, features, events."""

from __future__ import annotations

from decisioning.features.core import FEATURES, YES_NO
from decisioning.rules.core import Catalogue, EventInfo, FieldInfo
from decisioning.rules.core.catalogue import Kind
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


def rule_catalogue(*, with_context: bool = False) -> Catalogue:
    """One query: the data elements that a rule may read, with their words."""
    fields: dict[str, FieldInfo] = {}
    elements = {element.field: element for element in data.elements()}
    for element in elements.values():
        if element.field.startswith("trait."):
            fields[element.field] = FieldInfo(
                ref=element.field,
                label=element.label.lower(),
                kind=KINDS.get(element.value_type, "text"),
                element=element.key,
                choices=tuple(element.choices),
            )
    for feature in FEATURES:
        ref = f"feature.{feature.key}"
        known = elements.get(ref)
        fields[ref] = FieldInfo(
            ref=ref,
            label=feature.label,
            kind="number",
            unit="" if feature.unit == YES_NO else feature.unit,
            element=known.key if known else "",
        )
    for ref, (label, unit) in SCORES.items():
        fields[ref] = FieldInfo(ref=ref, label=label, kind="number", unit=unit)
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
    return Catalogue(fields, events)
