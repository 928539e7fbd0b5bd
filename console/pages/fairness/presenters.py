from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console import charts
from console.charts import Chart
from console.pages.fairness import wording
from console.templatetags.fmt import number
from governance.fairness.core import FairnessVerdict, Finding, Measure
from governance.fairness.core.answering import OPTIONS, Occasion, Option
from governance.fairness.queries import (
    FairnessAudit,
    Standing,
    findings,
    justified,
)

V = FairnessVerdict
Facts = Sequence[Mapping[str, str]]
WORDS = {
    V.PASS: "pass",
    V.BREACH: "breach",
    V.NOT_ENOUGH_DATA: "not enough data",
}
TONES = {V.PASS: "positive", V.BREACH: "negative", V.NOT_ENOUGH_DATA: ""}
ORDER = {V.BREACH: 0, V.NOT_ENOUGH_DATA: 1, V.PASS: 2}
NOT_AUDITED = "not audited yet"
MOST_ROWS = 60
STRENGTHS = {
    "strong": ("stands in for it", "negative"),
    "weak": ("hints at it", "caution"),
    "none": ("says little", "positive"),
    "not_enough_data": ("not enough data", ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One use case in the list."""

    name: str
    url: str
    state: str
    verdict: str
    tone: str
    rank: int
    worst: str
    n: str
    audited_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One comparison in a table, in words."""

    trait: str
    group: str
    reference: str
    measure: str
    n: str
    rate: str
    value: str
    interval: str
    verdict: str
    tone: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TraitView:
    """One trait: a sentence, a chart and a table."""

    trait: str
    chart: Chart
    rows: tuple[FindingRow, ...]


@dataclass(frozen=True, slots=True)
class ProxyRow:
    field: str
    trait: str
    value: str
    interval: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    option: str
    reason: str
    who: str
    role: str
    when: datetime


@dataclass(frozen=True, slots=True)
class AuditView:
    """The newest audit of a use case, ready for its page."""

    sentence: str
    word: str
    tone: str
    rule: str
    because: str
    advice: str
    facts: Facts
    traits: tuple[TraitView, ...]
    crossings: tuple[FindingRow, ...]
    n_crossings: int
    others: tuple[FindingRow, ...]
    proxies: tuple[ProxyRow, ...]
    bubble: Facts
    bubble_word: str
    bubble_tone: str
    limits: Facts
    is_breach: bool
    is_justified: bool
    due_at: datetime | None
    answers: tuple[AnswerLine, ...]


def word_of(verdict: str) -> str:
    return WORDS[V(verdict)]


def lines(found: Iterable[Standing]) -> list[Line]:
    return sorted((_line(each) for each in found), key=lambda line: line.rank)


def _line(each: Standing) -> Line:
    case, audit = each.use_case, each.audit
    verdict = V(audit.verdict) if audit else None
    return Line(
        name=case.name,
        url=reverse("fairness:detail", args=[case.key]),
        state=str(case.state).replace("_", " "),
        verdict=WORDS[verdict] if verdict else NOT_AUDITED,
        tone=TONES[verdict] if verdict else "",
        rank=ORDER[verdict] if verdict else len(ORDER),
        worst=wording.worst(findings(audit)) if audit else "",
        n=number(audit.n_customers) if audit else "–",
        audited_at=audit.audited_at if audit else None,
        due_at=audit.due_at if audit else None,
    )


def summary(found: Sequence[Line]) -> str:
    counts = dict.fromkeys((*WORDS.values(), NOT_AUDITED), 0)
    for line in found:
        counts[line.verdict] += 1
    return ", ".join(f"{n} {word}" for word, n in counts.items() if n)


def audit_view(audit: FairnessAudit) -> AuditView:
    found, verdict = findings(audit), V(audit.verdict)
    alone = [f for f in found if not f.is_intersection]
    crossings = _by_gravity(f for f in found if f.is_intersection)
    chosen = {Measure.SELECTION, Measure.PARITY}
    return AuditView(
        sentence=wording.verdict_sentence(verdict, found),
        word=WORDS[verdict],
        tone=TONES[verdict],
        rule=Occasion(audit.occasion).label,
        because=audit.caution or wording.because(verdict, found),
        advice=wording.advice(verdict, found, audit.proxies),
        facts=_facts(audit),
        traits=tuple(_traits([f for f in alone if f.measure in chosen])),
        crossings=tuple(_row(f) for f in crossings[:MOST_ROWS]),
        n_crossings=len(crossings),
        others=tuple(_row(f) for f in _by_gravity(alone) if f.measure not in chosen),
        proxies=tuple(_proxy(each) for each in audit.proxies),
        bubble=_told(wording.bubble_facts(audit.bubble)),
        bubble_word=WORDS[V(audit.bubble["verdict"])] if audit.bubble else "",
        bubble_tone=TONES[V(audit.bubble["verdict"])] if audit.bubble else "",
        limits=_told(wording.limit_facts(audit.limits)),
        is_breach=verdict is V.BREACH,
        is_justified=verdict is V.BREACH and justified(audit),
        due_at=audit.due_at,
        answers=tuple(_answer(each) for each in audit.answers.all()),
    )


def _facts(audit: FairnessAudit) -> Facts:
    simulated = audit.method == "simulation"
    how = "Simulated on a sample" if simulated else "From the decisions that were made"
    return _told(
        [
            ("Version", str(audit.version_number)),
            ("Customers", number(audit.n_customers)),
            ("How", how),
            ("By", audit.audited_by_label or "Attune"),
        ]
    )


def _told(pairs: Iterable[tuple[str, str]]) -> Facts:
    return [{"label": label, "value": value} for label, value in pairs]


def _by_gravity(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda f: (ORDER[f.verdict], f.p_value or 1.0, f.group))


def _traits(found: Sequence[Finding]) -> Iterable[TraitView]:
    for trait in dict.fromkeys(f.trait for f in found):
        mine = [f for f in found if f.trait == trait]
        ratios = [f for f in mine if f.measure is Measure.SELECTION]
        yield TraitView(trait, _chart(trait, ratios), tuple(_row(f) for f in mine))


def _chart(trait: str, found: Sequence[Finding]) -> Chart:
    reference = next((f.reference for f in found if f.reference), "")
    return charts.dot_interval(
        [
            charts.DotRow(
                label=f.group,
                estimate=_change(f.estimate),
                lo=_change(f.lo),
                hi=_change(f.hi),
                n=f.n,
                reason=wording.lacking(f),
            )
            for f in found
        ],
        title=f"{trait}, against {reference}" if reference else trait,
        unit="% less or more often chosen; beyond −20 % is a breach",
        digits=0,
        baseline="equally often",
    )


def _change(ratio: float | None) -> float | None:
    return None if ratio is None else 100 * (ratio - 1)


def _row(f: Finding) -> FindingRow:
    hidden = f.is_small and f.measure is not Measure.FLIP
    return FindingRow(
        trait=f.trait,
        group=f.group,
        reference=f.reference or "–",
        measure=f.measure.label,
        n=f.shown_n,
        rate="–" if hidden or f.rate is None else wording.rate(f),
        value=wording.value(f, f.estimate),
        interval=wording.interval(f),
        verdict=WORDS[f.verdict],
        tone=TONES[f.verdict],
        sentence=wording.sentence(f),
    )


def _proxy(each: dict[str, Any]) -> ProxyRow:
    word, tone = STRENGTHS[each["strength"]]
    lo, hi = each["lo"], each["hi"]
    return ProxyRow(
        field=each["field"],
        trait=each["trait"],
        value="–" if each["estimate"] is None else f"{each['estimate']:.2f}",
        interval="–" if lo is None else f"{lo:.2f} to {hi:.2f}",
        word=word,
        tone=tone,
    )


def _answer(each: Any) -> AnswerLine:
    return AnswerLine(
        option=OPTIONS[Option(each.option)],
        reason=each.reason,
        who=each.answered_by.display_name,
        role=each.role.replace("_", " "),
        when=each.answered_at,
    )


@dataclass(frozen=True, slots=True)
class HistoryLine:
    when: datetime
    occasion: str
    version: int
    n: str
    word: str
    tone: str
    worst: str


def history(rows: Sequence[FairnessAudit]) -> list[HistoryLine]:
    return [
        HistoryLine(
            row.audited_at,
            Occasion(row.occasion).label,
            row.version_number,
            number(row.n_customers),
            WORDS[V(row.verdict)],
            TONES[V(row.verdict)],
            wording.worst(findings(row)),
        )
        for row in rows
    ]
