from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from governance.catalogue.queries import DataElement, Purpose

SOURCES = {
    "zero_party": "Told us",
    "first_party": "Our own records",
    "behavioural": "Behaviour",
    "transactional": "Purchases",
    "contextual": "The moment",
    "predictive": "Predicted",
}


@dataclass(frozen=True, slots=True)
class UsedBy:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ElementLine:
    key: str
    label: str
    url: str
    what: str
    source: str
    purposes: str
    kept: str
    used_by: tuple[UsedBy, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class PurposeLine:
    label: str
    what: str
    basis: str
    consent: str
    n_elements: int
    used_by: tuple[UsedBy, ...]


Users = Mapping[str, Sequence[UsedBy]]


def element_lines(
    elements: Sequence[DataElement], purposes: Mapping[str, str], users: Users
) -> list[ElementLine]:
    return [
        ElementLine(
            key=row.key,
            label=row.label,
            url=reverse("datamap:element", args=[row.key]),
            what=row.plain_description,
            source=source_of(row),
            purposes=", ".join(purposes.get(p, p) for p in row.lawful_purposes),
            kept=f"{row.ttl_days:,} days",
            used_by=tuple(users.get(row.key, ())),
            warning=warning_of(row),
        )
        for row in elements
    ]


def source_of(row: DataElement) -> str:
    return SOURCES.get(row.source_type, row.source_type.replace("_", " "))


def warning_of(row: DataElement) -> str:
    if row.provenance == "third_party":
        return "from a third party: use cases may not use it"
    if row.special_category != "none":
        return "touches a special category"
    if row.proxy_for:
        return f"can stand in for {', '.join(row.proxy_for)}"
    return ""


def purpose_lines(
    purposes: Sequence[Purpose], elements: Sequence[DataElement], users: Users
) -> list[PurposeLine]:
    return [
        PurposeLine(
            label=row.label,
            what=row.description,
            basis=row.default_basis.replace("_", " "),
            consent="needed" if row.consent_required else "not needed",
            n_elements=sum(row.key in e.lawful_purposes for e in elements),
            used_by=tuple(users.get(row.key, ())),
        )
        for row in purposes
    ]
