"""Levels and shapes: bars from zero, histograms, calibration, and stacked factors."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from console.charts.base import (
    MIN_DRAWN,
    ZERO,
    Chart,
    Figure,
    axis,
    empty,
    heading,
    label,
    layout,
    row,
    rule,
)
from console.charts.digits import range_text, signed_text


@dataclass(frozen=True, slots=True)
class BarRow:
    label: str
    value: float
    lo: float | None = None
    hi: float | None = None
    series: int = 1


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Customers of one band of predictions; rates in [0, 1]."""

    predicted: float
    observed: float
    n: int
    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Factor:
    label: str
    value: float
    series: int = 0


def bars(rows: Sequence[BarRow], *, title: str, unit: str, digits: int = 0) -> Chart:
    if not rows:
        return empty(title, unit, "nothing has been counted so far")
    ordered = sorted(rows, key=lambda item: item.value)
    least, most = ordered[0], ordered[-1]
    sentence = f"{most.label} has most, {signed_text(most.value, digits)}"
    if least is not most:
        sentence += f"; {least.label} least, {signed_text(least.value, digits)}"
    return Chart(
        title=title,
        unit=unit,
        sentence=f"{sentence}.",
        figure=_bar_figure(rows, digits),
        headings=(
            heading("group", num=False),
            heading("value"),
            heading("95 % interval"),
        ),
        cells=[
            row(item.label, signed_text(item.value, digits), _interval(item, digits))
            for item in rows
        ],
    )


def _interval(item: BarRow, digits: int) -> str:
    if item.lo is None or item.hi is None:
        return ""
    return range_text(item.lo, item.hi, digits)


def _bar_figure(rows: Sequence[BarRow], digits: int) -> Figure:
    has_intervals = all(item.lo is not None and item.hi is not None for item in rows)
    trace: Figure = {
        "type": "bar",
        "orientation": "h",
        "x": [item.value for item in rows],
        "y": list(range(len(rows))),
        "width": 0.5,
        "marker": {"color": [f"series-{item.series}" for item in rows]},
        "text": [signed_text(item.value, digits) for item in rows],
        "textposition": "none" if has_intervals else "outside",
        "textfont": {"color": "color-ink", "size": 12},
        "cliponaxis": False,
        "hovertemplate": f"%{{x:,.{digits}f}}<extra></extra>",
    }
    if has_intervals:
        trace["error_x"] = _error_bars(rows)
    names = axis(
        tickvals=list(range(len(rows))),
        ticktext=[item.label for item in rows],
        range=[len(rows) - 0.5, -0.5],
        automargin=True,
        tickfont={"size": 12, "color": "color-ink"},
    )
    numbers = axis(showgrid=True, rangemode="tozero", nticks=5)
    margin = {"l": 8, "r": 48, "t": 6, "b": 26, "pad": 6}
    return {
        "data": [trace],
        "layout": layout(
            40 + 30 * len(rows),
            numbers,
            names,
            shapes=[rule("x", 0, ZERO)],
            margin=margin,
        ),
    }


def _error_bars(rows: Sequence[BarRow]) -> Figure:
    return {
        "type": "data",
        "symmetric": False,
        "array": [(item.hi or 0) - item.value for item in rows],
        "arrayminus": [item.value - (item.lo or 0) for item in rows],
        "color": "color-ink",
        "thickness": 1.5,
        "width": 4,
    }


def calibration(
    bins: Sequence[CalibrationBin], *, title: str = "Predicted against what happened"
) -> Chart:
    unit = "share who did, 95 % interval, against the predicted share"
    drawn = [item for item in bins if item.n >= MIN_DRAWN]
    if not drawn:
        return empty(title, unit, f"no band of predictions holds {MIN_DRAWN} people")
    good = sum(item.lo <= item.predicted <= item.hi for item in drawn)
    return Chart(
        title=title,
        unit=unit,
        sentence=f"In {good} of {len(drawn)} bands the prediction is in the interval.",
        figure=_calibration_figure(drawn),
        headings=(
            heading("predicted, %", num=False),
            heading("happened, %"),
            heading("95 % interval"),
            heading("customers"),
        ),
        cells=[
            row(
                signed_text(item.predicted * 100, 2),
                signed_text(item.observed * 100, 2),
                range_text(item.lo * 100, item.hi * 100, 2),
                f"{item.n:,}",
            )
            for item in bins
        ],
    )


