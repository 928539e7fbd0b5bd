"""Numbers such as age: how far the chosen differ from the others."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.fairness.core.finding import NOBODY, STRADDLES, TOO_FEW, Finding
from governance.fairness.core.intervals import critical, tail_below
from governance.fairness.core.limits import (
    FairnessVerdict,
    Limits,
    Measure,
    at_most,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """Standardised Gini in [-1, 1], its standard error, and the largest gap."""

    gini: float
    se: float
    ks: float


def spread(chosen: Floats, others: Floats) -> Spread:
    """Compare two samples of a number.

    Parameters
    ----------
    chosen, others
        At least two values each, none missing.

    Returns
    -------
    Spread
        ``gini`` is 2 AUC - 1: 0 where a chosen one is as likely above as below one of
        the others; ``ks`` the largest distance of the two distribution functions.

    References
    ----------
    Somers (1962), Amer. Sociol. Rev. 27, 799-811. DeLong, DeLong and Clarke-Pearson
    (1988), Biometrics 44, 837-845 (standard error). Smirnov (1948), Ann. Math.
    Statist. 19, 279-281.
    """
    above = _share_below(chosen, others)
    below = _share_below(others, chosen)
    variance = above.var(ddof=1) / len(chosen) + below.var(ddof=1) / len(others)
    return Spread(
        float(2 * above.mean() - 1), float(2 * np.sqrt(variance)), _ks(chosen, others)
    )


def _share_below(of: Floats, among: Floats) -> Floats:
    """For each value the share of the others below it, ties counted half."""
    ranked = np.sort(among)
    left = np.searchsorted(ranked, of, side="left")
    right = np.searchsorted(ranked, of, side="right")
    share: Floats = (left + right) / (2 * len(ranked))
    return share


def _ks(chosen: Floats, others: Floats) -> float:
    at = np.concatenate([chosen, others])
    one = np.searchsorted(np.sort(chosen), at, side="right") / len(chosen)
    two = np.searchsorted(np.sort(others), at, side="right") / len(others)
    return float(np.abs(one - two).max())


def number_finding(
    trait: str, values: Floats, chosen: npt.NDArray[np.bool_], limits: Limits
) -> Finding:
    """Judge one number.

    Parameters
    ----------
    trait
        Its name.
    values
        One a customer, NaN for unknown.
    chosen
        Who was chosen.
    limits
        With the largest allowed Gini.

    Returns
    -------
    Finding
        ``estimate`` is the size of the Gini, ``rate`` the largest gap of the two
        distributions.
    """
    known = ~np.isnan(values)
    ours, theirs = values[known & chosen], values[known & ~chosen]
    n = int(known.sum())
    if min(len(ours), len(theirs)) < limits.least_group:
        note = TOO_FEW if n else NOBODY
        return Finding(
            measure=Measure.SPREAD, trait=trait, group="all values", n=n, note=note
        )
    found = spread(ours, theirs)
    half = critical(limits.level) * found.se
    size = abs(found.gini)
    lo, hi = max(0.0, size - half), min(1.0, size + half)
    verdict = at_most(lo, hi, limits.spread, limits.spread)
    return Finding(
        measure=Measure.SPREAD,
        trait=trait,
        group="all values",
        reference="those not chosen",
        n=n,
        events=len(ours),
        rate=found.ks,
        estimate=size,
        lo=lo,
        hi=hi,
        verdict=verdict,
        p_value=tail_below(limits.spread - size, found.se),
        method="delong",
        note=STRADDLES if verdict is FairnessVerdict.NOT_ENOUGH_DATA else "",
    )
