"""A whole audit: every comparison, alarms corrected for their number, one verdict."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from governance.fairness.core.finding import BY_CHANCE, Finding
from governance.fairness.core.flips import flip_finding
from governance.fairness.core.groups import Flags, Values, groupings
from governance.fairness.core.intervals import Tally, discoveries
from governance.fairness.core.limits import (
    USUAL,
    Direction,
    FairnessVerdict,
    Limits,
    Measure,
)
from governance.fairness.core.rates import Compared, exposure, harm, selection
from governance.fairness.core.scores import calibration, opportunity
from governance.fairness.core.spread import number_finding

Floats = npt.NDArray[np.float64]


def _none() -> dict[str, Tally]:
    return {}


def _no_numbers() -> dict[str, Floats]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What there is to judge, one place a customer in every array.

    Parameters
    ----------
    traits
        Groups by trait; an empty text is unknown.
    chosen
        Who was chosen, by what being chosen means for them.
    numbers
        Traits that are numbers, NaN for unknown.
    exposure
        Attention given; see ``place_weight``.
    predicted, positive, found
        Scores as chances, what happened, and whom the model had named.
    harms
        By measure: 0 or 1 a customer, a count for contacts.
    flips
        By trait: changed choices of those tried.
    days
        How long it took to meet these customers; None in a simulation.
    """

    traits: Mapping[str, Values]
    chosen: Mapping[Direction, Flags]
    numbers: Mapping[str, Floats] = field(default_factory=_no_numbers)
    exposure: Floats | None = None
    predicted: Floats | None = None
    positive: Flags | None = None
    found: Flags | None = None
    harms: Mapping[Measure, Floats] = field(default_factory=dict)
    flips: Mapping[str, Tally] = field(default_factory=_none)
    days: float | None = None

    @property
    def n(self) -> int:
        """Customers."""
        arrays = [*self.traits.values(), *self.chosen.values()]
        return len(arrays[0]) if arrays else 0


@dataclass(frozen=True, slots=True)
class Audit:
    """Every finding, and what they come to."""

    findings: tuple[Finding, ...]
    verdict: FairnessVerdict
    n: int
    limits: Limits

    @property
    def breaches(self) -> tuple[Finding, ...]:
        """Findings that stand as breaches, the surest first."""
        found = [f for f in self.findings if f.verdict is FairnessVerdict.BREACH]
        return tuple(sorted(found, key=lambda f: f.p_value or 0.0))


def audit(seen: Observed, limits: Limits = USUAL) -> Audit:
    """Judge what was observed.

    Parameters
    ----------
    seen
        Customers, their traits, and what happened to them.
    limits
        Thresholds.

    Returns
    -------
    Audit
        A breach stands only where it survives Benjamini and Hochberg's correction over
        all comparisons; a pass is not corrected.

    References
    ----------
    ``governance.md`` 7.
    """
    return judged(list(_findings(seen, limits)), seen.n, limits)


def judged(findings: Sequence[Finding], n: int, limits: Limits) -> Audit:
    """Correct the alarms of many comparisons, and say what they come to.

    Parameters
    ----------
    findings
        Everything that was compared.
    n
        Customers.
    limits
        Thresholds.

    Returns
    -------
    Audit
        As ``audit`` gives it.
    """
    found = tuple(_corrected(findings, limits))
    return Audit(found, verdict_of(found, limits), n, limits)


def _findings(seen: Observed, limits: Limits) -> Iterator[Finding]:
    for grouping in groupings(seen.traits, least=limits.least_group):
        at = Compared(grouping=grouping, limits=limits, days=seen.days)
        for direction, flags in seen.chosen.items():
            yield from selection(replace(at, direction=direction), flags)
        yield from _beyond_choice(at, seen)
    for trait, values in seen.numbers.items():
        for flags in seen.chosen.values():
            yield number_finding(trait, values, flags, limits)
    for trait, tally in seen.flips.items():
        yield flip_finding(trait, tally, limits)


def _beyond_choice(at: Compared, seen: Observed) -> Iterator[Finding]:
    if seen.exposure is not None:
        yield from exposure(at, seen.exposure)
    if seen.positive is not None and seen.found is not None:
        yield from opportunity(at, seen.positive, seen.found)
    if seen.positive is not None and seen.predicted is not None:
        yield from calibration(at, seen.predicted, seen.positive)
    for measure, happened in seen.harms.items():
        yield from harm(at, measure, happened)


def _corrected(found: Sequence[Finding], limits: Limits) -> Iterator[Finding]:
    """Breaches that many comparisons alone would bring about are withdrawn."""
    tested = [f.p_value for f in found if f.p_value is not None]
    stands = iter(discoveries(tested, limits.false_discovery))
    for finding in found:
        is_real = next(stands) if finding.p_value is not None else True
        if finding.verdict is FairnessVerdict.BREACH and not is_real:
            verdict = FairnessVerdict.NOT_ENOUGH_DATA
            yield replace(finding, verdict=verdict, note=BY_CHANCE)
        else:
            yield finding


def verdict_of(findings: Iterable[Finding], limits: Limits = USUAL) -> FairnessVerdict:
    """What several findings come to.

    Parameters
    ----------
    findings
        Of one audit, corrected.
    limits
        With the least size of a group.

    Returns
    -------
    FairnessVerdict
        A breach anywhere is a breach. A pass needs every group of a trait that is large
        enough to pass; intersections count once they have enough data, as they are
        more than any number of customers could settle.
    """
    verdicts = {f.verdict for f in findings if _counts(f, limits)}
    if FairnessVerdict.BREACH in verdicts:
        return FairnessVerdict.BREACH
    if verdicts == {FairnessVerdict.PASS}:
        return FairnessVerdict.PASS
    return FairnessVerdict.NOT_ENOUGH_DATA


def _counts(finding: Finding, limits: Limits) -> bool:
    if finding.verdict is FairnessVerdict.BREACH:
        return True
    is_open = finding.verdict is FairnessVerdict.NOT_ENOUGH_DATA
    return not (is_open and (finding.is_intersection or finding.n < limits.least_group))
