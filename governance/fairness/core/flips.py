"""The counterfactual: the same person with another value of one trait."""

from governance.fairness.core.finding import STRADDLES, TOO_FEW, Finding
from governance.fairness.core.intervals import Tally, tail_below, wilson
from governance.fairness.core.limits import (
    FairnessVerdict,
    Limits,
    Measure,
    at_most,
)

# With no change at all Wilson's upper bound is 1 % at z² (1 - 0.01) / 0.01 tries.
CLEARS_ALONE = 381


def flip_finding(trait: str, tally: Tally, limits: Limits) -> Finding:
    """Judge the share of choices that change when only the trait does.

    Parameters
    ----------
    trait
        What was changed.
    tally
        Changed choices of all that were tried.
    limits
        Shares that pass and that are a breach.

    Returns
    -------
    Finding
        Fewer tries than the least size of a group are not enough data.

    References
    ----------
    Kusner, Loftus, Russell and Silva (2017), Counterfactual Fairness, NeurIPS 30; here
    without a causal model: what follows from the trait is left as it is.
    """
    if tally.n < limits.least_group:
        return Finding(
            measure=Measure.FLIP,
            trait=trait,
            group="everybody tried",
            n=tally.n,
            note=TOO_FEW,
        )
    seen = wilson(tally, level=limits.level)
    verdict = at_most(seen.lo, seen.hi, limits.flip_pass, limits.flip_breach)
    unclear = verdict is FairnessVerdict.NOT_ENOUGH_DATA
    return Finding(
        measure=Measure.FLIP,
        trait=trait,
        group="everybody tried",
        reference="the same people, unchanged",
        n=tally.n,
        events=tally.events,
        rate=tally.rate,
        estimate=tally.rate,
        lo=seen.lo,
        hi=seen.hi,
        verdict=verdict,
        p_value=tail_below(limits.flip_breach - tally.rate, seen.se),
        method=seen.method,
        note=STRADDLES if unclear else "",
        needs_more=max(CLEARS_ALONE - tally.n, 0)
        if unclear and not tally.events
        else None,
    )
