"""How often each group is chosen: ratio to the best served, and difference."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.fairness.core.finding import (
    NOBODY,
    STRADDLES,
    TOO_FEW,
    Finding,
    growth_needed,
    more_of,
)
from governance.fairness.core.groups import UNKNOWN, Flags, Grouping
from governance.fairness.core.intervals import (
    Interval,
    Moments,
    Tally,
    chance_of_ratio_below,
    mean_ratio,
    rate_difference,
    rate_ratio,
    tail_below,
)
from governance.fairness.core.limits import (
    Direction,
    FairnessVerdict,
    Limits,
    Measure,
    at_least,
    at_most,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison works with: groups, thresholds, days that were looked at."""

    grouping: Grouping
    limits: Limits
    days: float | None = None
    direction: Direction = Direction.BENEFIT

    @property
    def large(self) -> list[int]:
        """Places of groups that may be compared at all."""
        sizes = self.grouping.sizes
        return [i for i, n in enumerate(sizes) if n >= self.limits.least_group]

    def best(self, rates: list[float]) -> int | None:
        """The group that is served best: least often for a burden."""
        large = self.large
        if len(large) < 2:
            return None
        pick = min if self.direction is Direction.BURDEN else max
        return pick(large, key=lambda i: rates[i])

    def blank(self, measure: Measure, place: int, note: str) -> Finding:
        """A group that cannot be judged, and why."""
        return Finding(
            measure=measure,
            trait=self.grouping.trait,
            group=self.grouping.names[place],
            direction=self.direction,
            n=self.grouping.sizes[place],
            is_intersection=self.grouping.is_intersection,
            note=note,
        )

    def judged(
        self,
        measure: Measure,
        place: int,
        reference: str,
        interval: Interval,
        verdict: FairnessVerdict,
        *,
        p_value: float,
        rate: float,
        events: int = 0,
        growth: float | None = None,
    ) -> Finding:
        """A finding with its interval."""
        unclear = verdict is FairnessVerdict.NOT_ENOUGH_DATA
        n = self.grouping.sizes[place]
        return Finding(
            measure=measure,
            trait=self.grouping.trait,
            group=self.grouping.names[place],
            reference=reference,
            direction=self.direction,
            n=n,
            events=events,
            rate=rate,
            estimate=interval.estimate,
            lo=interval.lo,
            hi=interval.hi,
            verdict=verdict,
            p_value=p_value,
            method=interval.method,
            is_intersection=self.grouping.is_intersection,
            note=STRADDLES if unclear else "",
            **more_of(n, growth if unclear else None, self.days),
        )


def tallies(grouping: Grouping, flags: Flags) -> list[Tally]:
    """Flagged of all, group by group.

    Parameters
    ----------
    grouping, flags
        Of the same customers.

    Returns
    -------
    list of Tally
        In the order of the names.
    """
    pairs = zip(grouping.counts(flags), grouping.sizes, strict=True)
    return [Tally(events, n) for events, n in pairs]


def selection(at: Compared, flags: Flags) -> Iterator[Finding]:
    """Ratio and difference of every group's rate to the best served one's.

    Parameters
    ----------
    at
        The groups.
    flags
        Who was chosen.

    Yields
    ------
    Finding
        Two a group, none for the best served; one that says so where a group is too
        small or nobody was chosen.

    References
    ----------
    29 CFR 1607.4 D (ratio); Dwork et al. (2012), ITCS 214-226 (parity);
    ``governance.md`` 7.
    """
    found = tallies(at.grouping, flags)
    best = at.best([t.rate for t in found])
    for place, tally in enumerate(found):
        if place == best:
            continue
        if best is None or place not in at.large:
            yield at.blank(Measure.SELECTION, place, TOO_FEW)
            continue
        reference = at.grouping.names[best]
        first = _ratio(at, place, reference, tally, found[best])
        yield first
        if first.note != NOBODY:
            yield _difference(at, place, reference, tally, found[best])


def _ratio(
    at: Compared, place: int, reference: str, group: Tally, best: Tally
) -> Finding:
    limits = at.limits
    pair = (best, group) if at.direction is Direction.BURDEN else (group, best)
    interval = rate_ratio(*pair, level=limits.level, least_events=limits.least_events)
    if interval is None:
        return at.blank(Measure.SELECTION, place, NOBODY)
    actual = _log_distance(interval.estimate, limits.ratio_floor)
    return at.judged(
        Measure.SELECTION,
        place,
        reference,
        interval,
        at_least(interval.lo, interval.hi, limits.ratio_floor),
        p_value=chance_of_ratio_below(
            *pair, limits.ratio_floor, least_events=limits.least_events
        ),
        rate=group.rate,
        events=group.events,
        growth=growth_needed(
            interval,
            equal=-math.log(limits.ratio_floor),
            actual=actual,
            limits=limits,
        ),
    )


def _log_distance(estimate: float, floor: float) -> float:
    return math.log(estimate / floor) if estimate > 0 else -math.inf


