"""What findings say, in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.templatetags.fmt import number, percent, points
from governance.fairness.core import FairnessVerdict, Finding, Measure
from governance.fairness.core import worst as worst_of
from governance.fairness.core.finding import BY_CHANCE, NOBODY, STRADDLES, TOO_FEW

V = FairnessVerdict
RATIOS = frozenset(
    {
        Measure.SELECTION,
        Measure.EXPOSURE,
        Measure.OPT_OUT,
        Measure.COMPLAINT,
        Measure.CONTACT,
    }
)
COUNTED = frozenset({Measure.EXPOSURE, Measure.CONTACT, Measure.SPREAD})
NOTES: Mapping[str, str] = {
    TOO_FEW: "Fewer than 50 customers, or nobody to compare with.",
    NOBODY: "It happened to nobody, so there is nothing to compare.",
    STRADDLES: "The interval lies on both sides of the limit.",
    BY_CHANCE: "Alone it would be an alarm; so many comparisons bring one by chance.",
}


def value(f: Finding, amount: float | None) -> str:
    """A ratio as a factor, a difference in points, a share in per cent."""
    if amount is None or not math.isfinite(amount):
        return "–"
    if f.measure in RATIOS or f.measure is Measure.SPREAD:
        return f"{amount:.2f}"
    if f.measure is Measure.FLIP:
        return percent(amount)
    return f"{points(amount, 1)} points"


def interval(f: Finding) -> str:
    if f.lo is None:
        return "–"
    upper = "no upper end" if f.hi is None else value(f, f.hi)
    return f"{value(f, f.lo)} to {upper}"


def rate(f: Finding) -> str:
    if f.rate is None:
        return "–"
    return number(f.rate, 2) if f.measure in COUNTED else percent(f.rate)


def lacking(f: Finding) -> str:
    return NOTES.get(f.note, "")


def sentence(f: Finding) -> str:
    """What a finding lacks, or nothing where it stands."""
    if f.verdict is not V.NOT_ENOUGH_DATA:
        return ""
    told = NOTES.get(f.note, "")
    if f.needs_more:
        days = f", about {number(f.needs_days)} days" if f.needs_days else ""
        return f"{told} Needs {number(f.needs_more)} more customers{days}."
    if f.note == STRADDLES and f.needs_more is None:
        return f"{told} The group is so near it that more customers will not settle it."
    return told


def worst(found: Iterable[Finding]) -> str:
    """The group that fares worst, with its interval."""
    f = worst_of(found)
    if f is None:
        return "No group could be compared."
    return (
        f"{f.group} ({f.trait}): {value(f, f.estimate)}, {interval(f)}; n {f.shown_n}"
    )


def verdict_sentence(verdict: V, found: Sequence[Finding]) -> str:
    if verdict is V.BREACH:
        groups = dict.fromkeys(f.group for f in _breaches(found) if _is_group(f))
        if groups:
            return f"Treated worse: {_listed(list(groups))}."
        traits = dict.fromkeys(f.trait for f in _breaches(found))
        return f"What people get depends on a trait alone: {_listed(list(traits))}."
    if verdict is V.PASS:
        return "Every group that could be judged is treated about alike."
    return "It cannot be told yet whether a group is treated worse."


def _breaches(found: Sequence[Finding]) -> list[Finding]:
    mine = [f for f in found if f.verdict is V.BREACH]
    return sorted(mine, key=lambda f: (not _is_group(f), f.p_value or 0.0))


def _is_group(f: Finding) -> bool:
    return f.measure not in (Measure.FLIP, Measure.SPREAD)


def _listed(names: Sequence[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join(names)


def because(verdict: V, found: Sequence[Finding]) -> str:
    """The finding that decides, as a sentence."""
    if verdict is V.BREACH:
        return _breach_sentence(_breaches(found)[0])
    n_open = sum(f.verdict is V.NOT_ENOUGH_DATA for f in found)
    n_pass = sum(f.verdict is V.PASS for f in found)
    return f"{n_pass} comparisons pass; {n_open} have not enough data."


def _breach_sentence(f: Finding) -> str:
    told = f"{f.measure.label}: {value(f, f.estimate)} (95 % interval {interval(f)})"
    against = f" against {f.reference}" if f.reference else ""
    return f"{f.group} ({f.trait}){against}. {told}."


def advice(
    verdict: V, found: Sequence[Finding], proxies: Sequence[Mapping[str, Any]]
) -> str:
    """What could be done."""
    if verdict is V.PASS:
        return "Nothing has to be done. It is looked at again every month."
    if verdict is V.NOT_ENOUGH_DATA:
        more = max((f.needs_more or 0 for f in found), default=0)
        wait = f" The largest gap is {number(more)} customers." if more else ""
        return f"Stay at a tenth of the audience until there are more customers.{wait}"
    traits = {f.trait for f in _breaches(found)}
    strong = [p for p in proxies if p["strength"] == "strong" and p["trait"] in traits]
    if strong:
        names = dict.fromkeys(f"“{p['field']}”" for p in strong)
        return (
            f"{_listed(list(names))} stands in for the trait. Take it out of the rule, "
            "or put something in its place that says only what is needed."
        )
    return "Look at the rule and at who may be reached: widen it, or drop the data."


def bubble_facts(bubble: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if not bubble:
        return
    yield "Shown", f"{number(bubble['n_shown'])} to {number(bubble['n_people'])} people"
    if bubble["novel"] is not None:
        ends = f"{percent(bubble['novel_lo'])} to {percent(bubble['novel_hi'])}"
        yield "New kinds of things", f"{percent(bubble['novel'])} ({ends})"
    if bubble["coverage"] is not None:
        yield "Of all kinds, shown to somebody", percent(bubble["coverage"], 0)
    if bubble["entropy"] is not None:
        yield "Variety a person", f"{bubble['entropy']:.2f} bits"
    if bubble["entropy_change"] is not None:
        ends = f"{bubble['entropy_lo']:+.2f} to {bubble['entropy_hi']:+.2f}"
        yield "Earlier to later", f"{bubble['entropy_change']:+.2f} bits ({ends})"


def limit_facts(limits: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "Chosen, against the best served", f"at least {limits['ratio_floor']:.2f}"
    yield (
        "Difference in how often chosen",
        f"{percent(limits['difference_pass'], 0)} passes, over "
        f"{percent(limits['difference_breach'], 0)} is a breach",
    )
    yield (
        "Opt-outs, complaints, contacts",
        f"at most {limits['harm_ceiling']:.2f} times",
    )
    yield (
        "Choices that change with the trait",
        f"{percent(limits['flip_pass'], 0)} passes, over "
        f"{percent(limits['flip_breach'], 0)} is a breach",
    )
    yield "New kinds of things", f"at least {percent(limits['novel_floor'], 0)}"
