"""From effects to a verdict; a gain never outweighs a harm that is not cleared."""

from collections.abc import Sequence
from dataclasses import dataclass

from decisioning.experiments.readouts import (
    ArmEffect,
    Harm,
    HarmState,
    MetricDefinition,
    MetricReadOut,
    ReadOutVerdict,
    VerdictReason,
)
from decisioning.stats.srm import RatioVerdict, SampleRatio
from decisioning.stats.sufficient import Effect
from decisioning.types import BetterWhen, MetricKind, MetricRole, Verdict

_MINUS = "\N{MINUS SIGN}"
_HARM_ORDER = tuple(HarmState)
# Best first: the arm that may be scaled is what the verdict is about.
_DECISION_ORDER = (
    Verdict.SCALE,
    Verdict.KEEP_RUNNING,
    Verdict.DO_NOT_SCALE,
    Verdict.STOP,
    Verdict.CANNOT_TELL,
)


@dataclass(frozen=True, slots=True)
class _ArmVerdict:
    decision: Verdict
    reason: VerdictReason
    because: str
    arm: str
    gain: float


def verdict(
    metrics: Sequence[MetricReadOut], ratio: SampleRatio, *, finished: bool
) -> ReadOutVerdict:
    """Decide by the primary metric, held back by sample ratio and every guardrail.

    Parameters
    ----------
    metrics
        Read-outs; the first with the primary role decides.
    ratio
        Sample-ratio check; an alarm invalidates everything.
    finished
        Whether the planned end is reached.

    Returns
    -------
    ReadOutVerdict
        ``scale`` only where a gain is shown and every guardrail of that arm is counted
        and inside its margin. A guardrail that breaches in a running experiment means
        ``stop``.
    """
    primary = next(
        (each for each in metrics if each.definition.role is MetricRole.PRIMARY), None
    )
    guardrails = [
        each for each in metrics if each.definition.role is MetricRole.GUARDRAIL
    ]
    arms = list(dict.fromkeys(e.arm for each in metrics for e in each.effects))
    harms = {arm: tuple(harm(each, arm) for each in guardrails) for arm in arms}
    summary = _worst_per_metric(harms) or tuple(harm(each, "") for each in guardrails)
    if ratio.verdict is RatioVerdict.ALARM:
        return ReadOutVerdict(
            Verdict.CANNOT_TELL, VerdictReason.SAMPLE_RATIO, ratio.message, summary
        )
    if primary is None:
        return ReadOutVerdict(
            Verdict.CANNOT_TELL,
            VerdictReason.NO_PRIMARY_METRIC,
            "No metric was named as the one that decides.",
            summary,
        )
    return _of_arms(primary, harms, summary, finished)


def harm(metric: MetricReadOut, arm: str) -> Harm:
    """State of one guardrail in one arm, by its always-valid interval.

    Parameters
    ----------
    metric
        Read-out of a guardrail.
    arm
        Treated arm.

    Returns
    -------
    Harm
        ``clear`` where the largest harm the data allow is inside the margin,
        ``breach`` where harm is certain and not inside the margin, ``cannot_tell``
        between the two, ``not_recorded`` where nobody was counted.
    """
    definition = metric.definition
    effect = metric.effect(arm)
    if effect is None or not metric.is_recorded:
        return _harm(
            definition,
            arm,
            HarmState.NOT_RECORDED,
            f"{definition.label}: not recorded.",
        )
    judged = effect.always_valid
    if not isinstance(judged, Effect):
        return _harm(
            definition,
            arm,
            HarmState.CANNOT_TELL,
            f"{definition.label}: {judged.message}",
        )
    least, most = _oriented(judged, toward=_harm_direction(definition))
    state = _harm_state(least, most, definition.margin)
    return _harm(definition, arm, state, _harm_sentence(definition, judged, state))


def _harm_state(least: float, most: float, margin: float) -> HarmState:
    if most <= margin:
        return HarmState.CLEAR
    return HarmState.BREACH if least > 0 else HarmState.CANNOT_TELL


def _harm(definition: MetricDefinition, arm: str, state: HarmState, text: str) -> Harm:
    return Harm(definition.key, definition.label, state, arm or None, text)


def _worst_per_metric(harms: dict[str, tuple[Harm, ...]]) -> tuple[Harm, ...]:
    by_metric = zip(*harms.values(), strict=True)
    return tuple(
        max(states, key=lambda each: _HARM_ORDER.index(each.state))
        for states in by_metric
    )


def _of_arms(
    primary: MetricReadOut,
    harms: dict[str, tuple[Harm, ...]],
    summary: tuple[Harm, ...],
    finished: bool,
) -> ReadOutVerdict:
    judged = [
        _of_arm(primary.definition, effect, harms[effect.arm], finished)
        for effect in primary.effects
    ]
    if not judged:
        return ReadOutVerdict(
            Verdict.CANNOT_TELL,
            VerdictReason.TOO_FEW,
            f"{primary.definition.label} has not been counted in any arm.",
            summary,
        )
    best = min(judged, key=lambda v: (_DECISION_ORDER.index(v.decision), -v.gain))
    because = best.because
    others = [v for v in judged if v.decision is Verdict.STOP and v is not best]
    if others:
        because += " Stop " + " and ".join(v.arm for v in others) + ": it does harm."
    return ReadOutVerdict(best.decision, best.reason, because, summary, best.arm)


