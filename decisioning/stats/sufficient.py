"""What a sample must remember so that a statistic can be computed without its rows."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt


class Shortage(StrEnum):
    """Why a statistic cannot be computed; stable codes."""

    NO_CONTROL = "no_control"
    NO_TREATED = "no_treated"
    TOO_FEW = "too_few"
    NO_VARIATION = "no_variation"
    ZERO_DENOMINATOR = "zero_denominator"
    ONE_CLASS = "one_class"
    NOT_CONVERGED = "not_converged"


@dataclass(frozen=True, slots=True)
class NotEnoughData:
    """An honest "cannot tell", returned instead of ``NaN`` or ``0.0``."""

    code: Shortage
    message: str


@dataclass(frozen=True, slots=True)
class SufficientStats:
    """Count, sum and sum of squares of one metric in one arm.

    Parameters
    ----------
    n
        Number of units (customers), not of events.
    sum_values, sum_squares
        Sum of the values and of their squares over all ``n`` units.

    Raises
    ------
    ValueError
        If ``n`` is negative, a sum is not finite, or the squares contradict the sum
        (``sum_squares * n < sum_values ** 2``, Cauchy-Schwarz).
    """

    n: int
    sum_values: float
    sum_squares: float

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError("n: a count cannot be negative")
        if not (math.isfinite(self.sum_values) and math.isfinite(self.sum_squares)):
            raise ValueError("sum_values, sum_squares: must be finite numbers")
        slack = 1e-9 * max(1.0, self.sum_values**2)
        if self.sum_squares * self.n < self.sum_values**2 - slack:
            raise ValueError(
                "sum_squares: smaller than these n and sum_values allow; "
                "send the sum of squared values"
            )

    @classmethod
    def of_counts(cls, n: int, successes: int) -> "SufficientStats":
        """Statistics of a yes-or-no metric.

        Raises
        ------
        ValueError
            If ``successes`` is not between 0 and ``n``.
        """
        if not 0 <= successes <= n:
            raise ValueError("successes: must be between 0 and n")
        return cls(n, float(successes), float(successes))

    @classmethod
    def of_values(cls, values: npt.ArrayLike | Iterable[float]) -> "SufficientStats":
        """Statistics of one value a unit."""
        array = np.asarray(values, dtype=np.float64)
        return cls(int(array.size), float(array.sum()), float(array @ array))

    @classmethod
    def of_moments(cls, n: int, mean: float, variance: float) -> "SufficientStats":
        """Statistics from a published table: mean and sample variance (``n - 1``)."""
        return cls(n, n * mean, variance * max(n - 1, 0) + n * mean**2)

    def __add__(self, other: "SufficientStats") -> "SufficientStats":
        """Statistics of both samples together."""
        return SufficientStats(
            self.n + other.n,
            self.sum_values + other.sum_values,
            self.sum_squares + other.sum_squares,
        )

    @property
    def mean(self) -> float | None:
        """Mean per unit; ``None`` without units."""
        return self.sum_values / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """Sample variance with ``n - 1``; ``None`` below two units."""
        if self.n < 2:
            return None
        centred = self.sum_squares - self.sum_values**2 / self.n
        return max(centred, 0.0) / (self.n - 1)

    @property
    def sd(self) -> float | None:
        """Sample standard deviation; ``None`` below two units."""
        variance = self.variance
        return None if variance is None else math.sqrt(variance)

    @property
    def is_binary(self) -> bool:
        """Whether the sums are those of zeros and ones."""
        return self.sum_values == self.sum_squares and 0 <= self.sum_values <= self.n


@dataclass(frozen=True, slots=True)
class Effect:
    """Difference of treated and control, treated minus control, with its interval.

    ``difference``, ``lo``, ``hi`` and ``se`` are in the metric's own unit (0.01 of a
    proportion is one percentage point). ``relative`` is the difference divided by the
    control's mean; ``None`` where that mean is zero. ``p_value`` is two-sided.
    """

    difference: float
    se: float
    lo: float
    hi: float
    level: float
    method: str
    relative: float | None
    p_value: float | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound."""
        return (self.lo, self.hi)


def check_level(level: float) -> None:
    """Refuse a level that is no probability.

    Raises
    ------
    ValueError
        If ``level`` is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level: {level} is not between 0 and 1, such as 0.95")


def missing_side(n_control: int, n_treated: int, least: int) -> NotEnoughData | None:
    """Shortage of a comparison of two arms that needs ``least`` units in each."""
    if n_control == 0:
        return NotEnoughData(
            Shortage.NO_CONTROL, "Nobody in the comparison group has been counted."
        )
    if n_treated == 0:
        return NotEnoughData(
            Shortage.NO_TREATED, "Nobody in the treated group has been counted."
        )
    if min(n_control, n_treated) < least:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"Each group needs at least {least} customers; "
            f"there are {n_treated} treated and {n_control} in comparison.",
        )
    return None


def relative_change(difference: float, control_mean: float) -> float | None:
    """Difference as a share of the control's mean; ``None`` where that is zero."""
    return difference / control_mean if control_mean else None
