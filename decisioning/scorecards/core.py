"""What a scorecard measures, and what treated against holdout says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from decisioning.scorecards import wording
from decisioning.scorecards.metrics import METRICS, Metric
from decisioning.stats import means, proportions, ratios
from decisioning.stats.ratios import RatioStats
from decisioning.stats.sufficient import (
    Effect,
    NotEnoughData,
    Shortage,
    SufficientStats,
)
from decisioning.types import BetterWhen, MetricKind, MetricRole, Verdict

__all__ = [
    "METRICS",
    "Metric",
    "Row",
    "RowState",
    "RowVerdict",
    "ScorecardVerdict",
    "compare",
    "is_certain_harm",
    "overall",
]

Stats = SufficientStats | RatioStats
LEAST_CUSTOMERS = 100


class RowState(StrEnum):
    """What is known of a metric in a period."""

    MEASURED = "measured"
    NOT_RECORDED = "not_recorded"
    NOT_MATURE = "not_mature"
    TOO_FEW = "too_few"


class RowVerdict(StrEnum):
    """Which way the interval points, seen from the customer's and our good."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference_shown"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a scorecard. All figures are as displayed (after ``scale``)."""

    metric: Metric
    state: RowState
    verdict: RowVerdict
    treated: float | None
    holdout: float | None
    n_treated: int
    n_holdout: int
    effect: Effect | None
    is_harm_cleared: bool
    message: str

    @property
    def is_mature(self) -> bool:
        """Whether enough customers have been followed for as long as it takes."""
        return self.state is not RowState.NOT_MATURE

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON, in the shape of the scorecard endpoint."""
        effect = self.effect
        return {
            "metric": self.metric.key,
            "label": self.metric.label,
            "unit": self.metric.unit,
            "betterWhen": self.metric.better_when.value,
            "role": self.metric.role.value,
            "treated": self.treated,
            "holdout": self.holdout,
            "difference": effect.difference if effect else None,
            "interval": list(effect.interval) if effect else None,
            "method": effect.method if effect else None,
            "n": [self.n_treated, self.n_holdout],
            "mature": self.is_mature,
            "state": self.state.value,
            "verdict": self.verdict.value,
            "definition": self.metric.definition,
            "formula": self.metric.formula,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class ScorecardVerdict:
    """Decision over all rows, with its ground."""

    decision: Verdict
    because: str

    def as_dict(self) -> dict[str, str]:
        """Ready for JSON."""
        return {"decision": self.decision.value, "because": self.because}


def compare(
    metric: Metric,
    treated: Stats | None,
    holdout: Stats | None,
    *,
    is_mature: bool = True,
    level: float = 0.95,
) -> Row:
    """Compare treated and holdout on one metric.

    Parameters
    ----------
    metric
        One of ``METRICS``.
    treated, holdout
        Sufficient statistics per customer (``RatioStats`` for a ratio); ``None`` where
        the metric was not recorded.
    is_mature
        Whether enough customers have been followed for ``maturity_days``; the
        statistics are those of such customers alone.
    level
        Coverage of the interval, in (0, 1).

    Returns
    -------
    Row
        Immature figures are shown without interval and without verdict.

    Raises
    ------
    ValueError, TypeError
        If the statistics are not of the metric's kind.
    """
    if not is_mature:
        text = (
            f"A customer counts after {metric.maturity_days} days. So far "
            f"{_count(treated)} treated and {_count(holdout)} left alone do; each "
            f"group needs {LEAST_CUSTOMERS}."
        )
        return _row(metric, treated, holdout, RowState.NOT_MATURE, text, None)
    if treated is None or holdout is None or treated.n + holdout.n == 0:
        return _row(
            metric, None, None, RowState.NOT_RECORDED, "This was not recorded.", None
        )
    effect = _effect(metric, treated, holdout, level)
    if isinstance(effect, NotEnoughData):
        return _row(metric, treated, holdout, RowState.TOO_FEW, effect.message, None)
    return _row(metric, treated, holdout, RowState.MEASURED, "", effect)


def is_certain_harm(row: Row) -> bool:
    """Whether a guardrail is worse, and not by a margin that was agreed."""
    is_guardrail = row.metric.role is MetricRole.GUARDRAIL
    is_worse = row.verdict is RowVerdict.WORSE
    return is_guardrail and is_worse and not row.is_harm_cleared


def overall(
    rows: Sequence[Row],
    *,
    subject: str = "Personalisation",
    harmful: Mapping[str, str] = MappingProxyType({}),
) -> ScorecardVerdict:
    """Judge all rows of one scope together.

    Parameters
    ----------
    rows
        From ``compare``; the first with the primary role decides the gain.
    subject
        What is judged, as the sentence calls it.
    harmful
        For a guardrail whose row is that of one use case, the name of that use case.

    Returns
    -------
    ScorecardVerdict
        ``scale`` only where the primary is better and every guardrail is measured and
        inside its margin; ``stop`` where a guardrail or the primary is worse.
    """
    guardrails = [row for row in rows if row.metric.role is MetricRole.GUARDRAIL]
    primary = next((row for row in rows if row.metric.role is MetricRole.PRIMARY), None)
    for row in guardrails:
        if is_certain_harm(row):
            who = harmful.get(row.metric.key, subject)
            return ScorecardVerdict(
                Verdict.STOP, f"{who} harms customers: it brings {_told(row)}."
            )
    if primary is None or primary.state is not RowState.MEASURED:
        return ScorecardVerdict(Verdict.CANNOT_TELL, _unmeasured(primary))
    gain = f"{subject} brings {_told(primary)}"
    if primary.verdict is RowVerdict.WORSE:
        return ScorecardVerdict(Verdict.STOP, f"{gain}.")
    if primary.verdict is not RowVerdict.BETTER:
        return ScorecardVerdict(Verdict.KEEP_RUNNING, f"{gain}: no gain is shown yet.")
    return _of_gain(gain, guardrails)


def _of_gain(gain: str, guardrails: Sequence[Row]) -> ScorecardVerdict:
    missing = [row for row in guardrails if row.state is RowState.NOT_RECORDED]
    if missing or not guardrails:
        named = _labels(missing) or "no guardrail is on this scorecard"
        return ScorecardVerdict(
            Verdict.DO_NOT_SCALE, f"{gain}, but harm was not counted ({named})."
        )
    unclear = [row for row in guardrails if not row.is_harm_cleared]
    if unclear:
        return ScorecardVerdict(
            Verdict.KEEP_RUNNING,
            f"{gain}, but harm is not ruled out yet ({_labels(unclear)}).",
        )
    if any(row.verdict is RowVerdict.WORSE for row in guardrails):
        return ScorecardVerdict(
            Verdict.SCALE, f"{gain}, and what harm shows is inside its margin."
        )
    return ScorecardVerdict(Verdict.SCALE, f"{gain} and no harm shows in what runs.")


def _row(
    metric: Metric,
    treated: Stats | None,
    holdout: Stats | None,
    state: RowState,
    message: str,
    effect: Effect | None,
) -> Row:
    return Row(
        metric=metric,
        state=state,
        verdict=_row_verdict(metric, effect),
        treated=_figure(metric, treated),
        holdout=_figure(metric, holdout),
        n_treated=treated.n if treated else 0,
        n_holdout=holdout.n if holdout else 0,
        effect=_scaled(effect, metric.scale) if effect else None,
        is_harm_cleared=effect is not None and _is_inside_margin(metric, effect),
        message=message,
    )


def _effect(
    metric: Metric, treated: Stats, holdout: Stats, level: float
) -> Effect | NotEnoughData:
    if min(treated.n, holdout.n) < LEAST_CUSTOMERS:
        return NotEnoughData(
            Shortage.TOO_FEW,
            f"Each group needs at least {LEAST_CUSTOMERS} customers; there are "
            f"{treated.n} treated and {holdout.n} left alone.",
        )
    if isinstance(treated, RatioStats) and isinstance(holdout, RatioStats):
        if metric.kind is not MetricKind.RATIO:
            raise ValueError(f"{metric.key}: needs n, sum and sum of squares")
        return ratios.difference(holdout, treated, level=level)
    if isinstance(treated, RatioStats) or isinstance(holdout, RatioStats):
        raise TypeError(f"{metric.key}: both groups need the same kind of statistics")
    match metric.kind:
        case MetricKind.PROPORTION:
            return proportions.newcombe(holdout, treated, level=level)
        case MetricKind.MEAN:
            return means.difference(holdout, treated, level=level)
        case MetricKind.RATIO:
            raise ValueError(f"{metric.key}: needs the sums of a ratio")


def _row_verdict(metric: Metric, effect: Effect | None) -> RowVerdict:
    if effect is None:
        return RowVerdict.CANNOT_TELL
    low, high = _toward_good(metric, effect)
    if low > 0:
        return RowVerdict.BETTER
    return RowVerdict.WORSE if high < 0 else RowVerdict.NO_DIFFERENCE


def _is_inside_margin(metric: Metric, effect: Effect) -> bool:
    low, _ = _toward_good(metric, effect)
    return low >= -metric.margin


def _toward_good(metric: Metric, effect: Effect) -> tuple[float, float]:
    if metric.better_when is BetterWhen.HIGHER:
        return effect.lo, effect.hi
    return -effect.hi, -effect.lo


def _figure(metric: Metric, stats: Stats | None) -> float | None:
    if stats is None:
        return None
    value = stats.ratio if isinstance(stats, RatioStats) else stats.mean
    return None if value is None else value * metric.scale


def _scaled(effect: Effect, scale: float) -> Effect:
    return replace(
        effect,
        difference=effect.difference * scale,
        se=effect.se * scale,
        lo=effect.lo * scale,
        hi=effect.hi * scale,
    )


def _told(row: Row) -> str:
    assert row.effect is not None
    return wording.change(row.metric.key, row.effect)


def _count(stats: Stats | None) -> str:
    return f"{stats.n if stats else 0:,}"


def _unmeasured(primary: Row | None) -> str:
    if primary is None:
        return "No metric on this scorecard was named as the one that decides."
    return f"{primary.metric.label}: {primary.message}"


def _labels(rows: Sequence[Row]) -> str:
    return ", ".join(row.metric.label.lower() for row in rows)
