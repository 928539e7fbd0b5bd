"""How probable it is that each of several independent values is the largest."""

from collections.abc import Callable

import numpy as np
from scipy import special

from decisioning.experiments.policies.base import Floats

N_NODES = 96
TAIL = 1e-6
TINY = 1e-300
MOST_PIECES = 12
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(N_NODES)
Distribution = Callable[[Floats], Floats]


def beta_best(a: Floats, b: Floats) -> Floats:
    """Chance of each of ``m`` independent Beta variables to be the largest.

    Parameters
    ----------
    a, b : (m,) float64, above 0
        Shapes.

    Returns
    -------
    (m,) float64
        Sums to 1.
    """
    low = special.betaincinv(a, b, TAIL)
    high = special.betaincinv(a, b, 1 - TAIL)
    shape_a, shape_b = a[:, None], b[:, None]
    scale = special.betaln(shape_a, shape_b)

    def density(x: Floats) -> Floats:
        grown = special.xlogy(shape_a - 1, x) + special.xlog1py(shape_b - 1, -x)
        return np.asarray(np.exp(grown - scale), dtype=np.float64)

    def below(x: Floats) -> Floats:
        return np.asarray(special.betainc(shape_a, shape_b, x), dtype=np.float64)

    return _best(low, high, density, below)


def normal_best(mean: Floats, sd: Floats) -> Floats:
    """Chance of each of ``m`` independent normal variables to be the largest.

    Parameters
    ----------
    mean, sd : (m,) float64
        ``sd`` above 0.

    Returns
    -------
    (m,) float64
        Sums to 1.
    """
    reach = -special.ndtri(TAIL) * sd
    centre, spread = mean[:, None], sd[:, None]

    def density(x: Floats) -> Floats:
        z = (x - centre) / spread
        return np.asarray(
            np.exp(-0.5 * z**2) / (spread * np.sqrt(2 * np.pi)), dtype=np.float64
        )

    def below(x: Floats) -> Floats:
        return np.asarray(special.ndtr((x - centre) / spread), dtype=np.float64)

    return _best(mean - reach, mean + reach, density, below)


def _best(
    low: Floats, high: Floats, density: Distribution, below: Distribution
) -> Floats:
    r"""Integrate ``f_i(x) * prod_{j != i} F_j(x)`` over the range of the maximum.

    The maximum lies above the largest lower end and below the largest upper end, but
    for ``2 * TAIL`` of each arm. The range is cut at every end of an arm within it, so
    that no narrow peak falls between the nodes of a wide one (composite
    Gauss-Legendre, 96 nodes a piece). The sum before it is scaled to 1 tells the
    error.
    """
    if len(low) == 1:
        return np.ones(1)
    floor, ceiling = low.max(), high.max()
    if ceiling <= floor:
        return np.full(len(low), 1 / len(low))
    cuts = _cuts(high, floor, ceiling)
    half = np.diff(cuts)[:, None] / 2
    x = (cuts[:-1, None] + half + half * _NODES).ravel()
    weight = (half * _WEIGHTS).ravel()
    under = np.log(np.maximum(below(x), TINY))
    all_under = under.sum(axis=0)
    chance = (density(x) * np.exp(all_under - under)) @ weight
    total = chance.sum()
    return chance / total if total > 0 else np.full(len(low), 1 / len(low))


def _cuts(high: Floats, floor: float, ceiling: float) -> Floats:
    """Ends of arms inside the range, thinned to a dozen pieces."""
    ends = np.unique(np.concatenate([[floor, ceiling], high[high > floor]]))
    if len(ends) > MOST_PIECES + 1:
        picks = np.linspace(0, len(ends) - 1, MOST_PIECES + 1).astype(int)
        ends = ends[picks]
    return ends