def _of_arm(
    definition: MetricDefinition,
    effect: ArmEffect,
    harms: Sequence[Harm],
    finished: bool,
) -> _ArmVerdict:
    judged = effect.judged
    breached = [each for each in harms if each.state is HarmState.BREACH]
    at_end = Verdict.DO_NOT_SCALE if finished else Verdict.STOP
    if breached:
        text = f"{effect.arm} does harm. {breached[0].sentence}"
        return _ArmVerdict(at_end, VerdictReason.HARM_BREACHED, text, effect.arm, 0.0)
    if not isinstance(judged, Effect):
        return _ArmVerdict(
            Verdict.CANNOT_TELL, VerdictReason.TOO_FEW, judged.message, effect.arm, 0.0
        )
    low, high = _oriented(judged, toward=_good_direction(definition))
    gain = judged.difference * _good_direction(definition)
    told = _told(definition, effect.arm, judged)
    decision, reason, tail = _ground(low, high, harms, finished)
    return _ArmVerdict(decision, reason, f"{told} {tail}", effect.arm, gain)


def _ground(
    low: float, high: float, harms: Sequence[Harm], finished: bool
) -> tuple[Verdict, VerdictReason, str]:
    wait = Verdict.DO_NOT_SCALE if finished else Verdict.KEEP_RUNNING
    states = {each.state for each in harms}
    if high < 0:
        decision = Verdict.DO_NOT_SCALE if finished else Verdict.STOP
        return decision, VerdictReason.WORSE, "That is worse than the control."
    if low <= 0:
        if finished:
            return wait, VerdictReason.NO_GAIN, "No gain was shown."
        return wait, VerdictReason.NO_GAIN_YET, "No gain is shown yet."
    if not harms or HarmState.NOT_RECORDED in states:
        return wait, VerdictReason.HARM_NOT_COUNTED, _not_counted(harms)
    if HarmState.CANNOT_TELL in states:
        return wait, VerdictReason.HARM_NOT_CLEARED, _not_cleared(harms)
    return (
        Verdict.SCALE,
        VerdictReason.GAIN_WITHOUT_HARM,
        "Every harm was counted and is inside its margin.",
    )


def _not_counted(harms: Sequence[Harm]) -> str:
    missing = _listed(harms, HarmState.NOT_RECORDED) or "harm"
    return (
        f"But harm was not counted ({missing}), "
        "and what was not counted does not clear."
    )


def _not_cleared(harms: Sequence[Harm]) -> str:
    open_ones = _listed(harms, HarmState.CANNOT_TELL)
    return f"But it is not yet certain that no harm was done ({open_ones})."


def _listed(harms: Sequence[Harm], state: HarmState) -> str:
    return ", ".join(each.label.lower() for each in harms if each.state is state)


def _good_direction(definition: MetricDefinition) -> int:
    return 1 if definition.better_when is BetterWhen.HIGHER else -1


def _harm_direction(definition: MetricDefinition) -> int:
    return -_good_direction(definition)


def _oriented(effect: Effect, *, toward: int) -> tuple[float, float]:
    bounds = (effect.lo * toward, effect.hi * toward)
    return min(bounds), max(bounds)


def _told(definition: MetricDefinition, arm: str, effect: Effect) -> str:
    moved = "raised" if effect.difference >= 0 else "lowered"
    return (
        f"{arm} {moved} {definition.label.lower()} by "
        f"{_amount(definition, abs(effect.difference))} "
        f"({effect.level:.0%} interval {_span(definition, effect)})."
    )


def _harm_sentence(
    definition: MetricDefinition, effect: Effect, state: HarmState
) -> str:
    margin = _amount(definition, definition.margin)
    ending = {
        HarmState.CLEAR: f"inside the margin of {margin}.",
        HarmState.BREACH: f"certain harm, and not inside the margin of {margin}.",
    }.get(state, f"too wide to rule out more than the margin of {margin}.")
    return (
        f"{definition.label} differs by {_amount(definition, effect.difference)} "
        f"(always-valid interval {_span(definition, effect)}): {ending}"
    )


def _span(definition: MetricDefinition, effect: Effect) -> str:
    lo, hi = _figure(definition, effect.lo), _figure(definition, effect.hi)
    return f"{lo} to {hi}"


def _amount(definition: MetricDefinition, value: float) -> str:
    return f"{_figure(definition, value)} {_shown(definition)[2]}"


def _figure(definition: MetricDefinition, value: float) -> str:
    times, digits, _ = _shown(definition)
    size = f"{abs(value) * times:,.{digits}f}"
    is_negative = value < 0 and any(digit in size for digit in "123456789")
    return f"{_MINUS}{size}" if is_negative else size


def _shown(definition: MetricDefinition) -> tuple[float, int, str]:
    if definition.kind is MetricKind.PROPORTION:
        return 100.0, 2, "points"
    if definition.unit == "orders per customer":
        return 100.0, 1, "orders per 100 customers"
    return 1.0, 2, definition.unit
