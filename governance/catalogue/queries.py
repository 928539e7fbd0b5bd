from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from governance.catalogue.core import (
    PURPOSES,
    Catalogue,
    Element,
    Identifiability,
    Provenance,
    SourceType,
    SpecialCategory,
)
from governance.catalogue.models import DataElement, Purpose
from governance.types import NotFound

__all__ = [
    "DataElement",
    "ElementRow",
    "Purpose",
    "catalogue",
    "core_element",
    "element",
    "elements",
    "purposes",
]

Kind = TypeVar("Kind", bound=StrEnum)
FLAGS = ("child_possible", "vulnerability_signal", "price_related", "location_precise")


@dataclass(frozen=True, slots=True)
class ElementRow:
    """A data element with the use cases that use it."""

    element: DataElement
    used_by: tuple[str, ...]


def catalogue() -> Catalogue:
    """What use cases are judged against, in one query."""
    rows = {row.key: core_element(row) for row in DataElement.objects.all()}
    return Catalogue(rows, PURPOSES)


def core_element(row: DataElement) -> Element:
    """A row as the pure rules see it; a value they do not know counts as the worst."""
    return Element(
        key=row.key,
        label=row.label,
        plain_description=row.plain_description,
        phrase=row.phrase,
        source_type=_known(SourceType, row.source_type, SourceType.PREDICTIVE),
        provenance=_known(Provenance, row.provenance, Provenance.THIRD_PARTY),
        identifiability=_known(
            Identifiability, row.identifiability, Identifiability.DIRECT
        ),
        special_category=_known(
            SpecialCategory, row.special_category, SpecialCategory.INFERRED
        ),
        proxy_for=tuple(row.proxy_for),
        child_possible="child_possible" in row.flags,
        vulnerability_signal="vulnerability_signal" in row.flags,
        price_related="price_related" in row.flags,
        location_precise="location_precise" in row.flags,
        recipients=tuple(row.recipients),
        lawful_purposes=tuple(row.lawful_purposes),
        ttl_days=row.ttl_days,
        ttl_reason=row.ttl_reason,
        derived_from=tuple(row.derived_from),
    )


def _known(kind: type[Kind], value: str, worst: Kind) -> Kind:
    return kind(value) if value in set(kind) else worst


def elements() -> list[DataElement]:
    return list(DataElement.objects.order_by("source_type", "label"))


def element(key: str) -> DataElement:
    found = DataElement.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such data element.")
    return found


def purposes() -> list[Purpose]:
    """In the order in which the rules list them."""
    known = list(PURPOSES)
    return sorted(
        Purpose.objects.all(),
        key=lambda p: known.index(p.key) if p.key in known else len(known),
    )
