"""BG/NBD: how often a customer will buy again, and whether they are still a customer.

Assumptions: while active, a customer buys at a constant rate (Poisson); after each
repeat purchase they may leave for good, with a constant chance; over customers, rates
are gamma distributed (``r``, ``alpha``) and chances beta (``a``, ``b``), independently.

References
----------
Fader, Hardie and Lee (2005), Marketing Science 24, 275-284 ("FHL" below).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1, psi

from decisioning.stats.purchases import PurchaseHistory
from decisioning.stats.sufficient import NotEnoughData, Shortage

Floats = npt.NDArray[np.float64]
LEAST_REPEATERS = 20
_LOG_BOUNDS = (-12.0, 12.0)
_NUDGE = 1e-6


@dataclass(frozen=True, slots=True)
class BgNbd:
    """Fitted parameters; time in the units of the history they were fitted on."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    n_customers: int
    n_repeaters: int

    def p_alive(self, history: PurchaseHistory) -> Floats:
        """Chance that each customer is still active (FHL 2005, and Fader 2008 note).

        Notes
        -----
        It is 1 for everyone who bought once, by the model's third assumption: rank
        customers by ``expected_purchases``, never by this.
        """
        x, t_x, age = history.frequency, history.recency, history.T
        return np.asarray(1 / (1 + self._odds_gone(x, t_x, age)))

    def expected_purchases(self, history: PurchaseHistory, t: float) -> Floats:
        """Purchases each customer is expected to make in the next ``t`` time units.

        FHL eq. 10, after Euler's transformation of 2F1: its first two arguments then
        no longer grow with ``x``, so it does not overflow for frequent buyers.
        """
        x, t_x, age = history.frequency, history.recency, history.T
        a = self.a if abs(self.a - 1) > _NUDGE else 1 + _NUDGE
        c = a + self.b + x - 1
        c = np.where(np.abs(c) > _NUDGE, c, _NUDGE)
        z = t / (self.alpha + age + t)
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, c, z)
        stay = c / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
        return np.asarray(stay / (1 + self._odds_gone(x, t_x, age)))

    def expected_of_newcomer(self, t: float) -> float:
        """Repeat purchases of an unknown customer in ``t`` time units (FHL eq. 9)."""
        zero = np.zeros(1)
        newcomer = PurchaseHistory(zero, zero, zero, zero, zero)
        return float(self.expected_purchases(newcomer, t)[0])

    def _odds_gone(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        has_repeat = x > 0
        safe_x = np.where(has_repeat, x, 1.0)
        growth = np.log((self.alpha + age) / (self.alpha + t_x))
        # Capped where the odds are certain anyway, since exp overflows at 709.
        power = np.exp(np.minimum((self.r + x) * growth, 700.0))
        odds = self.a / (self.b + safe_x - 1) * power
        return np.where(has_repeat, odds, 0.0)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Distinct (x, t_x, T) with their weights, and distinct x with theirs."""

    x: Floats
    t_x: Floats
    age: Floats
    weight: Floats
    distinct_x: Floats
    weight_x: Floats

    @classmethod
    def of(cls, history: PurchaseHistory) -> "_Rows":
        keys = np.column_stack([history.frequency, history.recency, history.T])
        order = np.lexsort(keys.T)
        keys = keys[order]
        is_new = np.r_[True, (np.diff(keys, axis=0) != 0).any(axis=1)]
        starts = np.flatnonzero(is_new)
        weight = np.diff(np.r_[starts, len(keys)]).astype(np.float64)
        x, t_x, age = keys[starts].T
        distinct_x, index = np.unique(x, return_inverse=True)
        return cls(
            x,
            t_x,
            age,
            weight,
            distinct_x,
            np.bincount(index, weight).astype(np.float64),
        )


def fit(history: PurchaseHistory) -> BgNbd | NotEnoughData:
    """Maximum-likelihood fit.

    Parameters
    ----------
    history
        One line a customer, from ``purchases.summarise_purchases``.

    Returns
    -------
    BgNbd or NotEnoughData
        Not enough below 20 customers who bought again, or where the likelihood has no
        maximum inside the bounds.

    Raises
    ------
    ValueError
        If a history contradicts itself, such as a last purchase after the end.
    """
    _check(history)
    if history.n_repeaters < LEAST_REPEATERS:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"At least {LEAST_REPEATERS} customers who bought again are needed; "
            f"there are {history.n_repeaters}.",
        )
    rows = _Rows.of(history)
    # Rates scale with 1 / time, so the search starts at the sample's own time scale.
    start = np.log([1.0, max(float(np.mean(history.T)) / 10, 1e-3), 1.0, 2.0])
    found = minimize(
        _loss,
        start,
        args=(rows,),
        jac=True,
        method="L-BFGS-B",
        bounds=[_LOG_BOUNDS] * 4,
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-7},
    )
    at_edge = np.any(np.abs(found.x) >= _LOG_BOUNDS[1] - 1e-6)
    if not np.isfinite(found.fun) or at_edge:
        return NotEnoughData(
            Shortage.NOT_CONVERGED,
            "The purchase history does not pin the model down; "
            "a longer period or more customers would.",
        )
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    loss = float(found.fun) * len(history)
    return BgNbd(r, alpha, a, b, -loss, len(history), history.n_repeaters)


def log_likelihood(
    r: float, alpha: float, a: float, b: float, history: PurchaseHistory
) -> float:
    """Log-likelihood of the parameters (FHL eq. 6), natural logarithm."""
    value, _ = _loss(np.log([r, alpha, a, b]), _Rows.of(history))
    return -value * len(history)


def _loss(log_parameters: Floats, rows: _Rows) -> tuple[float, Floats]:
    """Minus mean log-likelihood and its gradient by the logarithms (FHL eq. 6)."""
    r, alpha, a, b = np.exp(log_parameters)
    n = rows.weight.sum()
    value, gradient = _by_frequency(r, a, b, rows)
    value += n * r * np.log(alpha)
    gradient += n * np.array([np.log(alpha), r / alpha, 0.0, 0.0])

    x, weight, has_repeat = rows.x, rows.weight, rows.x > 0
    log_age, log_last = np.log(alpha + rows.age), np.log(alpha + rows.t_x)
    safe_b = np.where(has_repeat, b + x - 1, 1.0)
    still = -(r + x) * log_age
    gone = np.log(a) - np.log(safe_b) - (r + x) * log_last
    gone = np.where(has_repeat, gone, -np.inf)
    either = np.logaddexp(still, gone)
    share = np.exp(gone - either)

    mean_log = log_age + share * (log_last - log_age)
    mean_inverse = (1 - share) / (alpha + rows.age) + share / (alpha + rows.t_x)
    value += weight @ either
    gradient += np.array(
        [
            -(weight @ mean_log),
            -(weight @ ((r + x) * mean_inverse)),
            weight @ share / a,
            -(weight @ (share / safe_b)),
        ]
    )
    return float(-value / n), -gradient * np.exp(log_parameters) / n


def _by_frequency(r: float, a: float, b: float, rows: _Rows) -> tuple[float, Floats]:
    """Terms that depend on x alone, once per distinct x: the gamma functions."""
    x, weight = rows.distinct_x, rows.weight_x
    terms = gammaln(r + x) - gammaln(r) + gammaln(a + b) - gammaln(a + b + x)
    terms += gammaln(b + x) - gammaln(b)
    by_ab = psi(a + b) - psi(a + b + x)
    gradient = np.array(
        [
            weight @ (psi(r + x) - psi(r)),
            0.0,
            weight @ by_ab,
            weight @ (by_ab + psi(b + x) - psi(b)),
        ]
    )
    return float(weight @ terms), gradient


def _check(history: PurchaseHistory) -> None:
    if (history.frequency < 0).any() or (history.recency < 0).any():
        raise ValueError("frequency, recency: cannot be negative")
    if (history.recency > history.T).any():
        raise ValueError("recency: a last purchase lies after the end of the period")
    if ((history.frequency == 0) & (history.recency > 0)).any():
        raise ValueError("recency: must be 0 for customers who bought once")
