from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from console.charts import Chart, TrendLine, TrendPoint, trend
from console.configuring import ServedLink, rule_words
from console.templatetags.fmt import number, percent, when_text
from decisioning.rules.core import Catalogue
from decisioning.segments.core import SMALLEST_AUDIENCE, Overlap, Preview, small_cell
from decisioning.segments.fairness import FairnessVerdict, Profile
from decisioning.segments.insight import Explained, SegmentBuild
from decisioning.segments.lookalike import Proposal
from decisioning.segments.queries import Segment, SegmentVersion
from decisioning.stats.auc import Auc
from governance.catalogue.queries import DataElement

SMALLEST_DRAWN = 10
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
    size: str
    built: str


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
class Check:
    """One line of the list of checks."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """Whom a rule selects, ready to be shown."""

    count: str
    total: str
    share: str
    words: str
    counted: str
    checks: tuple[Check, ...]
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
    segment: Segment,
    served: dict[str, list[ServedLink]],
    catalogue: Catalogue,
    build: SegmentBuild | None,
    size: int,
) -> SegmentRow:
    return SegmentRow(
        name=segment.name,
        url=reverse("segments:edit", args=[segment.key]),
        words=rule_words(segment.rule, catalogue),
        owner=segment.created_by.display_name or segment.created_by.username,
        changed_at=segment.changed_at,
        served_by=tuple(served.get(f"segment:{segment.key}", ())),
        has_draft=segment.draft_revision is not None,
        size=small_cell(size) if build else "",
        built=when_text(build.built_at) if build else "",
    )


def preview(
    found: Preview,
    overlaps: list[Overlap],
    elements: list[DataElement],
    *,
    milliseconds: int,
) -> PreviewView:
    heads = _heads(found)
    return PreviewView(
        count=small_cell(found.n),
        total=number(found.n_all),
        share=_share(found.n, found.n_all),
        words=found.words,
        counted=_counted(found, milliseconds),
        checks=tuple(_checks(found, elements)),
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


def _counted(found: Preview, milliseconds: int) -> str:
    if found.is_of_this_moment:
        return f"Counted just now from all rows, not a sample, in {milliseconds} ms."
    return (
        f"Counted from all customers as of {when_text(found.at)}, not a sample, in "
        f"{milliseconds} ms. Later events are not in it; the next build has them."
    )


def _checks(found: Preview, elements: list[DataElement]) -> list[Check]:
    """What to think about before anybody is reached through this rule."""
    told = []
    if found.n == 0:
        told.append(Check("warn", "Nobody is in it."))
    elif found.n < SMALLEST_AUDIENCE:
        told.append(
            Check(
                "warn",
                f"Fewer than {SMALLEST_AUDIENCE} customers: one could be picked out.",
            )
        )
    else:
        told.append(Check("ok", f"At least {SMALLEST_AUDIENCE} customers."))
    known = {element.key: element for element in elements}
    warned = [known[key] for key in found.elements if key in known]
    flagged = [(element.label, _warning(element)) for element in warned]
    told += [Check("warn", f"{label}: {text}") for label, text in flagged if text]
    if not any(text for _, text in flagged):
        told.append(
            Check("ok", "Nothing it reads is known to stand in for a protected trait.")
        )
    return told


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


@dataclass(frozen=True, slots=True)
class BuildRow:
    at: str
    members: str
    entered: str
    left: str
    took: str
    error: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the stays are and how long the last build took."""

    facts: tuple[dict[str, str], ...]
    problem: str


def freshness(builds: list[SegmentBuild], size: int) -> Freshness:
    good = next((build for build in builds if not build.error), None)
    if good is None:
        why = builds[0].error if builds else ""
        return Freshness((), why)
    facts = (
        {"label": "Customers in it now", "value": small_cell(size)},
        {"label": "Built", "value": when_text(good.built_at)},
        {"label": "In it then", "value": small_cell(good.n_members or 0)},
        {"label": "Build took", "value": f"{number(good.milliseconds)} ms"},
        {"label": "Came in with it", "value": small_cell(good.n_entered)},
        {"label": "Left with it", "value": small_cell(good.n_left)},
    )
    return Freshness(facts, builds[0].error)


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    dates: str
    holds: bool
    words: str


