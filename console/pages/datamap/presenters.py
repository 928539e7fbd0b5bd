from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse

from console.templatetags.fmt import number, when_text
from decisioning.engine.lineage import UNUSED_AFTER, Reader, Reading, Use, Worth
from governance.catalogue.queries import DataElement, Purpose
from governance.rights.core import Erasure, Table
from governance.rights.standing import LastRun

SOURCES = {
    "zero_party": "Told us",
    "first_party": "Our own records",
    "behavioural": "Behaviour",
    "transactional": "Purchases",
    "contextual": "The moment",
    "predictive": "Predicted",
}
PROVENANCES = {
    "declared": "declared by the person",
    "observed": "observed",
    "derived": "worked out",
    "third_party": "from a third party",
}
PAGES = {
    Reader.USE_CASE: "usecases:detail",
    Reader.SEGMENT: "segments:detail",
    Reader.OFFER: "offers:detail",
    Reader.MODEL: "scores:detail",
}
BECOMES = {
    Erasure.DELETE: "deleted",
    Erasure.STAND_IN: "kept as an unlinkable count",
    Erasure.LOG: "emptied, kept unlinkable",
    Erasure.PROOF: "kept as proof, found by keyed hash",
    Erasure.SEARCH: "searched and deleted",
    Erasure.BLANK: "searched and emptied",
    Erasure.KEEP: "kept",
}
# Below this a model is as good without the element, for all that can be told.
LITTLE = 0.005


@dataclass(frozen=True, slots=True)
class UsedBy:
    name: str
    url: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class ElementLine:
    key: str
    label: str
    url: str
    what: str
    source: str
    provenance: str
    sensitivity: str
    purposes: str
    n_purposes: int
    kept: str
    owner: str
    used_by: tuple[UsedBy, ...]
    read_by: tuple[UsedBy, ...]
    last_used: str
    warning: str


@dataclass(frozen=True, slots=True)
class Dispensable:
    """An element that could stop being collected, and what would be lost."""

    label: str
    url: str
    why: str
    lost: str


@dataclass(frozen=True, slots=True)
class PurposeLine:
    label: str
    what: str
    basis: str
    consent: str
    n_elements: int
    used_by: tuple[UsedBy, ...]


@dataclass(frozen=True, slots=True)
class TableLine:
    title: str
    name: str
    classes: str
    kept: str
    erased: str
    last: str


Users = Mapping[str, Sequence[UsedBy]]


def element_lines(
    elements: Sequence[DataElement],
    purposes: Mapping[str, str],
    uses: Mapping[str, Use],
) -> list[ElementLine]:
    return [_line(row, purposes, uses.get(row.key, Use())) for row in elements]


def _line(row: DataElement, purposes: Mapping[str, str], use: Use) -> ElementLine:
    return ElementLine(
        key=row.key,
        label=row.label,
        url=reverse("datamap:element", args=[row.key]),
        what=row.plain_description,
        source=source_of(row),
        provenance=PROVENANCES.get(row.provenance, row.provenance.replace("_", " ")),
        sensitivity=sensitivity_of(row),
        purposes=", ".join(purposes.get(p, p) for p in row.lawful_purposes),
        n_purposes=len(row.lawful_purposes),
        kept=f"{row.ttl_days:,} days",
        owner=owner_of(row),
        used_by=tuple(used(r, purposes) for r in use.readings if r.declared),
        read_by=tuple(used(r, purposes) for r in use.readings if not r.declared),
        last_used=when_text(use.last_used_at.date()) if use.last_used_at else "never",
        warning=_warning(row, use),
    )


def used(reading: Reading, purposes: Mapping[str, str]) -> UsedBy:
    how = purposes.get(reading.what_for, reading.what_for) or reading.kind.value
    return UsedBy(reading.name, address_of(reading), how.lower())


def address_of(reading: Reading) -> str:
    """Empty where the reader has no page of its own."""
    try:
        return reverse(PAGES[reading.kind], args=[reading.key])
    except (KeyError, NoReverseMatch):
        return ""


def source_of(row: DataElement) -> str:
    return SOURCES.get(row.source_type, row.source_type.replace("_", " "))


def owner_of(row: DataElement) -> str:
    return row.owner.replace("_", " ").capitalize() or "Nobody named"


