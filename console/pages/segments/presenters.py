from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from console.configuring import ServedLink, rule_words
from console.templatetags.fmt import number, percent
from decisioning.rules.core import Catalogue
from decisioning.segments.core import Overlap, Preview, small_cell
from decisioning.segments.queries import Segment
from governance.catalogue.queries import DataElement

WATCHED = {"possible_inference", "declared", "inferred"}


@dataclass(frozen=True, slots=True)
class SegmentRow:
    name: str
    url: str
    words: str
    owner: str
    changed_at: datetime
    served_by: tuple[ServedLink, ...]
    has_draft: bool


@dataclass(frozen=True, slots=True)
class StepBar:
    label: str
    value: str
    share: float
    tone: str


@dataclass(frozen=True, slots=True)
class OverlapRow:
    name: str
    url: str
    both: str
    share: str
    bar: float
    meaning: str


@dataclass(frozen=True, slots=True)
class SampleRow:
    pseudonym: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadElement:
    label: str
    description: str
    warning: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """Whom a rule selects, ready to be shown."""

    count: str
    total: str
    share: str
    words: str
    counted_at: datetime
    milliseconds: int
    bars: tuple[StepBar, ...]
    left: str
    overlaps: tuple[OverlapRow, ...]
    heads: tuple[str, ...]
    sample: tuple[SampleRow, ...]
    elements: tuple[ReadElement, ...]
    is_empty: bool

    @property
    def announcement(self) -> str:
        return f"{self.count} of {self.total} customers"


def row(
    segment: Segment, served: dict[str, list[ServedLink]], catalogue: Catalogue
) -> SegmentRow:
    return SegmentRow(
        name=segment.name,
        url=reverse("segments:edit", args=[segment.key]),
        words=rule_words(segment.rule, catalogue),
        owner=segment.created_by.display_name or segment.created_by.username,
        changed_at=segment.changed_at,
        served_by=tuple(served.get(f"segment:{segment.key}", ())),
        has_draft=segment.draft_revision is not None,
    )


def preview(
    found: Preview,
    overlaps: list[Overlap],
    elements: list[DataElement],
    *,
    now: datetime,
    milliseconds: int,
) -> PreviewView:
    heads = _heads(found)
    return PreviewView(
        count=small_cell(found.n),
        total=number(found.n_all),
        share=_share(found.n, found.n_all),
        words=found.words,
        counted_at=now,
        milliseconds=milliseconds,
        bars=tuple(_bars(found)),
        left="|".join(small_cell(step.n_left) for step in found.steps),
        overlaps=tuple(_overlap(one, found) for one in overlaps if found.n),
        heads=heads,
        sample=tuple(
            SampleRow(one.pseudonym, tuple(dict(one.traits).get(h, "–") for h in heads))
            for one in found.sample
        ),
        elements=tuple(_elements(found.elements, elements)),
        is_empty=found.n == 0,
    )


def _share(n: int, n_all: int) -> str:
    if not n_all:
        return "no customers yet"
    return "under 10 customers" if 0 < n < 10 else percent(n / n_all)


def _bars(found: Preview) -> list[StepBar]:
    whole = found.n_all or 1
    return [
        StepBar(
            label=step.words.rstrip("."),
            value=small_cell(step.n_left),
            share=0.0 if 0 < step.n_left < 10 else 100 * step.n_left / whole,
            tone="all" if i == 0 else "",
        )
        for i, step in enumerate(found.steps)
    ]


def _overlap(one: Overlap, found: Preview) -> OverlapRow:
    small = 0 < one.n_both < 10 or found.n < 10
    share = one.n_both / found.n
    return OverlapRow(
        name=one.name,
        url=reverse("segments:edit", args=[one.key]),
        both=small_cell(one.n_both),
        share="" if small else percent(share),
        bar=0.0 if small else 100 * share,
        meaning=_meaning(one, found),
    )


def _meaning(one: Overlap, found: Preview) -> str:
    if one.n_both == 0:
        return "Nobody is in both."
    if one.n_both == found.n == one.n_other:
        return "The same customers."
    if one.n_both == found.n:
        return "All of these are in it too."
    if one.n_both == one.n_other:
        return "It lies wholly inside this one."
    if min(one.n_both, one.n_other, found.n) < 10:
        return "Too few to compare."
    return f"{percent(one.n_other / found.n_all)} of all customers are in it."


def _heads(found: Preview) -> tuple[str, ...]:
    known = dict.fromkeys(label for one in found.sample for label, _ in one.traits)
    return tuple(known)[:5]


def _elements(used: tuple[str, ...], elements: list[DataElement]) -> list[ReadElement]:
    known = {element.key: element for element in elements}
    return [
        ReadElement(key, "Not in the data map yet.", "")
        if key not in known
        else ReadElement(
            known[key].label, known[key].plain_description, _warning(known[key])
        )
        for key in used
    ]


def _warning(element: DataElement) -> str:
    if element.special_category in WATCHED:
        return "Touches a specially protected category."
    if element.proxy_for:
        return f"Can stand in for {', '.join(element.proxy_for)}."
    return ""
