"""Who reads which data element for what: what is declared, and what the code reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection

from decisioning.features.core import FEATURES, ORDER
from decisioning.offers.models import Offer
from decisioning.rules.core import Catalogue, load
from decisioning.scoring.models import ModelVersion
from decisioning.segments.models import Segment
from decisioning.segments.queries import rule_catalogue
from governance.catalogue.queries import DataElement
from governance.usecases.queries import Card

UNUSED_AFTER = timedelta(days=90)


class Reader(StrEnum):
    """What kind of thing reads an element."""

    USE_CASE = "use case"
    SEGMENT = "segment"
    OFFER = "offer"
    FEATURE = "feature"
    MODEL = "model"
    ELEMENT = "element"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that reads an element; ``declared`` by people, else read by code."""

    kind: Reader
    key: str
    name: str
    what_for: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Worth:
    """What a model would lose without an element: change of its measure, with interval.

    From the model's own report; ``None`` anywhere else means nobody measured it.
    """

    model: str
    measure: str
    delta: float
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """All that is known about how one element is used."""

    readings: tuple[Reading, ...] = ()
    worth: tuple[Worth, ...] = ()
    last_used_at: datetime | None = None
    undeclared: tuple[Reading, ...] = ()

    @property
    def is_used(self) -> bool:
        """Whether something that may reach a customer reads it."""
        return any(r.kind is not Reader.FEATURE for r in self.readings)


def uses(
    elements: list[DataElement], cards: list[Card], *, now: datetime
) -> dict[str, Use]:
    """How each element is used; five queries.

    Features count as readers only as far as something reads the feature: an element
    that is merely computed on, day after day, is not in use.
    """
    readings = _readings(elements, cards)
    by_field = {row.field: row.key for row in elements}
    worth = _worth(by_field)
    last = _last_used(cards, now)
    return {
        row.key: Use(
            tuple(readings[row.key]),
            tuple(worth.get(row.key, ())),
            max(
                (last[r.key] for r in readings[row.key] if r.key in last), default=None
            ),
            _undeclared(readings[row.key]),
        )
        for row in elements
    }


def _undeclared(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Read by a rule or model while no use case has declared it."""
    told = list(readings)
    if any(reading.declared for reading in told):
        return ()
    serving = (Reader.SEGMENT, Reader.OFFER, Reader.MODEL)
    return tuple(r for r in told if r.kind in serving)


def _readings(
    elements: list[DataElement], cards: list[Card]
) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = defaultdict(list)
    for key, reading in (*_declared(cards), *_rules(), *_models(elements)):
        if reading not in found[key]:
            found[key].append(reading)
    _follow_lineage(elements, found)
    return found


def _declared(cards: list[Card]) -> Iterator[tuple[str, Reading]]:
    for card in cards:
        for use in card.content.data_uses:
            reading = Reading(
                Reader.USE_CASE, card.key, card.name, use.purpose, declared=True
            )
            yield use.element, reading


def _rules() -> Iterator[tuple[str, Reading]]:
    """Rules of live segments and offers: what the code reads, whoever declared it."""
    catalogue = rule_catalogue(with_context=True)
    segments = Segment.objects.filter(retired_at=None).values_list(
        "key", "name", "rule"
    )
    offers = Offer.objects.filter(retired_at=None, eligibility__isnull=False)
    listed = [(Reader.SEGMENT, *row) for row in segments] + [
        (Reader.OFFER, *row) for row in offers.values_list("key", "name", "eligibility")
    ]
    for kind, key, name, rule in listed:
        for element in _elements_of(rule, catalogue):
            yield element, Reading(kind, key, name)


def _elements_of(rule: object, catalogue: Catalogue) -> tuple[str, ...]:
    return catalogue.elements_used(load(rule)) if rule else ()


def _models(elements: list[DataElement]) -> Iterator[tuple[str, Reading]]:
    by_field = {row.field: row.key for row in elements}
    for row in ModelVersion.objects.filter(is_champion=True):
        for field in _inputs(row):
            if field in by_field:
                yield by_field[field], Reading(Reader.MODEL, row.key, str(row))


def _inputs(row: ModelVersion) -> Iterator[str]:
    """What a model was fitted on: columns its report names, or the purchases."""
    if row.kind == "clv":
        yield f"event.{ORDER[0]}"
    report = row.report if isinstance(row.report, dict) else {}
    for name in report.get("features", ()):
        yield f"feature.{name}"


def _follow_lineage(
    elements: list[DataElement], found: dict[str, list[Reading]]
) -> None:
    """An element from which a used one is computed is used as well."""
    sources = {row.key: set(_sources(row, elements)) for row in elements}
    for _ in range(len(elements)):
        grown = False
        for key, below in sources.items():
            for source in below:
                for reading in found[key]:
                    if reading not in found[source]:
                        found[source].append(reading)
                        grown = True
        if not grown:
            return


def _sources(row: DataElement, elements: list[DataElement]) -> Iterator[str]:
    yield from row.derived_from
    if row.field.startswith("feature."):
        by_field = {each.field: each.key for each in elements}
        for field in fields_of_feature(row.field.removeprefix("feature.")):
            if field in by_field and by_field[field] != row.key:
                yield by_field[field]


def fields_of_feature(key: str) -> tuple[str, ...]:
    """What a feature is computed from: events by name, or a trait."""
    return next((tuple(f.fields) for f in FEATURES if f.key == key), ())


def _last_used(cards: list[Card], now: datetime) -> dict[str, datetime]:
    """When each use case last decided something personal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k, (SELECT max(d.decided_at) FROM decisioning_decision d"
            "   WHERE d.use_case_key = k AND d.mode = 'personalised'"
            "   AND d.decided_at > %s - interval '400 days')"
            " FROM unnest(%s::text[]) AS k",
            [now, [card.key for card in cards]],
        )
        return {key: at for key, at in cursor.fetchall() if at is not None}


def _worth(by_field: Mapping[str, str]) -> dict[str, list[Worth]]:
    """Ablations that the reports of serving models give, by element."""
    found: dict[str, list[Worth]] = defaultdict(list)
    for row in ModelVersion.objects.filter(is_champion=True):
        report = row.report if isinstance(row.report, dict) else {}
        for entry in (report.get("ablation") or {}).get("lost", ()):
            if key := by_field.get(str(entry["field"])):
                found[key].append(
                    Worth(
                        str(row),
                        str(entry["measure"]),
                        float(entry["delta"]),
                        entry.get("lo"),
                        entry.get("hi"),
                    )
                )
    return found
