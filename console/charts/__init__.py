from console.charts.base import Chart
from console.charts.dots import DotRow, dot_interval
from console.charts.levels import (
    BarRow,
    CalibrationBin,
    Factor,
    bars,
    calibration,
    histogram,
    stacked,
)
from console.charts.trends import Limit, TrendLine, TrendPoint, trend

__all__ = [
    "BarRow",
    "CalibrationBin",
    "Chart",
    "DotRow",
    "Factor",
    "Limit",
    "TrendLine",
    "TrendPoint",
    "bars",
    "calibration",
    "dot_interval",
    "histogram",
    "stacked",
    "trend",
]
