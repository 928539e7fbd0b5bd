"""Differences from those left alone: a dot, its 95 % bar and its always-valid bar."""

from collections.abc import Sequence
from dataclasses import dataclass

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
)
from console.charts.digits import range_text, signed_text

ROW_HEIGHT = 34


@dataclass(frozen=True, slots=True)
class DotRow:
    """One group; ``lo, hi`` at the planned end, ``wide_lo, wide_hi`` always-valid.

    While a test runs only the always-valid interval is given. ``reason`` stands in
    the place of an estimate that may not be shown.
    """

    label: str
    estimate: float | None
    lo: float | None = None
    hi: float | None = None
    wide_lo: float | None = None
    wide_hi: float | None = None
    series: int = 1
    n: int | None = None
    reason: str = ""

    @property
    def bounds(self) -> tuple[float, float] | None:
        if self.lo is not None and self.hi is not None:
            return self.lo, self.hi
        if self.wide_lo is not None and self.wide_hi is not None:
            return self.wide_lo, self.wide_hi
        return None

    @property
    def hidden_because(self) -> str:
        if self.n is not None and self.n < MIN_DRAWN:
            return f"Too few: fewer than {MIN_DRAWN} people"
        if self.estimate is None or self.bounds is None:
            return self.reason or "Not recorded"
        return ""


def dot_interval(
    rows: Sequence[DotRow],
    *,
    title: str,
    unit: str,
    digits: int = 2,
    baseline: str = "no difference",
) -> Chart:
    if not any(not item.hidden_because for item in rows):
        reasons = "; ".join(f"{item.label}: {item.hidden_because}" for item in rows)
        return empty(title, unit, reasons or "nothing has been counted so far")
    return Chart(
        title=title,
        unit=unit,
        sentence=_sentence(rows, digits, baseline),
        figure=_figure(rows, digits, baseline),
        headings=(
            heading("group", num=False),
            heading("difference"),
            heading("95 % interval"),
            heading("always-valid"),
        ),
        cells=[_table_row(item, digits) for item in rows],
    )


def reading(item: DotRow, baseline: str = "no difference") -> str:
    """Say on which side of zero the whole interval lies."""
    bounds = item.bounds
    if item.hidden_because or bounds is None:
        return item.hidden_because
    if bounds[0] > 0:
        return f"higher: the whole interval is above {baseline}"
    if bounds[1] < 0:
        return f"lower: the whole interval is below {baseline}"
    return f"cannot tell: the interval includes {baseline}"


def _sentence(rows: Sequence[DotRow], digits: int, baseline: str) -> str:
    parts = []
    for item in rows:
        bounds = item.bounds
        if item.hidden_because or item.estimate is None or bounds is None:
            parts.append(f"{item.label}: {item.hidden_because}")
            continue
        value = signed_text(item.estimate, digits, plus=True)
        parts.append(
            f"{item.label} {value} ({range_text(*bounds, digits)}), "
            f"{reading(item, baseline)}"
        )
    return ". ".join(parts) + "."


def _table_row(item: DotRow, digits: int) -> dict[str, object]:
    if item.hidden_because or item.estimate is None:
        return row(item.label, item.hidden_because, "", "")
    planned = _range_or_blank(item.lo, item.hi, digits)
    wide = _range_or_blank(item.wide_lo, item.wide_hi, digits)
    return row(item.label, signed_text(item.estimate, digits, plus=True), planned, wide)


def _range_or_blank(lo: float | None, hi: float | None, digits: int) -> str:
    return "" if lo is None or hi is None else range_text(lo, hi, digits)


def _figure(rows: Sequence[DotRow], digits: int, baseline: str) -> Figure:
    data: list[Figure] = []
    low, high = _range(rows)
    side = "left" if -low < 0.2 * (high - low) else "center"
    side = "right" if high < 0.2 * (high - low) else side
    notes = [label(0, 1, baseline, yref="paper", yanchor="bottom", xanchor=side)]
    for place, item in enumerate(rows):
        if item.hidden_because:
            notes.append(label(0, place, item.hidden_because, xanchor="left", xshift=8))
        else:
            data += _marks(item, place, digits)
    names = axis(
        tickvals=list(range(len(rows))),
        ticktext=[item.label for item in rows],
        range=[len(rows) - 0.5, -0.5],
        automargin=True,
        tickfont={"size": 12, "color": "color-ink"},
    )
    zero = {"zeroline": True, "zerolinecolor": ZERO, "zerolinewidth": 1.5}
    numbers = axis(showgrid=True, range=[low, high], nticks=5, **zero)
    height = 52 + ROW_HEIGHT * len(rows)
    return {
        "data": data,
        "layout": layout(height, numbers, names, annotations=notes),
    }


def _range(rows: Sequence[DotRow]) -> tuple[float, float]:
    """Hold every interval and always zero, with a little air."""
    ends = [0.0]
    for item in rows:
        if not item.hidden_because:
            given = (item.estimate, item.lo, item.hi, item.wide_lo, item.wide_hi)
            ends += [end for end in given if end is not None]
    air = 0.06 * ((max(ends) - min(ends)) or 1)
    return min(ends) - air, max(ends) + air


def _marks(item: DotRow, place: int, digits: int) -> list[Figure]:
    color = f"series-{item.series}"
    marks: list[Figure] = []
    if item.wide_lo is not None and item.wide_hi is not None:
        marks.append(_line(item.wide_lo, item.wide_hi, place, color, 1.5))
        marks[-1] |= {
            "mode": "lines+markers",
            "marker": {
                "symbol": "line-ns-open",
                "size": 9,
                "color": color,
                "line": {"width": 1.5, "color": color},
            },
        }
    if item.lo is not None and item.hi is not None:
        marks.append(_line(item.lo, item.hi, place, f"{color}/60", 6))
    bounds = item.bounds
    estimate = item.estimate
    if bounds is None or estimate is None:
        return marks
    value = signed_text(estimate, digits, plus=True)
    said = range_text(*bounds, digits)
    marks.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [estimate],
            "y": [place],
            "marker": {
                "size": 10,
                "color": color,
                "opacity": 1,
                "line": {"width": 1.5, "color": "color-surface"},
            },
            "hovertemplate": f"{item.label}<br>{value} ({said})<extra></extra>",
        }
    )
    return marks


def _line(lo: float, hi: float, place: int, color: str, width: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [lo, hi],
        "y": [place, place],
        "line": {"color": color, "width": width},
        "hoverinfo": "skip",
    }


__all__ = ["DotRow", "dot_interval", "reading"]
