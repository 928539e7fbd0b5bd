"""What every chart is: a figure, its reading in words, and the numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]
Cell = dict[str, object]
TableRow = dict[str, object]

MIN_DRAWN = 50
INK = "color-ink"
MUTED = "color-ink-muted"
LINE = "color-line"
ZERO = "color-line-strong"
LIMIT = "color-negative"
SURFACE = "color-surface"


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    unit: str
    sentence: str
    figure: Figure
    headings: Sequence[Cell]
    cells: Sequence[TableRow]
    is_empty: bool = False


def empty(title: str, unit: str, why: str) -> Chart:
    return Chart(title, unit, f"Cannot tell yet: {why}", {}, (), (), is_empty=True)


def heading(label: str, *, num: bool = True) -> Cell:
    return {"label": label, "num": num}


def row(label: str, *values: str) -> TableRow:
    first: Cell = {"text": label}
    return {"cells": [first, *({"text": value, "num": True} for value in values)]}


def axis(**changes: object) -> Figure:
    base: Figure = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "exponentformat": "none",
        "separatethousands": True,
        "tickfont": {"size": 12, "color": MUTED},
        "gridcolor": LINE,
        "gridwidth": 1,
    }
    return {**base, **changes}


def layout(height: int, xaxis: Figure, yaxis: Figure, **changes: object) -> Figure:
    base: Figure = {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 22, "b": 26, "pad": 6},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": INK},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "separators": ".,",
        "hoverlabel": {
            "bgcolor": SURFACE,
            "bordercolor": ZERO,
            "font": {"color": INK, "size": 12},
            "align": "left",
        },
        "xaxis": xaxis,
        "yaxis": yaxis,
    }
    return {**base, **changes}


def label(x: object, y: object, text: str, **changes: object) -> Figure:
    base: Figure = {
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "font": {"size": 12, "color": MUTED},
    }
    return {**base, **changes}


def rule(axis_name: str, value: object, color: str, dash: str = "solid") -> Figure:
    """Draw a straight line across the plot at one value of one axis."""
    line: Figure = {"color": color, "width": 1.5, "dash": dash}
    if axis_name == "x":
        place: Figure = {"x0": value, "x1": value, "y0": 0, "y1": 1, "yref": "paper"}
    else:
        place = {"y0": value, "y1": value, "x0": 0, "x1": 1, "xref": "paper"}
    return {
        "type": "line",
        "layer": "between" if dash == "solid" else "above",
        "line": line,
        **place,
    }
