"""The read-out as plain rows, for a file and for paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from decisioning.experiments.analysis import ArmEffect, ReadOut
from decisioning.stats.sufficient import Effect

COLUMNS = (
    "metric",
    "label",
    "unit",
    "role",
    "arm",
    "name",
    "n",
    "mean",
    "sd",
    "difference",
    "lo",
    "hi",
    "always_valid_lo",
    "always_valid_hi",
    "method",
)


def rows(read_out: ReadOut, names: Mapping[str, str]) -> Iterator[list[str]]:
    """One line per measure and group, figures in full; empty where not recorded."""
    for metric in read_out.metrics:
        definition = metric.definition
        head = [
            definition.key,
            definition.label,
            definition.unit,
            definition.role.value,
        ]
        if not metric.is_recorded:
            yield [*head, "", "not recorded", *[""] * 9]
        for arm in metric.arms:
            figures = [str(arm.n), _text(arm.mean), _text(arm.sd)]
            name = names.get(arm.arm, arm.arm)
            yield [*head, arm.arm, name, *figures, *_effect(metric.effect(arm.arm))]


def _effect(effect: ArmEffect | None) -> list[str]:
    if effect is None or not isinstance(effect.fixed, Effect):
        return [""] * 6
    fixed, always = effect.fixed, effect.always_valid
    shown = [_text(fixed.lo), _text(fixed.hi)] if effect.is_final else ["", ""]
    wide = ["", ""]
    if isinstance(always, Effect):
        wide = [_text(always.lo), _text(always.hi)]
    method = fixed.method if effect.is_final else "always_valid"
    return [_text(fixed.difference), *shown, *wide, method]


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)