def _calibration_figure(bins: Sequence[CalibrationBin]) -> Figure:
    top = max(max(item.hi, item.predicted) for item in bins) * 1.08
    perfect: Figure = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, top],
        "y": [0, top],
        "line": {"color": ZERO, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
    observed: Figure = {
        "type": "scatter",
        "mode": "markers",
        "x": [item.predicted for item in bins],
        "y": [item.observed for item in bins],
        "marker": {"color": "series-1", "size": 8},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [item.hi - item.observed for item in bins],
            "arrayminus": [item.observed - item.lo for item in bins],
            "color": "series-1",
            "thickness": 1.5,
            "width": 4,
        },
        "hovertemplate": "predicted %{x:.2%}, happened %{y:.2%}<extra></extra>",
    }
    note = label(top, top, "as predicted", xanchor="right", yanchor="bottom", yshift=2)
    across = axis(showgrid=True, tickformat=".1~%", nticks=5, range=[0, top])
    up = axis(
        showgrid=True, tickformat=".1~%", nticks=5, range=[0, top], automargin=True
    )
    return {
        "data": [perfect, observed],
        "layout": layout(240, across, up, annotations=[note]),
    }


def histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    *,
    title: str,
    unit: str,
    digits: int = 0,
    what: str = "customers",
) -> Chart:
    """Bars between ``len(counts) + 1`` edges; counts under 10 are not said aloud."""
    if len(edges) != len(counts) + 1:
        raise ValueError("edges must be one longer than counts")
    total = sum(counts)
    if total < MIN_DRAWN:
        return empty(title, unit, f"fewer than {MIN_DRAWN} {what}")
    bands = [range_text(lo, hi, digits) for lo, hi in pairwise(edges)]
    peak = max(range(len(counts)), key=counts.__getitem__)
    share = signed_text(100 * counts[peak] / total, 1)
    said = [f"{count:,}" if count >= 10 or count == 0 else "<10" for count in counts]
    return Chart(
        title=title,
        unit=unit,
        sentence=f"Most {what} lie at {bands[peak]}: {share} % of {total:,}.",
        figure=_histogram_figure(edges, counts, bands, said),
        headings=(heading("from, to", num=False), heading(what)),
        cells=[row(band, text) for band, text in zip(bands, said, strict=True)],
    )


def _histogram_figure(
    edges: Sequence[float],
    counts: Sequence[int],
    bands: Sequence[str],
    said: Sequence[str],
) -> Figure:
    widths = [hi - lo for lo, hi in pairwise(edges)]
    trace: Figure = {
        "type": "bar",
        "x": [lo + width / 2 for lo, width in zip(edges, widths, strict=False)],
        "y": list(counts),
        "width": [width * 0.94 for width in widths],
        "marker": {"color": "series-1"},
        "hovertext": [
            f"{band}: {text}" for band, text in zip(bands, said, strict=True)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    across = axis(nticks=6)
    up = axis(showgrid=True, rangemode="tozero", nticks=4, automargin=True)
    return {
        "data": [trace],
        "layout": layout(180, across, up, shapes=[rule("y", 0, ZERO)]),
    }


def stacked(
    parts: Sequence[Factor], *, scale: float, digits: int = 2
) -> list[dict[str, object]]:
    """Place the parts of one score end to end; ``scale`` is the same for all rows."""
    if scale <= 0:
        raise ValueError("scale must be above zero")
    placed: list[dict[str, object]] = []
    x = 0.0
    for part in parts:
        width = 100 * max(part.value, 0) / scale
        placed.append(
            {
                "label": part.label,
                "value": signed_text(part.value, digits),
                "series": part.series,
                "x": x,
                "width": max(width - 0.4, 0.2) if width else 0.0,
            }
        )
        x += width
    return placed
