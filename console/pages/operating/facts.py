"""What the answers are read from, and how an answer looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from console.pages.operating.presenters import Governance, live
from decisioning.engine.lineage import Use
from decisioning.engine.tallies import Served
from decisioning.quality.core import Finding
from governance.catalogue.core import Catalogue
from governance.catalogue.queries import DataElement
from governance.consent.queries import Share
from governance.fairness.queries import Standing
from governance.rights.queries import ComplaintCounts
from governance.usecases.queries import Card

CANNOT: Final = "Cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the answers are read from, gathered once for all of them."""

    now: datetime
    cards: Sequence[Card]
    catalogue: Catalogue
    elements: Sequence[DataElement]
    uses: Mapping[str, Use]
    served: Sequence[Served]
    weakest: Finding | None
    governance: Governance
    failed: Sequence[tuple[str, str, int]]
    complaints: ComplaintCounts
    choices: Sequence[Share]
    smallest: str
    audited: Sequence[Standing]

    @property
    def live(self) -> list[Card]:
        return live(self.cards)


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    source: str
    url: str

    @property
    def is_known(self) -> bool:
        return not self.text.startswith(CANNOT)


Reader = Callable[[Facts], Answer]


def _to(url_name: str, label: str) -> Callable[[str], Answer]:
    return lambda text: Answer(text, label, reverse(url_name))


decisions = _to("decisions:list", "Decisions")
board = _to("usecases:board", "Use cases")
data_map = _to("datamap:list", "Data map")
quality = _to("quality:overview", "Data quality")
scorecard = _to("scorecards:overall", "Scorecard")
operating = _to("operating:overview", "Operating model")
complaints = _to("complaints:list", "Complaints")
home = _to("home:home", "Home")
fairness = _to("fairness:list", "Who might be disadvantaged")


def cannot(why: str) -> str:
    return f"{CANNOT}: {why}"


def named(names: Sequence[str], most: int = 4) -> str:
    more = len(names) - most
    told = ", ".join(names[:most])
    return f"{told} and {more} more" if more > 0 else told
