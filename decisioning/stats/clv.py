"""Customer lifetime value: expected purchases times expected spend, discounted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisioning.stats import bgnbd, gammagamma
from decisioning.stats.bgnbd import BgNbd
from decisioning.stats.gammagamma import GammaGamma
from decisioning.stats.purchases import PurchaseHistory, summarise_purchases
from decisioning.stats.sufficient import NotEnoughData

__all__ = [
    "BgNbd",
    "ClvModel",
    "GammaGamma",
    "PurchaseHistory",
    "discounted_value",
    "fit",
    "summarise_purchases",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClvModel:
    """Both halves, fitted on the same history."""

    purchases: BgNbd
    spend: GammaGamma

    def as_dict(self) -> dict[str, dict[str, float | int | None]]:
        """Parameters and fit, ready for JSON."""
        buying, value = self.purchases, self.spend
        return {
            "bgnbd": {
                "r": buying.r,
                "alpha": buying.alpha,
                "a": buying.a,
                "b": buying.b,
                "log_likelihood": buying.log_likelihood,
                "n_customers": buying.n_customers,
                "n_repeaters": buying.n_repeaters,
            },
            "gamma_gamma": {
                "p": value.p,
                "q": value.q,
                "v": value.v,
                "log_likelihood": value.log_likelihood,
                "n_repeaters": value.n_repeaters,
                "correlation": value.correlation,
            },
        }


def fit(history: PurchaseHistory) -> ClvModel | NotEnoughData:
    """Fit BG/NBD and Gamma-Gamma.

    Parameters
    ----------
    history
        One line a customer, from ``summarise_purchases``.

    Returns
    -------
    ClvModel or NotEnoughData
        The first shortage met, in words.
    """
    purchases = bgnbd.fit(history)
    if isinstance(purchases, NotEnoughData):
        return purchases
    spend = gammagamma.fit(history)
    if isinstance(spend, NotEnoughData):
        return spend
    return ClvModel(purchases, spend)


def discounted_value(
    model: ClvModel,
    history: PurchaseHistory,
    *,
    horizon: int = 52,
    step: int = 4,
    discount_rate: float = 0.002,
    margin: float = 1.0,
) -> Floats:
    """Discounted value of each customer's purchases within the horizon.

    Parameters
    ----------
    model
        From ``fit``.
    history
        The customers to value, in the time units of the fit.
    horizon
        Time units ahead; 52 is a year of weeks.
    step
        Time units between two discounting dates; a purchase within a step counts at
        the end of it.
    discount_rate
        Per time unit, at least 0; 0.002 a week is 10.9 % a year.
    margin
        Share of spend that is kept, in (0, 1].

    Returns
    -------
    (n,) float64
        In the currency of the history; never negative.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Fader, Hardie and Lee (2005), Journal of Marketing Research 42, 415-430, eq. 1, as
    a sum over steps.
    """
    if horizon < 1 or not 1 <= step <= horizon:
        raise ValueError("horizon, step: need 1 <= step <= horizon")
    if discount_rate < 0:
        raise ValueError("discount_rate: cannot be negative")
    if not 0 < margin <= 1:
        raise ValueError("margin: must be above 0 and at most 1")
    dates = [*range(step, horizon, step), horizon]
    before, value = np.zeros(len(history)), np.zeros(len(history))
    for date in dates:
        until = model.purchases.expected_purchases(history, float(date))
        value += (until - before) / (1 + discount_rate) ** date
        before = until
    return value * model.spend.expected_spend(history) * margin
