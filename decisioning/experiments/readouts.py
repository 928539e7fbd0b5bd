"""Parts of a read-out: definitions, arms, effects, harms, and their JSON."""

from dataclasses import dataclass
from enum import StrEnum

from decisioning.stats.sufficient import Effect, NotEnoughData, SufficientStats
from decisioning.types import BetterWhen, MetricKind, MetricRole, Verdict


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """What is measured, and which way is good.

    ``margin`` is the largest harm of a guardrail that is tolerated, absolute, in the
    metric's unit, at least 0.
    """

    key: str
    label: str
    kind: MetricKind
    unit: str
    better_when: BetterWhen = BetterWhen.HIGHER
    role: MetricRole = MetricRole.SECONDARY
    margin: float = 0.0

    def __post_init__(self) -> None:
        if self.margin < 0:
            raise ValueError("margin: cannot be negative")
        if self.kind is MetricKind.RATIO:
            raise ValueError("kind: a read-out takes proportions and means")


STANDARD_GUARDRAILS: tuple[MetricDefinition, ...] = (
    MetricDefinition(
        "opt_out_rate",
        "Opt-out rate",
        MetricKind.PROPORTION,
        "share of customers",
        BetterWhen.LOWER,
        MetricRole.GUARDRAIL,
        0.001,
    ),
    MetricDefinition(
        "complaint_rate",
        "Complaints per 10,000 contacts",
        MetricKind.MEAN,
        "per 10,000 contacts",
        BetterWhen.LOWER,
        MetricRole.GUARDRAIL,
        5.0,
    ),
    MetricDefinition(
        "trust_score",
        "Trust score",
        MetricKind.MEAN,
        "points of 5",
        BetterWhen.HIGHER,
        MetricRole.GUARDRAIL,
        0.1,
    ),
)


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm on one metric; ``None`` where there are too few customers."""

    arm: str
    n: int
    mean: float | None
    sd: float | None

    @classmethod
    def of(cls, arm: str, stats: SufficientStats) -> "ArmSummary":
        """Summary of sufficient statistics."""
        return cls(arm, stats.n, stats.mean, stats.sd)

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {"arm": self.arm, "n": self.n, "mean": self.mean, "sd": self.sd}


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """One treated arm against the control, on one metric."""

    arm: str
    against: str
    fixed: Effect | NotEnoughData
    always_valid: Effect | NotEnoughData
    is_final: bool

    @property
    def judged(self) -> Effect | NotEnoughData:
        """What a verdict may lean on: the fixed interval only at the planned end."""
        return self.fixed if self.is_final else self.always_valid

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON; ``interval`` only at the planned end."""
        row: dict[str, object] = {"arm": self.arm, "against": self.against}
        if isinstance(self.fixed, NotEnoughData):
            shortage = {"code": self.fixed.code.value, "message": self.fixed.message}
            return row | {"difference": None, "notEnoughData": shortage}
        always = self.always_valid
        row["difference"] = self.fixed.difference
        row["relative"] = self.fixed.relative
        if self.is_final:
            row["interval"] = list(self.fixed.interval)
            row["method"] = self.fixed.method
        if isinstance(always, Effect):
            row["alwaysValid"] = list(always.interval)
            row.setdefault("method", always.method)
        else:
            row["alwaysValid"] = None
            row["notEnoughData"] = {
                "code": always.code.value,
                "message": always.message,
            }
        return row


@dataclass(frozen=True, slots=True)
class MetricReadOut:
    """One metric over all arms."""

    definition: MetricDefinition
    arms: tuple[ArmSummary, ...]
    effects: tuple[ArmEffect, ...]

    @property
    def is_recorded(self) -> bool:
        """Whether anybody was counted for it."""
        return any(arm.n for arm in self.arms)

    def effect(self, arm: str) -> ArmEffect | None:
        """Effect of one arm; ``None`` where it was not recorded."""
        return next((each for each in self.effects if each.arm == arm), None)

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        definition = self.definition
        return {
            "metric": definition.key,
            "label": definition.label,
            "unit": definition.unit,
            "kind": definition.kind.value,
            "role": definition.role.value,
            "betterWhen": definition.better_when.value,
            "state": "recorded" if self.is_recorded else "not_recorded",
            "arms": [arm.as_dict() for arm in self.arms],
            "effects": [effect.as_dict() for effect in self.effects],
        }


class HarmState(StrEnum):
    """What is known of one harm in one arm, mildest first."""

    CLEAR = "clear"
    CANNOT_TELL = "cannot_tell"
    NOT_RECORDED = "not_recorded"
    BREACH = "breach"


class VerdictReason(StrEnum):
    """Stable code of the ground on which a verdict stands."""

    SAMPLE_RATIO = "sample_ratio"
    NO_PRIMARY_METRIC = "no_primary_metric"
    TOO_FEW = "too_few"
    HARM_BREACHED = "harm_breached"
    WORSE = "worse"
    NO_GAIN_YET = "no_gain_yet"
    NO_GAIN = "no_gain"
    HARM_NOT_COUNTED = "harm_not_counted"
    HARM_NOT_CLEARED = "harm_not_cleared"
    GAIN_WITHOUT_HARM = "gain_without_harm"


@dataclass(frozen=True, slots=True)
class Harm:
    """State of one guardrail, the worst over the arms it covers."""

    metric: str
    label: str
    state: HarmState
    arm: str | None
    sentence: str

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "metric": self.metric,
            "state": self.state.value,
            "arm": self.arm,
            "because": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class ReadOutVerdict:
    """The decision with its ground, in a code and in a sentence."""

    decision: Verdict
    reason: VerdictReason
    because: str
    harm: tuple[Harm, ...]
    arm: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "decision": self.decision.value,
            "reason": self.reason.value,
            "because": self.because,
            "arm": self.arm,
            "harm": [each.as_dict() for each in self.harm],
        }
