"""Models: are the right ones found equally often, and do scores mean the same."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.fairness.core.finding import NOBODY, TOO_FEW, Finding, growth_needed
from governance.fairness.core.groups import Flags
from governance.fairness.core.intervals import (
    Interval,
    Tally,
    rate_difference,
    tail_below,
    wilson,
)
from governance.fairness.core.limits import (
    FairnessVerdict,
    Limits,
    Measure,
    at_most,
)
from governance.fairness.core.rates import Compared

Floats = npt.NDArray[np.float64]
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Tenth:
    """Customers of one tenth of the scores: what was predicted, what happened."""

    predicted: float
    observed: Interval
    n: int

    @property
    def gap(self) -> float:
        """How far what happened lies from what was predicted."""
        return abs(self.observed.estimate - self.predicted)

    def chance(self, allowed: float) -> float:
        """One-sided p-value of "the gap is at most what is allowed"."""
        return tail_below(allowed - self.gap, self.observed.se)

    def verdict(self, allowed: float) -> FairnessVerdict:
        """Whether the interval of the gap lies within what is allowed."""
        lo, hi = self.observed.lo - self.predicted, self.observed.hi - self.predicted
        if -allowed <= lo and hi <= allowed:
            return FairnessVerdict.PASS
        if lo > allowed or hi < -allowed:
            return FairnessVerdict.BREACH
        return FairnessVerdict.NOT_ENOUGH_DATA


def opportunity(at: Compared, positive: Flags, found: Flags) -> Iterator[Finding]:
    """Difference of true positive rates to the group found most often.

    Parameters
    ----------
    at
        The groups.
    positive
        Who did what the model predicts.
    found
        Whom the model had named.

    Yields
    ------
    Finding
        One a group; ``n`` and ``events`` count positives.

    References
    ----------
    Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning.
    """
    hits = at.grouping.counts(positive & found)
    sizes = at.grouping.counts(positive)
    rates = [Tally(h, n) for h, n in zip(hits, sizes, strict=True)]
    with_any = [i for i in at.large if rates[i].n]
    best = max(with_any, key=lambda i: rates[i].rate, default=None)
    for place, tally in enumerate(rates):
        if place == best:
            continue
        if best is None or place not in with_any:
            yield at.blank(Measure.OPPORTUNITY, place, TOO_FEW)
            continue
        yield _opportunity(at, place, tally, rates[best], at.grouping.names[best])


def _opportunity(
    at: Compared, place: int, group: Tally, best: Tally, reference: str
) -> Finding:
    limits = at.limits
    interval = rate_difference(best, group, level=limits.level)
    if interval is None:
        return at.blank(Measure.OPPORTUNITY, place, NOBODY)
    good, bad = limits.difference_pass, limits.difference_breach
    return at.judged(
        Measure.OPPORTUNITY,
        place,
        reference,
        interval,
        at_most(interval.lo, interval.hi, good, bad),
        p_value=tail_below(bad - interval.estimate, interval.se),
        rate=group.rate,
        events=group.events,
        growth=growth_needed(
            interval, equal=good, actual=good - interval.estimate, limits=limits
        ),
    )


def calibration(at: Compared, predicted: Floats, positive: Flags) -> Iterator[Finding]:
    """The worst tenth of each group: observed minus predicted.

    Parameters
    ----------
    at
        The groups.
    predicted
        Scores, as chances.
    positive
        What happened.

    Yields
    ------
    Finding
        One a group; a pass needs every tenth within the limit.

    References
    ----------
    Pleiss et al. (2017), On Fairness and Calibration, NeurIPS 30.
    """
    for place in range(len(at.grouping.names)):
        ours = at.grouping.codes == place
        if place not in at.large:
            yield at.blank(Measure.CALIBRATION, place, TOO_FEW)
            continue
        yield _calibration(
            at, place, tenths(predicted[ours], positive[ours], at.limits)
        )


def tenths(predicted: Floats, positive: Flags, limits: Limits) -> list[Tenth]:
    """Customers in order of their score, in ten parts of equal size.

    Parameters
    ----------
    predicted, positive
        One a customer.
    limits
        Level of the intervals.

    Returns
    -------
    list of Tenth
        Empty parts are left out.
    """
    order = np.argsort(predicted, kind="stable")
    return [
        Tenth(
            float(predicted[part].mean()),
            wilson(Tally(int(positive[part].sum()), len(part)), level=limits.level),
            len(part),
        )
        for part in np.array_split(order, TENTHS)
        if len(part)
    ]


def _calibration(at: Compared, place: int, parts: list[Tenth]) -> Finding:
    allowed = at.limits.calibration
    verdicts = [part.verdict(allowed) for part in parts]
    worst = max(parts, key=lambda part: part.gap)
    chances = [part.chance(allowed) for part in parts]
    verdict = FairnessVerdict.NOT_ENOUGH_DATA
    if FairnessVerdict.BREACH in verdicts:
        verdict = FairnessVerdict.BREACH
        worst = parts[chances.index(min(chances))]
    elif all(v is FairnessVerdict.PASS for v in verdicts):
        verdict = FairnessVerdict.PASS
    seen = worst.observed
    gap = Interval(
        seen.estimate - worst.predicted,
        seen.lo - worst.predicted,
        seen.hi - worst.predicted,
        seen.se,
        "wilson_by_tenth",
    )
    return at.judged(
        Measure.CALIBRATION,
        place,
        "its own scores",
        gap,
        verdict,
        p_value=min(1.0, min(chances) * len(parts)),
        rate=seen.estimate,
        growth=growth_needed(
            gap, equal=allowed, actual=allowed - abs(gap.estimate), limits=at.limits
        ),
    )
