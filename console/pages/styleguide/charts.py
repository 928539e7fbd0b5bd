"""Example charts: the public e-mail experiment, and shapes made up for the gallery."""

import datetime as dt

from console import charts


def all_charts() -> dict[str, charts.Chart]:
    return {
        "dots": _dots(),
        "running": _running(),
        "trend": _trend(),
        "bars": _bars(),
        "calibration": _calibration(),
        "histogram": _histogram(),
        "waiting": charts.dot_interval([], title="Repeat purchase", unit="points"),
    }


def _dots() -> charts.Chart:
    return charts.dot_interval(
        [
            charts.DotRow("Men’s e-mail", 7.66, 7.00, 8.32, 6.63, 8.69, series=1),
            charts.DotRow("Women’s e-mail", 4.52, 3.89, 5.16, 3.54, 5.51, series=2),
        ],
        title="Visits in two weeks, difference from no e-mail",
        unit="percentage points; thick: 95 % at the planned end, thin: always-valid",
    )


def _running() -> charts.Chart:
    return charts.dot_interval(
        [
            charts.DotRow("Shown", 0.4, wide_lo=-0.5, wide_hi=1.3, n=4_210),
            charts.DotRow("Rural", None, series=2, n=31),
        ],
        title="Orders kept, a running test",
        unit="percentage points, always-valid interval",
        digits=1,
    )


def _trend() -> charts.Chart:
    start = dt.date(2026, 8, 24)
    shown = (0.30, 0.31, 0.31, 0.33, 0.36, 0.39, 0.41, 0.42, 0.40)
    held = (0.30, 0.31, 0.30, 0.29, 0.31, 0.30, 0.31, 0.31, 0.30)

    def points(values: tuple[float, ...]) -> list[charts.TrendPoint]:
        return [
            charts.TrendPoint(
                start + dt.timedelta(weeks=week), value, value - 0.03, value + 0.03
            )
            for week, value in enumerate(values)
        ]

    return charts.trend(
        [
            charts.TrendLine("Shown", points(shown)),
            charts.TrendLine("Held out", points(held), series=0),
        ],
        title="Opt-outs from e-mail",
        unit="% of customers a month, each week",
        digits=2,
        limit=charts.Limit(0.5),
        events=[(dt.date(2026, 9, 14), "second weekly e-mail")],
    )


def _bars() -> charts.Chart:
    return charts.bars(
        [
            charts.BarRow("Bought in 12 months", 64_000, series=0),
            charts.BarRow("Women’s clothing", 35_182),
            charts.BarRow("Last 6 months", 20_499),
            charts.BarRow("Not new", 4_646),
        ],
        title="Customers left after each rule",
        unit="customers",
    )


def _calibration() -> charts.Chart:
    rows = ((0.05, 0.048), (0.10, 0.104), (0.16, 0.151), (0.22, 0.226), (0.31, 0.298))
    return charts.calibration(
        [
            charts.CalibrationBin(predicted, seen, 4_000, seen - 0.012, seen + 0.012)
            for predicted, seen in rows
        ]
    )


def _histogram() -> charts.Chart:
    return charts.histogram(
        [0, 50, 100, 150, 200, 250, 300],
        [1204, 2310, 1890, 930, 310, 8],
        title="Spend in 12 months",
        unit="customers in each band, USD",
    )
