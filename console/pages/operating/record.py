"""The record of processing (Article 30), purpose by purpose, from what is live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

from governance.catalogue.queries import DataElement, Purpose
from governance.usecases.queries import Card

PEOPLE = "Customers and visitors"
NOBODY = "nobody outside"


@dataclass(frozen=True, slots=True)
class Processing:
    """One purpose, as the record tells it."""

    purpose: str
    description: str
    people: str
    data: str
    recipients: str
    retention: str
    basis: str
    use_cases: str
    owners: str


LABELS: Mapping[str, str] = {
    "purpose": "Purpose",
    "description": "What is done",
    "people": "Categories of people",
    "data": "Categories of data",
    "recipients": "Recipients",
    "retention": "Kept",
    "basis": "Lawful basis",
    "use_cases": "Live use cases",
    "owners": "Owners",
}


def record(
    purposes: Sequence[Purpose],
    elements: Sequence[DataElement],
    cards: Sequence[Card],
    told: Mapping[str, Sequence[str]],
) -> list[Processing]:
    """One line a purpose.

    ``told`` names, by purpose, the systems outside that are told of people for it.
    """
    return [_line(row, elements, cards, told.get(row.key, ())) for row in purposes]


def _line(
    purpose: Purpose,
    elements: Sequence[DataElement],
    cards: Sequence[Card],
    told: Sequence[str],
) -> Processing:
    mine = [row for row in elements if purpose.key in row.lawful_purposes]
    users = [card for card in cards if purpose.key in _purposes(card)]
    named = {name for row in mine for name in row.recipients} | set(told)
    bases = {card.content.lawful_basis.get(purpose.key, "") for card in users} - {""}
    return Processing(
        purpose=purpose.label,
        description=purpose.description,
        people=PEOPLE if mine else "nobody",
        data=_listed(row.label for row in mine) or "none",
        recipients=_listed(sorted(named)) or NOBODY,
        retention=_kept(mine),
        basis=_listed(
            each.replace("_", " ") for each in sorted(bases or {purpose.default_basis})
        ),
        use_cases=_listed(card.name for card in users) or "none",
        owners=_listed(dict.fromkeys(_owners(mine, users))) or "nobody named",
    )


def _purposes(card: Card) -> set[str]:
    return {use.purpose for use in card.content.data_uses}


def _owners(elements: Iterable[DataElement], cards: Iterable[Card]) -> Iterator[str]:
    yield from (card.owner for card in cards if card.owner)
    yield from (row.owner.replace("_", " ") for row in elements if row.owner)


def _kept(elements: Sequence[DataElement]) -> str:
    if not elements:
        return "–"
    days = sorted({row.ttl_days for row in elements})
    if len(days) == 1:
        return f"{days[0]:,} days"
    return f"{days[0]:,} to {days[-1]:,} days, by element"


def _listed(names: Iterable[str]) -> str:
    return "; ".join(names)


def header() -> list[str]:
    return [LABELS[each.name] for each in fields(Processing)]


def cells(line: Processing) -> tuple[str, ...]:
    return astuple(line)


def rows(line: Processing) -> list[dict[str, str]]:
    """What the page shows under the purpose's name and description."""
    shown = ("people", "data", "recipients", "retention", "use_cases", "owners")
    return [{"label": LABELS[name], "value": getattr(line, name)} for name in shown]
