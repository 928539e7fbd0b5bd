"""What an intake can choose from, read once for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.pages.usecases.fields import Choice
from decisioning.caps import queries as caps
from decisioning.offers import queries as offers
from decisioning.scoring import queries as scoring
from decisioning.segments import queries as segments
from governance.catalogue import queries as catalogue_queries
from governance.catalogue.core import Catalogue
from governance.people import queries as people
from governance.types import Role
from governance.usecases.core.registry import CHANNELS


@dataclass(frozen=True, slots=True)
class Choices:
    catalogue: Catalogue
    elements: Sequence[Choice] = ()
    purposes: Sequence[Choice] = ()
    placements: Sequence[Choice] = ()
    segments: Sequence[Choice] = ()
    offers: Sequence[Choice] = ()
    caps: Sequence[Choice] = ()
    budgets: Sequence[Choice] = ()
    scores: Sequence[Choice] = ()
    people: Mapping[Role, Sequence[Choice]] = field(default_factory=dict)


OWNERS = (
    Role.MARKETING_OWNER,
    Role.CHANNEL_OWNER,
    Role.PRIVACY_REVIEWER,
    Role.ANALYST,
)


def load() -> Choices:
    """Ten small queries, whatever the number of rows."""
    known = catalogue_queries.catalogue()
    return Choices(
        catalogue=known,
        elements=[(e.key, e.label) for e in known.elements.values()],
        purposes=[(p.key, p.label) for p in known.purposes.values()],
        placements=[
            (p.key, f"{p.name} ({CHANNELS.get(p.channel, p.channel)})")
            for p in offers.placements()
        ],
        segments=_named(segments.segments()),
        offers=_named(offers.offers()),
        caps=_named(caps.caps()),
        budgets=_named(caps.budgets()),
        scores=[
            (model.key, f"{model.key} (version {model.number}, in use)")
            for model in scoring.reports()
            if model.is_champion
        ],
        people={
            role: [(str(p.pk), p.display_name) for p in people.holders_of(role)]
            for role in OWNERS
        },
    )


def _named(rows: Iterable[Any]) -> list[Choice]:
    return [(row.key, row.name) for row in rows]
