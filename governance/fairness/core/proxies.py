"""What stands in for a protected trait: strength of association, with its interval."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

RESAMPLES = 1_000
WEAK, STRONG = 0.10, 0.30
MOST_LEVELS = 12
TENTHS = 10
LEAST = 50


class Strength(StrEnum):
    """How well one may guess the trait from it, by the lower bound."""

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, slots=True)
class Proxy:
    """One field or condition against one trait; ``strength`` by the lower bound."""

    field: str
    trait: str
    estimate: float | None
    lo: float | None
    hi: float | None
    n: int
    strength: Strength

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def association(
    field: str,
    trait: str,
    one: npt.NDArray[np.object_],
    two: npt.NDArray[np.object_],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Proxy:
    """Cramér's V of two classifications, corrected for bias.

    Parameters
    ----------
    field, trait
        Their names.
    one, two
        One value a customer; an empty text is unknown.
    rng
        Source of randomness of the bootstrap.
    level
        Coverage of the percentile interval of 1,000 resamples.

    Returns
    -------
    Proxy
        Weak from a lower bound of 0.1, strong from 0.3 (Cohen's small and medium);
        not enough data below 50 customers.

    References
    ----------
    Bergsma (2013), J. Korean Statist. Soc. 42, 323-328. Cohen (1988), Statistical Power
    Analysis, section 7.2. Efron and Tibshirani (1993), section 13.3.
    """
    known = (one != "") & (two != "")
    n = int(known.sum())
    table = _table(one[known], two[known])
    if n < LEAST or min(table.shape) < 2:
        strength = Strength.NOT_ENOUGH_DATA if n < LEAST else Strength.NONE
        return Proxy(field, trait, None, None, None, n, strength)
    draws = rng.multinomial(n, table.ravel() / n, size=RESAMPLES)
    spread = cramers_v(draws.reshape(RESAMPLES, *table.shape).astype(np.float64))
    tail = (1 - level) / 2
    lo, hi = (float(q) for q in np.quantile(spread, [tail, 1 - tail]))
    estimate = float(cramers_v(table[None].astype(np.float64))[0])
    strength = Strength.STRONG if lo >= STRONG else Strength.NONE
    if WEAK <= lo < STRONG:
        strength = Strength.WEAK
    return Proxy(field, trait, estimate, lo, hi, n, strength)


def _table(
    one: npt.NDArray[np.object_], two: npt.NDArray[np.object_]
) -> npt.NDArray[np.int64]:
    rows, at_row = np.unique(one.astype(str), return_inverse=True)
    columns, at_column = np.unique(two.astype(str), return_inverse=True)
    flat = np.bincount(
        at_row * len(columns) + at_column, minlength=len(rows) * len(columns)
    )
    return flat.reshape(len(rows), len(columns))


def cramers_v(tables: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bias-corrected Cramér's V of each of several tables.

    Parameters
    ----------
    tables : (m, r, c) float64
        Counts, each table with the same total.

    Returns
    -------
    (m,) float64
        In [0, 1]; 0 where a table has a single row or column left.

    References
    ----------
    Bergsma (2013), equations 6 to 8.
    """
    n = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    expected = rows[:, :, None] * columns[:, None, :] / n[:, None, None]
    safe = np.where(expected > 0, expected, 1.0)
    chi2 = np.where(expected > 0, (tables - expected) ** 2 / safe, 0.0).sum((1, 2))
    r, c = (rows > 0).sum(axis=1), (columns > 0).sum(axis=1)
    phi2 = np.maximum(0.0, chi2 / n - (r - 1) * (c - 1) / (n - 1))
    r_left = r - (r - 1) ** 2 / (n - 1)
    c_left = c - (c - 1) ** 2 / (n - 1)
    most = np.minimum(r_left, c_left) - 1
    found: npt.NDArray[np.float64] = np.sqrt(
        np.where(most > 0, phi2 / np.where(most > 0, most, 1.0), 0.0)
    )
    return np.minimum(found, 1.0)


def banded(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """A field as at most twelve classes: numbers by tenths, else the common values.

    Parameters
    ----------
    values
        One a customer; None is unknown.

    Returns
    -------
    array of text
        An empty text is unknown.
    """
    known = [v for v in values if v is not None]
    is_number = bool(known) and all(
        isinstance(v, (int, float)) and not isinstance(v, bool) for v in known
    )
    if is_number and len(set(known)) > MOST_LEVELS:
        return _by_tenths(values)
    texts = np.array(["" if v is None else str(v) for v in values], dtype=object)
    names, counts = np.unique(texts[texts != ""].astype(str), return_counts=True)
    if len(names) <= MOST_LEVELS:
        return texts
    common = set(names[np.argsort(-counts, kind="stable")][: MOST_LEVELS - 1])
    return np.array(
        [t if t in common or not t else "another" for t in texts], dtype=object
    )


def _by_tenths(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    numbers = np.array([np.nan if v is None else float(v) for v in values])
    known = ~np.isnan(numbers)
    edges = np.unique(np.quantile(numbers[known], np.arange(1, TENTHS) / TENTHS))
    out = np.full(len(numbers), "", dtype=object)
    out[known] = [str(b) for b in np.searchsorted(edges, numbers[known], side="right")]
    return out