def version_rows(
    versions: list[SegmentVersion], catalogue: Catalogue
) -> tuple[VersionRow, ...]:
    """Which rule held from when to when."""
    return tuple(
        VersionRow(
            number=one.revision,
            dates=f"Since {when_text(one.effective_at)}"
            if one.replaced_at is None
            else f"{when_text(one.effective_at)} to {when_text(one.replaced_at)}",
            holds=one.replaced_at is None,
            words=rule_words(one.rule, catalogue),
        )
        for one in versions
    )


def size_chart(builds: list[SegmentBuild]) -> Chart:
    """The last build of each day; under ten people are drawn as none."""
    by_day = {
        build.built_at.date(): build.n_members or 0
        for build in reversed(builds)
        if not build.error
    }
    points = [
        TrendPoint(day, float(n if n >= SMALLEST_DRAWN else 0))
        for day, n in sorted(by_day.items())
    ]
    return trend(
        [TrendLine("In the segment", points)],
        title="Size over time",
        unit="customers, by the last build of each day",
        digits=0,
    )


VERDICTS = {
    FairnessVerdict.PASS: ("Even", "positive"),
    FairnessVerdict.BREACH: ("Uneven", "caution"),
    FairnessVerdict.NOT_ENOUGH_DATA: ("Not enough data", ""),
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    value: str
    n: str
    rate: str
    bar: float


@dataclass(frozen=True, slots=True)
class FairnessView:
    label: str
    pill: str
    tone: str
    sentence: str
    groups: tuple[GroupRow, ...]


def fairness_view(profile: Profile) -> FairnessView:
    pill, tone = VERDICTS[profile.verdict]
    return FairnessView(
        label=profile.label,
        pill=pill,
        tone=tone,
        sentence=_fairness_sentence(profile),
        groups=tuple(
            GroupRow(
                value=group.value,
                n=small_cell(group.n),
                rate=percent(group.rate) if group.is_large_enough else "too few to say",
                bar=100 * group.rate if group.is_large_enough else 0.0,
            )
            for group in profile.groups
        ),
    )


def _fairness_sentence(profile: Profile) -> str:
    if profile.ratio is None:
        return "It takes two groups of 50 customers to compare."
    share = percent(profile.ratio)
    limit = "under" if profile.verdict is FairnessVerdict.BREACH else "at least"
    return (
        f"The least reached group is reached {share} as often as the most reached one; "
        f"that is {limit} four fifths."
    )


@dataclass(frozen=True, slots=True)
class FindingRow:
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class ExplainedView:
    pseudonym: str
    pill: str
    tone: str
    lines: tuple[FindingRow, ...]
    stays: tuple[str, ...]


def explained_view(found: Explained) -> ExplainedView:
    return ExplainedView(
        pseudonym=found.pseudonym,
        pill="In" if found.is_in else "Out",
        tone="positive" if found.is_in else "",
        lines=tuple(
            FindingRow(
                "ok" if line.holds else "fail",
                f"{'– ' * line.depth}{line.words}"
                + (f" (here: {line.value})" if line.value else ""),
            )
            for line in found.findings
        ),
        stays=tuple(
            f"In since {when_text(stay.entered_at)}"
            if stay.left_at is None
            else f"In from {when_text(stay.entered_at)} to {when_text(stay.left_at)}"
            for stay in found.stays
        ),
    )


@dataclass(frozen=True, slots=True)
class TwinRow:
    words: str
    best: str
    others: str
    lift: str
    weight: str


@dataclass(frozen=True, slots=True)
class TwinView:
    """A proposal of customers like the best ones, ready to be judged."""

    rows: tuple[TwinRow, ...]
    ranking: str
    facts: str
    rule: str


def twin(found: Proposal, rule: str, words: list[str]) -> TwinView:
    ranking = found.ranking
    told = (
        f"{ranking.value:.2f} ({ranking.lo:.2f} to {ranking.hi:.2f}, 95 %)"
        if isinstance(ranking, Auc)
        else ranking.message
    )
    return TwinView(
        rows=tuple(
            TwinRow(
                words=text,
                best=percent(each.share_of_best),
                others=percent(each.share_of_others),
                lift=f"{each.lift:.1f} times",
                weight=f"{each.weight:+.2f}".replace("-", "−"),
            )
            for each, text in zip(found.conditions, words, strict=True)
        ),
        ranking=told,
        facts=(
            f"Learned from {number(found.n_best)} of the best customers and "
            f"{number(found.n_others)} others, all of whom allow training."
        ),
        rule=rule,
    )
