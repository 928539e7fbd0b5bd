"""Data sheets of the elements that come with the product."""

from __future__ import annotations

from collections.abc import Mapping

from governance.catalogue.models import DataElement
from governance.catalogue.standard import ELEMENTS

SOURCES: Mapping[str, str] = {element.key: element.source_type for element in ELEMENTS}
BY_SOURCE: Mapping[str, Mapping[str, str]] = {
    "zero_party": {
        "composition": "People who chose to say so. Whoever said nothing is missing.",
        "collection": "They told us themselves; it ages as their life changes.",
        "caveats": "Saying nothing is no answer, and no sign of lacking interest.",
    },
    "first_party": {
        "composition": "People with an account. Guests are missing.",
        "collection": "The account or the customer file holds it; errors stay until "
        "somebody corrects them.",
        "caveats": "It describes the account, not the household or the person's means.",
    },
    "behavioural": {
        "composition": "People who allowed it and were seen. All others are missing, "
        "and they differ.",
        "collection": "Counted from events; blockers, shared devices and lost events "
        "leave gaps.",
        "caveats": "That somebody looked does not say why, nor that they want it.",
    },
    "transactional": {
        "composition": "People who bought under a known account. Guest orders are "
        "missing.",
        "collection": "Counted from orders; gifts and orders for others count too.",
        "caveats": "Buying little from us is no sign of little money or interest.",
    },
    "contextual": {
        "composition": "Every request; nobody in particular.",
        "collection": "Read from the moment of the request, and coarse.",
        "caveats": "It is about the moment and says nothing lasting of the person.",
    },
    "predictive": {
        "composition": "People with enough past to predict from. New ones are missing.",
        "collection": "A model computes it; it carries over whatever its past held.",
        "caveats": "A chance, not a fact: never tell it to the person as one.",
    },
}


def is_standard(key: str) -> bool:
    return key in SOURCES


def standard_sheet(element: DataElement) -> dict[str, str]:
    """The sheet of an element that nobody has written another for."""
    if not is_standard(element.key):
        return {}
    told = BY_SOURCE[SOURCES[element.key]]
    return {"motivation": element.plain_description, **told}
