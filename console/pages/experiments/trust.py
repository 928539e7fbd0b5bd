"""Can this read-out be trusted: sample ratio, looking early, size, many comparisons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.charts.digits import signed_text
from console.pages.experiments.wording import PERCENT, Scale, shares_in_words
from decisioning.experiments.analysis import MetricReadOut, ReadOut
from decisioning.stats import power
from decisioning.stats.srm import RatioVerdict, SampleRatio
from decisioning.types import MetricKind, MetricRole

Item = dict[str, Any]
RATIO_WORDS: Mapping[RatioVerdict, tuple[str, str]] = {
    RatioVerdict.OK: ("ok", "Split as designed."),
    RatioVerdict.TRIVIAL: ("ok", "Split as designed, off by a trivial amount."),
    RatioVerdict.WARNING: ("warn", "The split is a little off."),
    RatioVerdict.ALARM: ("fail", "The split is broken."),
    RatioVerdict.NOT_ENOUGH_DATA: ("skipped", "The split cannot be checked yet."),
}
LEAST_FOR_POWER = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """What the experiment was planned for, and how far it has come."""

    n: int
    planned_n: int | None
    planned_days: int | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None

    def share(self) -> float | None:
        return min(1.0, self.n / self.planned_n) if self.planned_n else None

    def words(self, now: dt.datetime) -> str:
        """How long to go, from the customers that came so far."""
        if not self.planned_n:
            return "No planned number of customers was set, so there is no planned end."
        left = self.planned_n - self.n
        if left <= 0:
            return (
                f"The planned {self.planned_n:,} customers are in. "
                "Finish the test to read the final intervals."
            )
        told = f"Needs {left:,} more customers of {self.planned_n:,} planned"
        days = self._days_left(left, now)
        if days is None:
            return f"{told}; too early to say how long that takes."
        return f"{told}, about {days} {'day' if days == 1 else 'days'} at this pace."

    def _days_left(self, left: int, now: dt.datetime) -> int | None:
        if self.started_at is None or self.n == 0:
            return None
        gone = (now - self.started_at).total_seconds() / 86_400
        return max(1, round(left * gone / self.n)) if gone > 0 else None


def checks(
    read_out: ReadOut,
    shares: Sequence[float],
    *,
    is_imported: bool,
    names: Mapping[str, str],
) -> list[Item]:
    return [
        _split(read_out.sample_ratio, shares, names),
        _looking(read_out, is_imported=is_imported),
        *_sizes(read_out),
        _comparisons(read_out),
    ]


def _split(
    ratio: SampleRatio, shares: Sequence[float], names: Mapping[str, str]
) -> Item:
    state, strong = RATIO_WORDS[ratio.verdict]
    if ratio.chi2 is None or ratio.p_value is None:
        return {"state": state, "strong": strong, "text": ratio.message}
    told = "p < 0.001" if ratio.p_value < 0.001 else f"p {ratio.p_value:.3f}"
    text = (
        f"Sample ratio χ² {ratio.chi2:.2f}, {told} against {shares_in_words(shares)}."
    )
    if ratio.verdict in (RatioVerdict.WARNING, RatioVerdict.ALARM):
        arm = names.get(ratio.worst_arm or "", ratio.worst_arm)
        gap = signed_text(100 * (ratio.worst_gap or 0), 1, plus=True)
        text += f" {arm} is {gap}{PERCENT} off its designed number."
    if ratio.verdict is RatioVerdict.ALARM:
        text += " Something sorts customers before they are counted: read nothing here."
    return {"state": state, "strong": strong, "text": text}


def _looking(read_out: ReadOut, *, is_imported: bool) -> Item:
    if not read_out.is_finished:
        text = (
            "Only always-valid intervals are shown. They hold however often you look."
        )
        return {"state": "ok", "strong": "Safe to look at any time.", "text": text}
    text = "The planned end has passed, so the 95 % intervals count."
    if is_imported:
        text = (
            "It came here finished; its end is taken as planned. The always-valid "
            "intervals hold even if people stopped it when they liked what they saw."
        )
    return {"state": "ok", "strong": "Safe to read.", "text": text}


def _sizes(read_out: ReadOut) -> list[Item]:
    items = []
    for metric in read_out.metrics:
        if metric.definition.role is MetricRole.PRIMARY:
            text = smallest_change(metric, read_out.control)
            if text:
                items.append(
                    {"state": "info", "strong": "What it could see.", "text": text}
                )
    return items


def smallest_change(metric: MetricReadOut, control_key: str) -> str:
    """Smallest change that 8 in 10 such experiments would show, in words."""
    control = next((a for a in metric.arms if a.arm == control_key), None)
    treated = [a for a in metric.arms if a.arm != control_key]
    if (
        control is None
        or not treated
        or min(a.n for a in metric.arms) < LEAST_FOR_POWER
    ):
        return ""
    ratio = min(arm.n for arm in treated) / control.n
    change = _detectable(metric, control.mean, control.sd, control.n, ratio)
    if change is None:
        return ""
    scale = Scale.of(metric.definition)
    size = signed_text(change * scale.times, scale.digits)
    return (
        f"With {control.n:,} left alone, a change of {size} {scale.change_unit} in "
        f"{metric.definition.label.lower()} would show in 8 of 10 such tests; "
        "a smaller one may be missed."
    )


def _detectable(
    metric: MetricReadOut,
    mean: float | None,
    sd: float | None,
    n_control: int,
    ratio: float,
) -> float | None:
    if metric.definition.kind is MetricKind.PROPORTION:
        if mean is None or not 0 < mean < 1:
            return None
        rate = power.detectable_rate(mean, n_control, ratio=ratio)
        return None if rate is None else rate - mean
    if not sd:
        return None
    return power.detectable_difference(sd, n_control, ratio=ratio)


def _comparisons(read_out: ReadOut) -> Item:
    n = sum(len(m.effects) for m in read_out.metrics if m.is_recorded)
    text = (
        f"{n} {'comparison' if n == 1 else 'comparisons'}, each at 95 %, without "
        "correction. Only the measure that decides counts for the verdict."
    )
    return {"state": "info", "strong": "One measure decides.", "text": text}