def sensitivity_of(row: DataElement) -> str:
    """Nearness to the person, and what it may give away."""
    parts = [row.identifiability.replace("_", " ")]
    if row.special_category != "none":
        parts.append(f"special category ({row.special_category.replace('_', ' ')})")
    if row.proxy_for:
        parts.append(f"can stand in for {', '.join(row.proxy_for)}")
    return ", ".join(parts)


def _warning(row: DataElement, use: Use) -> str:
    if use.undeclared:
        names = ", ".join(reading.name for reading in use.undeclared[:3])
        return f"read by {names}, yet no use case declares it"
    return warning_of(row)


def warning_of(row: DataElement) -> str:
    if row.provenance == "third_party":
        return "from a third party: use cases may not use it"
    if row.special_category != "none":
        return "touches a special category"
    if row.proxy_for:
        return f"can stand in for {', '.join(row.proxy_for)}"
    return ""


def dispensable(
    elements: Sequence[DataElement], uses: Mapping[str, Use], *, now: datetime
) -> list[Dispensable]:
    """Elements that nothing uses, or whose measured worth is next to nothing."""
    found = []
    for row in elements:
        why = _why_dispensable(uses.get(row.key, Use()), now)
        if why and row.source_type != "contextual":
            found.append(
                Dispensable(
                    row.label,
                    reverse("datamap:element", args=[row.key]),
                    why,
                    lost_without(uses.get(row.key, Use())),
                )
            )
    return found


def _why_dispensable(use: Use, now: datetime) -> str:
    if not use.is_used:
        return "Nothing that reaches a customer uses it."
    if use.worth and all(_is_little(worth) for worth in use.worth):
        return "Models do as well without it, the other elements staying."
    declared = [reading for reading in use.readings if reading.declared]
    stale = use.last_used_at is not None and use.last_used_at < now - UNUSED_AFTER
    if declared and stale:
        return f"Not used for {UNUSED_AFTER.days} days."
    return ""


def _is_little(worth: Worth) -> bool:
    """Whether the whole interval lies under what anybody would notice."""
    upper = worth.hi if worth.hi is not None else worth.delta
    return upper < LITTLE


def lost_without(use: Use) -> str:
    """What a model would lose, as its own report measured it."""
    if not use.worth:
        return "Not measured: no model report tells what it is worth."
    return "; ".join(_worth(worth) for worth in use.worth)


def _worth(worth: Worth) -> str:
    told = f"{worth.model}: {number(-worth.delta, 4)} {worth.measure}"
    if worth.lo is None or worth.hi is None:
        return told
    return f"{told} (95% interval {number(-worth.hi, 4)} to {number(-worth.lo, 4)})"


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


def table_lines(tables: Sequence[Table], last: LastRun) -> list[TableLine]:
    """Where customers' data lies, how long, and what an erasure does there."""
    return [
        TableLine(
            title=table.title,
            name=table.label,
            classes=", ".join(
                sorted({c.value for c in table.fields.values()} - {"technical"})
            ),
            kept=table.kept.words,
            erased=BECOMES[table.erasure],
            last=number(last.rows[table.label]) if table.label in last.rows else "0",
        )
        for table in tables
        if table.is_personal
    ]


def last_run_words(last: LastRun) -> str:
    if last.at is None:
        return "Not enforced yet: the job runs each night."
    total = sum(last.rows.values())
    return (
        f"Last enforced {when_text(last.at)}: {number(total)} "
        f"{'thing' if total == 1 else 'things'} past their time deleted."
    )


def weak_words(elements: Sequence[DataElement], uses: Mapping[str, Use]) -> str:
    """Which kind of data is held and least used."""
    held: dict[str, list[bool]] = {}
    for row in elements:
        held.setdefault(row.source_type, []).append(uses.get(row.key, Use()).is_used)
    shares = {
        source: sum(flags) / len(flags)
        for source, flags in held.items()
        if source != "contextual"
    }
    if not shares:
        return ""
    source = min(shares, key=lambda key: (shares[key], -len(held[key])))
    used_n, all_n = sum(held[source]), len(held[source])
    name = SOURCES.get(source, source).lower()
    return f"Least used kind: {name}, {used_n} of {all_n} elements in use."
