"""Read-out of an experiment: what each arm did, against the control, honestly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decisioning.experiments.core import Design
from decisioning.experiments.readouts import (
    STANDARD_GUARDRAILS,
    ArmEffect,
    ArmSummary,
    MetricDefinition,
    MetricReadOut,
    ReadOutVerdict,
)
from decisioning.experiments.verdict import verdict
from decisioning.stats import means, proportions, sequential, srm
from decisioning.stats.sufficient import Effect, NotEnoughData, SufficientStats
from decisioning.types import MetricKind, MetricRole

__all__ = [
    "STANDARD_GUARDRAILS",
    "ArmEffect",
    "ArmSummary",
    "MetricDefinition",
    "MetricReadOut",
    "ReadOut",
    "ReadOutVerdict",
    "read_out",
    "verdict",
]


@dataclass(frozen=True, slots=True)
class ReadOut:
    """All that is known of an experiment, with its verdict."""

    control: str
    level: float
    is_finished: bool
    sample_ratio: srm.SampleRatio
    metrics: tuple[MetricReadOut, ...]
    verdict: ReadOutVerdict

    def metric(self, key: str) -> MetricReadOut:
        """Read-out of one metric.

        Raises
        ------
        KeyError
            If the experiment has no such metric.
        """
        for each in self.metrics:
            if each.definition.key == key:
                return each
        raise KeyError(key)

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON, in the shape of the read-out endpoint."""
        return {
            "control": self.control,
            "level": self.level,
            "state": "finished" if self.is_finished else "running",
            "sampleRatio": {
                "chi2": self.sample_ratio.chi2,
                "p": self.sample_ratio.p_value,
                "verdict": self.sample_ratio.verdict.value,
                "message": self.sample_ratio.message,
            },
            "metrics": [each.as_dict() for each in self.metrics],
            "verdict": self.verdict.as_dict(),
        }


def read_out(
    design: Design,
    stats: Mapping[tuple[str, str], SufficientStats],
    metrics: Sequence[MetricDefinition],
    *,
    finished: bool,
    planned_n: int | None = None,
    level: float = 0.95,
) -> ReadOut:
    """Compare every treated arm with the control on every metric.

    Parameters
    ----------
    design
        Arms with designed shares.
    stats
        Sufficient statistics by ``(arm, metric)``; what is absent was not recorded.
    metrics
        Definitions. Where none is a guardrail the standard three are added: a harm
        that was not counted does not clear.
    finished
        Whether the planned end is reached; only then is there a fixed interval.
    planned_n
        Customers, all arms, the experiment was planned for; the design's when absent.
    level
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    ReadOut

    Raises
    ------
    ValueError
        If ``stats`` names an arm that is not designed, or gives amounts for a
        proportion.

    Notes
    -----
    Intervals are per comparison, without correction for several arms or metrics.
    """
    _check_arms(design, stats)
    definitions = _with_guardrails(metrics)
    plan = planned_n or design.planned_n
    rows = tuple(
        _metric(definition, design, stats, finished, plan, level)
        for definition in definitions
    )
    sizes = _sizes(design, stats)
    ratio = srm.check(sizes, design.shares)
    return ReadOut(
        control=design.control.key,
        level=level,
        is_finished=finished,
        sample_ratio=ratio,
        metrics=rows,
        verdict=verdict(rows, ratio, finished=finished),
    )


def _check_arms(
    design: Design, stats: Mapping[tuple[str, str], SufficientStats]
) -> None:
    unknown = sorted({arm for arm, _ in stats} - set(design.shares))
    if unknown:
        raise ValueError(f"stats: arm {unknown[0]!r} is not in the design")


def _with_guardrails(
    metrics: Sequence[MetricDefinition],
) -> tuple[MetricDefinition, ...]:
    if any(each.role is MetricRole.GUARDRAIL for each in metrics):
        return tuple(metrics)
    named = {each.key for each in metrics}
    added = (each for each in STANDARD_GUARDRAILS if each.key not in named)
    return (*metrics, *added)


def _sizes(
    design: Design, stats: Mapping[tuple[str, str], SufficientStats]
) -> dict[str, int]:
    # A metric that is known for some customers only, such as a survey, would shrink an
    # arm: its size is the largest n over its metrics.
    return {
        key: max((each.n for (arm, _), each in stats.items() if arm == key), default=0)
        for key in design.shares
    }


def _metric(
    definition: MetricDefinition,
    design: Design,
    stats: Mapping[tuple[str, str], SufficientStats],
    finished: bool,
    planned_n: int | None,
    level: float,
) -> MetricReadOut:
    recorded = {
        arm.key: stats[arm.key, definition.key]
        for arm in design.arms
        if (arm.key, definition.key) in stats
    }
    control = recorded.get(design.control.key)
    effects = []
    for arm in design.treated:
        treated = recorded.get(arm.key)
        if control is None or treated is None:
            continue
        n_pair = _pair_size(design, arm.key, planned_n)
        fixed = _fixed(definition, control, treated, level)
        always = sequential.difference(control, treated, planned_n=n_pair, level=level)
        effects.append(
            ArmEffect(
                arm=arm.key,
                against=design.control.key,
                fixed=fixed,
                always_valid=always,
                is_final=finished,
            )
        )
    arms = tuple(ArmSummary.of(key, each) for key, each in recorded.items())
    return MetricReadOut(definition, arms, tuple(effects))


def _pair_size(design: Design, arm_key: str, planned_n: int | None) -> int | None:
    if planned_n is None:
        return None
    shares = design.shares
    return max(1, round(planned_n * (shares[arm_key] + design.control.share)))


def _fixed(
    definition: MetricDefinition,
    control: SufficientStats,
    treated: SufficientStats,
    level: float,
) -> Effect | NotEnoughData:
    if definition.kind is MetricKind.PROPORTION:
        return proportions.unpooled_normal(control, treated, level=level)
    return means.difference(control, treated, level=level)
