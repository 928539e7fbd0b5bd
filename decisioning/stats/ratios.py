"""Quotients of two sums per unit, such as complaints per contact (delta method)."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from decisioning.stats.sufficient import (
    Effect,
    NotEnoughData,
    Shortage,
    check_level,
    missing_side,
    relative_change,
)


@dataclass(frozen=True, slots=True)
class RatioStats:
    """Sums of numerator and denominator over ``n`` units of randomisation.

    ``sum_products`` is the sum of numerator times denominator within a unit.
    """

    n: int
    sum_numerator: float
    sum_denominator: float
    sum_numerator_squares: float
    sum_denominator_squares: float
    sum_products: float

    @classmethod
    def of_values(
        cls, numerator: npt.ArrayLike, denominator: npt.ArrayLike
    ) -> "RatioStats":
        """Statistics of one pair a unit.

        Raises
        ------
        ValueError
            If the two do not have the same length.
        """
        top = np.asarray(numerator, dtype=np.float64)
        bottom = np.asarray(denominator, dtype=np.float64)
        if top.shape != bottom.shape:
            raise ValueError("numerator, denominator: must have the same length")
        return cls(
            int(top.size),
            float(top.sum()),
            float(bottom.sum()),
            float(top @ top),
            float(bottom @ bottom),
            float(top @ bottom),
        )

    def __add__(self, other: "RatioStats") -> "RatioStats":
        """Statistics of both samples together."""
        return RatioStats(
            self.n + other.n,
            self.sum_numerator + other.sum_numerator,
            self.sum_denominator + other.sum_denominator,
            self.sum_numerator_squares + other.sum_numerator_squares,
            self.sum_denominator_squares + other.sum_denominator_squares,
            self.sum_products + other.sum_products,
        )

    @property
    def ratio(self) -> float | None:
        """Sum of numerators over sum of denominators; ``None`` where that is zero."""
        if not self.sum_denominator:
            return None
        return self.sum_numerator / self.sum_denominator

    @property
    def se(self) -> float | None:
        """Standard error of the ratio; ``None`` below two units.

        References
        ----------
        Deng, Knoblich and Lu (2018), KDD, eq. 4.
        """
        ratio = self.ratio
        if ratio is None or self.n < 2:
            return None
        # The residual numerator - ratio * denominator sums to zero over all units.
        squares = (
            self.sum_numerator_squares
            - 2 * ratio * self.sum_products
            + ratio**2 * self.sum_denominator_squares
        )
        mean_denominator = self.sum_denominator / self.n
        variance = max(squares, 0.0) / (self.n - 1) / self.n
        return math.sqrt(variance) / abs(mean_denominator)


def difference(
    control: RatioStats, treated: RatioStats, *, level: float = 0.95
) -> Effect | NotEnoughData:
    """Difference of two ratios with a delta-method normal interval.

    Parameters
    ----------
    control, treated
        Statistics per unit of randomisation.
    level
        Coverage of the two-sided interval, in (0, 1).

    Returns
    -------
    Effect or NotEnoughData
        Method ``delta_normal``.

    Notes
    -----
    Assumes independent units (customers, not contacts) and a mean denominator that is
    several standard errors from zero.
    """
    check_level(level)
    shortage = missing_side(control.n, treated.n, least=2)
    if shortage:
        return shortage
    if control.ratio is None or treated.ratio is None:
        return NotEnoughData(
            Shortage.ZERO_DENOMINATOR, "One group has nothing to divide by."
        )
    se = math.hypot(control.se or 0.0, treated.se or 0.0)
    if se <= 0:
        return NotEnoughData(
            Shortage.NO_VARIATION, "Every customer in both groups has the same ratio."
        )
    gap = treated.ratio - control.ratio
    half = float(norm.ppf(0.5 + level / 2)) * se
    return Effect(
        difference=gap,
        se=se,
        lo=gap - half,
        hi=gap + half,
        level=level,
        method="delta_normal",
        relative=relative_change(gap, control.ratio),
        p_value=2 * float(norm.sf(abs(gap) / se)),
    )
