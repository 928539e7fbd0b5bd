"""The panels of a read-out: differences per measure, and the groups as served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.charts import Chart, DotRow, dot_interval
from console.charts.digits import signed_text
from console.pages.experiments.wording import Scale, joined
from decisioning.experiments.analysis import ArmEffect, MetricReadOut, ReadOut
from decisioning.experiments.readouts import ArmSummary
from decisioning.stats.sufficient import Effect, NotEnoughData
from decisioning.types import BetterWhen, MetricKind, MetricRole

Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure: its chart, its differences as rows, its definition."""

    label: str
    unit: str
    role: str
    chart: Chart
    headings: Sequence[Cells]
    rows: Sequence[Cells]
    definition: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PanelSet:
    """Panels that belong together, at most three a row."""

    title: str
    aside: str
    panels: Sequence[Panel]
    columns: int


@dataclass(frozen=True, slots=True)
class Groups:
    """Who was in which group, and what each did; the held-out group last."""

    headings: Sequence[Cells] = ()
    rows: Sequence[Cells] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def panels(read_out: ReadOut, names: Mapping[str, str]) -> list[Panel]:
    series = series_of(read_out, names)
    return [
        _panel(metric, read_out, names, series)
        for metric in read_out.metrics
        if metric.is_recorded
    ]


def panel_sets(found: Sequence[Panel], title: str, legend: str) -> list[PanelSet]:
    """All together where they fit one row; else what decides, then the rest."""
    if len(found) <= MOST_A_ROW:
        return [_set(title, legend, found)] if found else []
    also = [panel for panel in found if panel.role == ALSO]
    deciding = [panel for panel in found if panel.role != ALSO]
    sets = [_set(title, legend, deciding), _set("Also measured", "", also)]
    return [each for each in sets if each.panels]


def _set(title: str, aside: str, found: Sequence[Panel]) -> PanelSet:
    n = len(found)
    return PanelSet(title, aside, found, 2 if n == 4 else min(n, MOST_A_ROW))


def series_of(read_out: ReadOut, names: Mapping[str, str]) -> dict[str, int]:
    treated = [key for key in names if key != read_out.control]
    return {read_out.control: 0} | {key: n for n, key in enumerate(treated, start=1)}


def _panel(
    metric: MetricReadOut,
    read_out: ReadOut,
    names: Mapping[str, str],
    series: Mapping[str, int],
) -> Panel:
    scale = Scale.of(metric.definition)
    rows = [_dot(each, metric, names, series) for each in metric.effects]
    label = metric.definition.label
    headings: list[Cells] = [
        {"label": f"against {names[read_out.control].lower()}"},
        {"label": "difference", "num": True},
    ]
    if read_out.is_finished:
        headings.append({"label": "95 % interval", "num": True})
    else:
        headings.append({"label": "always-valid", "num": True})
    return Panel(
        label=label,
        unit=scale.change_unit,
        role=ROLE_WORDS[metric.definition.role],
        chart=dot_interval(
            rows, title=label, unit=scale.change_unit, digits=scale.digits
        ),
        headings=headings,
        rows=[
            row for each in metric.effects for row in _rows(each, scale, names, series)
        ],
        definition=_definition(metric),
    )


ALSO = "also measured"
MOST_A_ROW = 3
ROLE_WORDS = {
    MetricRole.PRIMARY: "decides",
    MetricRole.GUARDRAIL: "harm measure",
    MetricRole.SECONDARY: ALSO,
}


def _definition(metric: MetricReadOut) -> dict[str, str]:
    definition = metric.definition
    is_higher = definition.better_when is BetterWhen.HIGHER
    return {
        "name": definition.label,
        "formula": f"Mean over all customers of the group, in {definition.unit}, "
        "less the mean of the group left alone.",
        "better_when": "higher" if is_higher else "lower",
        "counted_when": "for every customer from the moment they entered a group",
    }


