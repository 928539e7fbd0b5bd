"""Purchase history of each customer in the form that the buying models need."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True, slots=True)
class PurchaseHistory:
    """One entry a customer, in ascending order of customer id.

    Parameters
    ----------
    customer_ids : (n,)
    frequency : (n,) float64
        Days with a purchase after the first such day (``x`` in the literature).
    recency : (n,) float64
        Time from the first to the last purchase (``t_x``), in units.
    T : (n,) float64
        Time from the first purchase to the end of the period, in units.
    monetary : (n,) float64
        Mean spend of the repeat days; 0 where there are none.
    """

    customer_ids: npt.NDArray[np.generic]
    frequency: Floats
    recency: Floats
    T: Floats
    monetary: Floats

    def __len__(self) -> int:
        return int(self.frequency.size)

    @property
    def n_repeaters(self) -> int:
        """Customers who bought again."""
        return int(np.count_nonzero(self.frequency))


def summarise_purchases(
    customer_ids: npt.ArrayLike,
    days: npt.ArrayLike,
    amounts: npt.ArrayLike,
    *,
    period_end: object,
    unit_days: int = 7,
) -> PurchaseHistory:
    """Purchases, one a row in any order, to one line a customer.

    Parameters
    ----------
    customer_ids : (m,) integers or strings
    days : (m,) datetime64, ``date`` or whole days since 1970-01-01
        Day of the purchase; purchases of one day count as one.
    amounts : (m,) float, major currency units
    period_end
        Last day that counts, same kind as ``days``; later purchases are left out.
    unit_days
        Days a time unit: 7 for weeks.

    Returns
    -------
    PurchaseHistory

    Raises
    ------
    ValueError
        If the lengths differ, an amount is missing, or ``unit_days`` is below 1.

    References
    ----------
    Fader and Hardie (2005), "Creating an RFM summary", for the customary coding.
    """
    who, day, spent = np.asarray(customer_ids), _as_days(days), _as_floats(amounts)
    if not who.shape == day.shape == spent.shape:
        raise ValueError("customer_ids, days, amounts: must have the same length")
    if unit_days < 1:
        raise ValueError("unit_days: must be at least 1")
    end = int(_as_days(np.asarray([period_end]))[0])
    in_time = day <= end
    who, day, spent = who[in_time], day[in_time], spent[in_time]
    names, owner = np.unique(who, return_inverse=True)
    owner, day, spent = _one_row_a_day(owner.astype(np.int64), day, spent)
    return _history(names, owner, day, spent, end, unit_days)


def _one_row_a_day(
    owner: npt.NDArray[np.int64], day: npt.NDArray[np.int64], spent: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    if owner.size == 0:
        return owner, day, spent
    order = np.lexsort((day, owner))
    owner, day, spent = owner[order], day[order], spent[order]
    is_new = np.r_[True, (np.diff(owner) != 0) | (np.diff(day) != 0)]
    starts = np.flatnonzero(is_new)
    return owner[starts], day[starts], np.add.reduceat(spent, starts)


def _history(
    names: npt.NDArray[np.generic],
    owner: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    spent: Floats,
    end: int,
    unit_days: int,
) -> PurchaseHistory:
    n_days = np.bincount(owner, minlength=names.size)
    last_row = np.cumsum(n_days) - 1
    first_row = last_row - n_days + 1
    first, last = day[first_row], day[last_row]
    frequency = (n_days - 1).astype(np.float64)
    repeat_spend = np.bincount(owner, spent, names.size) - spent[first_row]
    monetary = np.divide(
        repeat_spend, frequency, out=np.zeros(names.size), where=frequency > 0
    )
    return PurchaseHistory(
        customer_ids=names,
        frequency=frequency,
        recency=(last - first) / unit_days,
        T=(end - first) / unit_days,
        monetary=monetary,
    )


def _as_days(days: npt.ArrayLike) -> npt.NDArray[np.int64]:
    array = np.asarray(days)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        raise ValueError("days: fractions of a day are not allowed")
    dates = array.astype("datetime64[D]")
    if np.isnat(dates).any():
        raise ValueError("days: a date is missing")
    return (dates - _EPOCH).astype(np.int64)


def _as_floats(amounts: npt.ArrayLike) -> Floats:
    array = np.asarray(amounts, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError("amounts: an amount is missing or infinite")
    return array
