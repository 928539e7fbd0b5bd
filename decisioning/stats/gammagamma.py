"""Gamma-Gamma: what a customer's next purchase will be worth.

Assumptions: spend varies around a customer's own mean (gamma, shape ``p``); means vary
over customers (``q``, ``v``); spend and frequency are independent.

References
----------
Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value".
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaln, psi

from decisioning.stats.purchases import PurchaseHistory
from decisioning.stats.sufficient import NotEnoughData, Shortage

Floats = npt.NDArray[np.float64]
LEAST_REPEATERS = 20
_LOG_BOUNDS = (-12.0, 14.0)


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Fitted parameters; ``v`` in currency units.

    ``correlation`` is Pearson's between frequency and mean spend of the repeat buyers:
    the model asks for one near 0, and a report should show it.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    n_repeaters: int
    correlation: float | None

    def expected_spend(self, history: PurchaseHistory) -> Floats:
        """Predict the spend of each customer's next purchase (Fader, Hardie 2013, 5).

        One-time buyers get the population's mean.

        Raises
        ------
        ValueError
            If ``p * x + q <= 1``: then the model's mean is infinite.
        """
        shape = self.p * history.frequency + self.q - 1
        if (shape <= 0).any():
            raise ValueError("q: at most 1, so mean spend is infinite in this model")
        total = history.frequency * history.monetary
        return np.asarray(self.p * (self.v + total) / shape)


def fit(history: PurchaseHistory) -> GammaGamma | NotEnoughData:
    """Maximum-likelihood fit on the customers who bought again for more than 0.

    Parameters
    ----------
    history
        One line a customer, from ``purchases.summarise_purchases``.

    Returns
    -------
    GammaGamma or NotEnoughData
        Not enough below 20 such customers, without any spread of spend, or where mean
        spend would be infinite (``q <= 1``).
    """
    used = (history.frequency > 0) & (history.monetary > 0)
    x, m = history.frequency[used], history.monetary[used]
    if x.size < LEAST_REPEATERS:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"At least {LEAST_REPEATERS} customers with a paid repeat purchase are "
            f"needed; there are {x.size}.",
        )
    if np.ptp(m) <= 1e-12 * float(m.mean()):
        return NotEnoughData(
            Shortage.NO_VARIATION, "Every customer spends the same each time."
        )
    scale = float(m.mean())
    found = minimize(
        _loss,
        np.log([2.0, 3.0, 1.0]),
        args=(x, m / scale),
        jac=True,
        method="L-BFGS-B",
        bounds=[_LOG_BOUNDS] * 3,
        options={"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-8},
    )
    p, q, v = (float(value) for value in np.exp(found.x))
    if not np.isfinite(found.fun) or q <= 1 or max(p, q, v) >= np.exp(13.9):
        return NotEnoughData(
            Shortage.NOT_CONVERGED, "Spend does not pin the model down."
        )
    # Spend was divided by its mean for the search: v scales back, and the density
    # changes by the same factor for each customer.
    value = -float(found.fun) * x.size - x.size * float(np.log(scale))
    return GammaGamma(p, q, v * scale, value, int(x.size), _correlation(x, m))


def _correlation(x: Floats, m: Floats) -> float | None:
    return float(np.corrcoef(x, m)[0, 1]) if np.ptp(x) > 0 else None


def _loss(log_parameters: Floats, x: Floats, m: Floats) -> tuple[float, Floats]:
    """Minus mean log-likelihood and gradient (Fader and Hardie 2013, eq. 1a)."""
    p, q, v = np.exp(log_parameters)
    px, total = p * x, np.log(x * m + v)
    terms = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
    terms += (px - 1) * np.log(m) + px * np.log(x) - (px + q) * total
    gradient = np.array(
        [
            np.mean(x * (psi(px + q) - psi(px) + np.log(m) + np.log(x) - total)),
            np.mean(psi(px + q) - psi(q) + np.log(v) - total),
            np.mean(q / v - (px + q) / (x * m + v)),
        ]
    )
    return float(-terms.mean()), -gradient * np.exp(log_parameters)
