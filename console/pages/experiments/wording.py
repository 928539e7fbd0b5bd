"""A read-out in plain words: verdicts, harms, shares and amounts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.charts.digits import MINUS, range_text, signed_text
from decisioning.experiments.analysis import MetricDefinition, ReadOut
from decisioning.experiments.readouts import Harm, HarmState, VerdictReason
from decisioning.stats.sufficient import Effect
from decisioning.types import MetricKind, Verdict

PERCENT = "\u202f%"
HYPHEN = re.compile(r"(?<!\w)-(?=\d)")
VERDICT_TONES: Mapping[Verdict, str] = {
    Verdict.SCALE: "positive",
    Verdict.KEEP_RUNNING: "info",
    Verdict.DO_NOT_SCALE: "caution",
    Verdict.STOP: "negative",
    Verdict.CANNOT_TELL: "",
}
HARM_PILLS: Mapping[HarmState, tuple[str, str]] = {
    HarmState.CLEAR: ("Clear", "positive"),
    HarmState.CANNOT_TELL: ("Too wide to tell", ""),
    HarmState.NOT_RECORDED: ("Not recorded", "caution"),
    HarmState.BREACH: ("Harm shown", "negative"),
}
MISSING_IN_IMPORTS: Mapping[str, str] = {
    "opt_out_rate": "This data has no unsubscribe column.",
    "complaint_rate": "No complaint was kept with this test.",
    "refund_rate": "This data has no refund column.",
    "trust_score": "No survey ran in either group.",
}
LABELS: Mapping[str, str] = {
    "opt_out_rate": "Opt-outs",
    "complaint_rate": "Complaints",
    "refund_rate": "Refunds",
    "trust_score": "Trust",
}
NEXT_STEPS: Mapping[VerdictReason, str] = {
    VerdictReason.SAMPLE_RATIO: (
        "Find what sorts customers before they are counted, then run the test again."
    ),
    VerdictReason.NO_PRIMARY_METRIC: "Name the one measure that decides first.",
    VerdictReason.TOO_FEW: "Wait for more customers. Nothing can be read yet.",
    VerdictReason.HARM_BREACHED: "Stop it, and find whom it harmed before a next try.",
    VerdictReason.WORSE: "Stop it. Those left alone do better.",
    VerdictReason.NO_GAIN_YET: "Let it run to its planned end before you decide.",
    VerdictReason.NO_GAIN: "Keep the default. Change the idea before the next test.",
    VerdictReason.HARM_NOT_COUNTED: (
        "Run it again to a small share, with every harm measure counted."
    ),
    VerdictReason.HARM_NOT_CLEARED: (
        "Let it run until every harm measure is inside its margin."
    ),
    VerdictReason.GAIN_WITHOUT_HARM: "Ask for review of a wider exposure.",
}


@dataclass(frozen=True, slots=True)
class Scale:
    """How a metric's figures are written: rates in points, amounts as they are."""

    times: float
    digits: int
    level_unit: str
    change_unit: str

    @classmethod
    def of(cls, definition: MetricDefinition) -> Scale:
        if definition.kind is MetricKind.PROPORTION:
            return cls(100, 2, "%", "percentage points")
        if definition.unit == "orders per customer":
            unit = "orders per 100 customers"
            return cls(100, 1, unit, unit)
        return cls(1, 2, definition.unit, definition.unit)

    def level(self, value: float | None) -> str:
        if value is None:
            return "too few"
        return signed_text(value * self.times, self.digits)

    def change(self, value: float) -> str:
        return signed_text(value * self.times, self.digits, plus=True)

    def span(self, lo: float, hi: float) -> str:
        return range_text(lo * self.times, hi * self.times, self.digits)


def arm_names(arms: Sequence[Mapping[str, object]]) -> dict[str, str]:
    return {str(arm["key"]): _arm_name(arm) for arm in arms}


def _arm_name(arm: Mapping[str, object]) -> str:
    label = str(arm.get("label") or "")
    key = str(arm["key"])
    if label and label != key:
        return label
    return key.replace("-", " ").replace("_", " ").capitalize()


def verdict_sentence(read_out: ReadOut, names: Mapping[str, str]) -> str:
    """The gain and the harm in one breath; the pure verdict's ground where neither."""
    verdict = read_out.verdict
    told = _gain(read_out, names)
    if verdict.reason is VerdictReason.HARM_NOT_COUNTED and told:
        return f"{told} {_uncounted(verdict.harm)}"
    if verdict.reason is VerdictReason.HARM_NOT_CLEARED and told:
        return f"{told} It is not yet certain that it did no harm."
    if verdict.reason is VerdictReason.GAIN_WITHOUT_HARM and told:
        return f"{told} Every harm was counted and is inside its margin."
    because = with_names(verdict.because, names)
    if read_out.is_finished:
        return because
    return because.replace(f"95{PERCENT} interval", "always-valid interval")


def _gain(read_out: ReadOut, names: Mapping[str, str]) -> str:
    primary = next(
        (m for m in read_out.metrics if m.definition.role.value == "primary"), None
    )
    if primary is None or read_out.verdict.arm is None:
        return ""
    effect = primary.effect(read_out.verdict.arm)
    if effect is None or not isinstance(effect.judged, Effect):
        return ""
    scale, found = Scale.of(primary.definition), effect.judged
    size = signed_text(abs(found.difference) * scale.times, scale.digits)
    verb = "raised" if found.difference >= 0 else "lowered"
    arm, control = names.get(effect.arm, effect.arm), names[read_out.control]
    return (
        f"{arm} {verb} {primary.definition.label.lower()} by {size} "
        f"{scale.change_unit} against {control.lower()} "
        f"({scale.span(found.lo, found.hi)})."
    )


def _uncounted(harms: Sequence[Harm]) -> str:
    missing = [h for h in harms if h.state is HarmState.NOT_RECORDED]
    said = joined([label_of(h).lower() for h in missing], last="or") or "any harm"
    return f"Nobody counted {said}, so we cannot say it did no harm."


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Arms under their names, longest key first; figures with a true minus."""
    for key in sorted(names, key=len, reverse=True):
        text = text.replace(key, names[key]) if "-" in key else text
    return HYPHEN.sub(MINUS, text).replace("95%", f"95{PERCENT}")


def label_of(harm: Harm) -> str:
    return LABELS.get(harm.metric, harm.label)


def harm_text(harm: Harm, *, is_imported: bool, names: Mapping[str, str]) -> str:
    if harm.state is not HarmState.NOT_RECORDED:
        return with_names(harm.sentence, names)
    if is_imported:
        return MISSING_IN_IMPORTS.get(harm.metric, "This data does not hold it.")
    return "Nobody has been counted for it so far."


def shares_in_words(shares: Sequence[float]) -> str:
    total = sum(shares)
    if max(shares) - min(shares) < 1e-3 * total:
        words = {2: "one half each", 3: "one third each", 4: "one quarter each"}
        return words.get(len(shares), f"one in {len(shares)} each")
    return " to ".join(f"{100 * share / total:.4g}{PERCENT}" for share in shares)


def joined(words: Sequence[str], *, last: str = "and") -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