def _difference(
    at: Compared, place: int, reference: str, group: Tally, best: Tally
) -> Finding:
    pair = (group, best) if at.direction is Direction.BURDEN else (best, group)
    interval = rate_difference(*pair, level=at.limits.level)
    assert interval is not None
    return at.judged(
        Measure.PARITY,
        place,
        reference,
        interval,
        _judge_difference(interval, at.limits),
        p_value=tail_below(
            at.limits.difference_breach - interval.estimate, interval.se
        ),
        rate=group.rate,
        events=group.events,
        growth=_growth_of_difference(interval, at.limits),
    )


def _judge_difference(interval: Interval, limits: Limits) -> FairnessVerdict:
    good, bad = limits.difference_pass, limits.difference_breach
    return at_most(interval.lo, interval.hi, good, bad)


def _growth_of_difference(interval: Interval, limits: Limits) -> float | None:
    return growth_needed(
        interval,
        equal=limits.difference_pass,
        actual=limits.difference_pass - interval.estimate,
        limits=limits,
    )


def exposure(at: Compared, shown: Floats) -> Iterator[Finding]:
    """Attention per customer against the group that gets most of it.

    Parameters
    ----------
    at
        The groups.
    shown
        For each customer the sum over what was shown of ``place_weight``.

    Yields
    ------
    Finding
        One a group; judged as the selection ratio is.

    References
    ----------
    Singh and Joachims (2018), Fairness of Exposure in Rankings, KDD 2219-2228.
    """
    codes = at.grouping.codes
    means = [Moments.of(shown[codes == i]) for i in range(len(at.grouping.names))]
    best = at.best([m.mean for m in means])
    for place, mean in enumerate(means):
        if place == best:
            continue
        if best is None or place not in at.large:
            yield at.blank(Measure.EXPOSURE, place, TOO_FEW)
            continue
        yield _exposure(at, place, mean, means[best], at.grouping.names[best])


def _exposure(
    at: Compared, place: int, group: Moments, best: Moments, reference: str
) -> Finding:
    limits, floor = at.limits, at.limits.ratio_floor
    pair = (best, group) if at.direction is Direction.BURDEN else (group, best)
    interval = mean_ratio(*pair, level=limits.level)
    if interval is None:
        return at.blank(Measure.EXPOSURE, place, NOBODY)
    actual = math.log(interval.estimate / floor)
    growth = growth_needed(
        interval, equal=-math.log(floor), actual=actual, limits=limits
    )
    return at.judged(
        Measure.EXPOSURE,
        place,
        reference,
        interval,
        at_least(interval.lo, interval.hi, floor),
        p_value=tail_below(actual, interval.se),
        rate=group.mean,
        growth=growth,
    )


def place_weight(position: int) -> float:
    """Attention that a place in a list gets.

    Parameters
    ----------
    position
        1 for the first.

    Returns
    -------
    float
        1 / log2(1 + position).

    References
    ----------
    Järvelin and Kekäläinen (2002), ACM Trans. Inf. Syst. 20, 422-446.
    """
    return 1 / math.log2(1 + position)


def harm(at: Compared, measure: Measure, happened: Floats) -> Iterator[Finding]:
    """How often something unwelcome happens to a group, against all others.

    Parameters
    ----------
    at
        The groups.
    measure
        Opt-outs, complaints or contacts.
    happened
        0 or 1 a customer for the first two, a count for contacts.

    Yields
    ------
    Finding
        One a group that is large enough.
    """
    known = at.grouping.codes != UNKNOWN
    for place in range(len(at.grouping.names)):
        if place not in at.large:
            yield at.blank(measure, place, TOO_FEW)
            continue
        ours = at.grouping.codes == place
        yield _harm(at, measure, place, happened[ours], happened[known & ~ours])


def _harm(
    at: Compared, measure: Measure, place: int, ours: Floats, theirs: Floats
) -> Finding:
    limits, ceiling = at.limits, at.limits.harm_ceiling
    compared = _counted if measure is Measure.CONTACT else _happened
    interval, p_value = compared(ours, theirs, limits)
    if interval is None:
        return at.blank(measure, place, NOBODY)
    actual = math.log(max(interval.estimate, 1e-9) / ceiling)
    growth = growth_needed(
        interval, equal=math.log(ceiling), actual=actual, limits=limits
    )
    return at.judged(
        measure,
        place,
        "everybody else",
        interval,
        at_most(interval.lo, interval.hi, ceiling, ceiling),
        p_value=p_value,
        rate=float(ours.mean()),
        events=int(ours.sum()),
        growth=growth,
    )


def _counted(
    ours: Floats, theirs: Floats, limits: Limits
) -> tuple[Interval | None, float]:
    found = mean_ratio(Moments.of(ours), Moments.of(theirs), level=limits.level)
    if found is None:
        return None, 1.0
    gap = math.log(limits.harm_ceiling / found.estimate)
    return found, tail_below(gap, found.se)


def _happened(
    ours: Floats, theirs: Floats, limits: Limits
) -> tuple[Interval | None, float]:
    group, others = (Tally(int(v.sum()), len(v)) for v in (ours, theirs))
    least = limits.least_events
    found = rate_ratio(group, others, level=limits.level, least_events=least)
    chance = chance_of_ratio_below(
        others, group, 1 / limits.harm_ceiling, least_events=least
    )
    return found, chance