def _dot(
    effect: ArmEffect,
    metric: MetricReadOut,
    names: Mapping[str, str],
    series: Mapping[str, int],
) -> DotRow:
    times = Scale.of(metric.definition).times
    always, fixed = effect.always_valid, effect.fixed
    n = next((arm.n for arm in metric.arms if arm.arm == effect.arm), None)
    shown = fixed if effect.is_final else None
    return DotRow(
        label=names[effect.arm],
        estimate=fixed.difference * times if isinstance(fixed, Effect) else None,
        lo=shown.lo * times if isinstance(shown, Effect) else None,
        hi=shown.hi * times if isinstance(shown, Effect) else None,
        wide_lo=always.lo * times if isinstance(always, Effect) else None,
        wide_hi=always.hi * times if isinstance(always, Effect) else None,
        series=series[effect.arm],
        n=n,
        reason=always.message if isinstance(always, NotEnoughData) else "",
    )


def _rows(
    effect: ArmEffect,
    scale: Scale,
    names: Mapping[str, str],
    series: Mapping[str, int],
) -> list[Cells]:
    """One row a group; at the planned end the always-valid interval stands below."""
    cells: list[Cells] = [{"text": names[effect.arm], "series": series[effect.arm]}]
    fixed, always = effect.fixed, effect.always_valid
    if isinstance(fixed, NotEnoughData):
        return [{"cells": [*cells, {"text": fixed.message, "muted": True}]}]
    cells.append({"text": scale.change(fixed.difference), "num": True, "strong": True})
    text = always.message if isinstance(always, NotEnoughData) else ""
    if isinstance(always, Effect):
        text = scale.span(always.lo, always.hi)
    wide: Cells = {"text": text, "num": True, "muted": True}
    if not effect.is_final:
        return [{"cells": [*cells, wide]}]
    cells.append({"text": scale.span(fixed.lo, fixed.hi), "num": True})
    below: list[Cells] = [{"text": "always-valid", "muted": True}, {"text": ""}, wide]
    return [{"cells": cells}, {"cells": below}]


def groups(read_out: ReadOut, names: Mapping[str, str]) -> Groups:
    recorded = [metric for metric in read_out.metrics if metric.is_recorded]
    if not recorded:
        return Groups()
    series = series_of(read_out, names)
    order = [key for key in names if key != read_out.control] + [read_out.control]
    headings: list[Cells] = [{"label": "group"}, {"label": "customers", "num": True}]
    headings += [
        {"label": f"{m.definition.label.lower()}, {_unit(m)}", "num": True}
        for m in recorded
    ]
    return Groups(
        headings=headings,
        rows=[_group(key, recorded, names, series) for key in order],
        notes=[note for note in (_spread(m, order, names) for m in recorded) if note],
    )


def _unit(metric: MetricReadOut) -> str:
    """The unit without what it is counted per: the column stands for customers."""
    scale = Scale.of(metric.definition)
    return scale.level_unit.removesuffix(" per customer").removeprefix("orders ")


def _arm(metric: MetricReadOut, key: str) -> ArmSummary | None:
    return next((arm for arm in metric.arms if arm.arm == key), None)


def _group(
    key: str,
    recorded: Sequence[MetricReadOut],
    names: Mapping[str, str],
    series: Mapping[str, int],
) -> Cells:
    found = [_arm(metric, key) for metric in recorded]
    n = max((arm.n for arm in found if arm), default=0)
    cells: list[Cells] = [
        {"text": names[key], "series": series[key]},
        {"text": signed_text(n, 0), "num": True},
    ]
    for metric, arm in zip(recorded, found, strict=True):
        text = Scale.of(metric.definition).level(arm.mean) if arm else "not recorded"
        cells.append({"text": text, "num": True})
    return {"cells": cells}


def _spread(
    metric: MetricReadOut, order: Sequence[str], names: Mapping[str, str]
) -> str:
    """How far an amount varies from person to person; rates say so themselves."""
    scale = Scale.of(metric.definition)
    if metric.definition.kind is MetricKind.PROPORTION:
        return ""
    found = [(key, _arm(metric, key)) for key in order]
    told = [
        f"{signed_text(arm.sd * scale.times, scale.digits)} ({names[key].lower()})"
        for key, arm in found
        if arm and arm.sd is not None
    ]
    if not told:
        return ""
    return (
        f"{metric.definition.label} counts everyone in the group. Standard deviation: "
        f"{joined(told)}, {scale.level_unit}."
    )
