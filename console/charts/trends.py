"""Lines over time, with the band of their interval and the held-out line in grey."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from console.charts.base import (
    INK,
    LIMIT,
    MUTED,
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

HEIGHT, TOP, BOTTOM = 190, 22, 26
LABEL_HEIGHT = 15


@dataclass(frozen=True, slots=True)
class TrendPoint:
    at: dt.date
    value: float
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One line; ``series=0`` is the held-out group and nothing else."""

    label: str
    points: Sequence[TrendPoint]
    series: int = 1


@dataclass(frozen=True, slots=True)
class Limit:
    value: float
    label: str = "limit"


def trend(
    lines: Sequence[TrendLine],
    *,
    title: str,
    unit: str,
    digits: int = 1,
    limit: Limit | None = None,
    events: Sequence[tuple[dt.date, str]] = (),
) -> Chart:
    lines = [line for line in lines if line.points]
    if not lines or max(len(line.points) for line in lines) < 2:
        return empty(title, unit, "a line needs two points in time")
    return Chart(
        title=title,
        unit=unit,
        sentence=_sentence(lines, digits, limit),
        figure=_figure(lines, digits, limit, events),
        headings=(
            heading("when", num=False),
            *(heading(line.label) for line in lines),
        ),
        cells=_table(lines, digits),
    )


def _sentence(lines: Sequence[TrendLine], digits: int, limit: Limit | None) -> str:
    parts = []
    for line in lines:
        first, last = line.points[0], line.points[-1]
        parts.append(
            f"{line.label} went from {signed_text(first.value, digits)} on "
            f"{day(first.at)} to {signed_text(last.value, digits)} on {day(last.at)}"
        )
    text = "; ".join(parts) + "."
    if limit is None:
        return text
    return f"{text} The {limit.label} is {signed_text(limit.value, digits)}."


def day(at: dt.date) -> str:
    return f"{at.day} {at:%b}"


def _table(lines: Sequence[TrendLine], digits: int) -> list[dict[str, object]]:
    days = sorted({point.at for line in lines for point in line.points})
    by_day = [{point.at: point for point in line.points} for line in lines]
    return [
        row(
            f"{day(at)} {at.year}",
            *(_cell(points.get(at), digits) for points in by_day),
        )
        for at in days
    ]


def _cell(point: TrendPoint | None, digits: int) -> str:
    if point is None:
        return "not recorded"
    value = signed_text(point.value, digits)
    if point.lo is None or point.hi is None:
        return value
    return f"{value} ({range_text(point.lo, point.hi, digits)})"


def _figure(
    lines: Sequence[TrendLine],
    digits: int,
    limit: Limit | None,
    events: Sequence[tuple[dt.date, str]],
) -> Figure:
    data = [mark for line in lines for mark in _marks(line, digits)]
    bounds = _range(lines, limit)
    notes = _end_labels(lines, limit, digits, bounds)
    shapes: list[Figure] = []
    if limit:
        shapes.append(rule("y", limit.value, LIMIT, "dash"))
    for at, name in events:
        shapes.append(rule("x", at.isoformat(), MUTED, "dot"))
        notes.append(
            label(
                at.isoformat(), 1, name, yref="paper", xanchor="left", yanchor="bottom"
            )
        )
    times = axis(tickformat="%-d %b", nticks=5, type="date")
    numbers = axis(showgrid=True, nticks=5, automargin=True, range=bounds)
    longest = max(
        (len(str(note["text"])) for note in notes if note.get("xref")), default=0
    )
    margin = {"l": 8, "r": 16 + 7 * longest, "t": TOP, "b": BOTTOM, "pad": 6}
    return {
        "data": data,
        "layout": layout(
            HEIGHT, times, numbers, shapes=shapes, annotations=notes, margin=margin
        ),
    }


def _range(lines: Sequence[TrendLine], limit: Limit | None) -> list[float]:
    """Hold every line, band and limit with a little air; the axis may be cut."""
    points = [point for line in lines for point in line.points]
    ends = [point.value for point in points]
    ends += [end for point in points for end in (point.lo, point.hi) if end is not None]
    if limit:
        ends.append(limit.value)
    air = 0.08 * ((max(ends) - min(ends)) or 1)
    return [min(ends) - air, max(ends) + air]


def _right(y: float, text: str, color: str, shift: float = 0) -> Figure:
    return label(
        1,
        y,
        text,
        xref="paper",
        xanchor="left",
        xshift=8,
        yshift=shift,
        font={"size": 12, "color": color},
    )


def _end_labels(
    lines: Sequence[TrendLine],
    limit: Limit | None,
    digits: int,
    bounds: Sequence[float],
) -> list[Figure]:
    """Put each name at its line's end, moved apart where they would lie on another."""
    named = [
        (line.points[-1].value, line.label, INK if line.series else MUTED)
        for line in lines
    ]
    if limit:
        text = f"{limit.label} {signed_text(limit.value, digits)}"
        named.append((limit.value, text, LIMIT))
    named.sort(key=lambda each: each[0])
    scale = (HEIGHT - TOP - BOTTOM) / (bounds[1] - bounds[0])
    wanted = [(value - bounds[0]) * scale for value, _, _ in named]
    return [
        _right(value, text, color, place - ideal)
        for (value, text, color), ideal, place in zip(
            named, wanted, spread(wanted, LABEL_HEIGHT), strict=True
        )
    ]


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Move rising places apart to at least ``gap``, each group about its own middle."""
    groups: list[list[float]] = []
    for place in wanted:
        groups.append([place])
        while len(groups) > 1 and _top(groups[-2], gap) + gap > _bottom(
            groups[-1], gap
        ):
            last = groups.pop()
            groups[-1].extend(last)
    return [
        _bottom(group, gap) + gap * place
        for group in groups
        for place in range(len(group))
    ]


def _bottom(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: Sequence[float], gap: float) -> float:
    return _bottom(group, gap) + gap * (len(group) - 1)


def _marks(line: TrendLine, digits: int) -> list[Figure]:
    color = f"series-{line.series}"
    days = [point.at.isoformat() for point in line.points]
    marks: list[Figure] = []
    banded = [
        (point.at.isoformat(), point.lo, point.hi)
        for point in line.points
        if point.lo is not None and point.hi is not None
    ]
    if banded and line.series:
        marks.append(_band(banded, color))
    marks.append(
        {
            "type": "scatter",
            "mode": "lines",
            "x": days,
            "y": [point.value for point in line.points],
            "line": {"color": color, "width": 2},
            "hovertemplate": (
                f"{line.label}<br>%{{x|%-d %b %Y}}: %{{y:,.{digits}f}}<extra></extra>"
            ),
        }
    )
    marks.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": days[-1:],
            "y": [line.points[-1].value],
            "marker": {"color": color, "size": 6},
            "hoverinfo": "skip",
        }
    )
    return marks


def _band(points: Sequence[tuple[str, float, float]], color: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [at for at, _, _ in points] + [at for at, _, _ in reversed(points)],
        "y": [hi for _, _, hi in points] + [lo for _, lo, _ in reversed(points)],
        "fill": "toself",
        "fillcolor": f"{color}/16",
        "line": {"width": 0},
        "hoverinfo": "skip",
    }
