import datetime as dt
import json

import pytest

from console import charts
from console.charts.trends import spread

MENS = charts.DotRow("Men’s", 7.66, 7.00, 8.32, 6.63, 8.69, series=1)
UNCLEAR = charts.DotRow("Rural", 0.2, -0.5, 0.9, series=2)


def dots(*rows: charts.DotRow) -> charts.Chart:
    return charts.dot_interval(rows, title="Visits", unit="points")


def line(label: str, *values: float, series: int = 1) -> charts.TrendLine:
    start = dt.date(2026, 8, 24)
    points = [
        charts.TrendPoint(start + dt.timedelta(days=place), value, value - 1, value + 1)
        for place, value in enumerate(values)
    ]
    return charts.TrendLine(label, points, series)


def test_the_sentence_says_which_side_of_zero_the_interval_lies():
    assert dots(MENS).sentence == (
        "Men’s +7.66 (7.00 to 8.32), higher: the whole interval is above no difference."
    )


def test_an_interval_over_zero_cannot_tell():
    assert "cannot tell" in dots(UNCLEAR).sentence


def test_a_harm_is_read_as_lower():
    assert "lower" in dots(charts.DotRow("Shown", -2, -3, -1)).sentence


def test_a_running_test_is_read_by_its_always_valid_interval():
    chart = dots(charts.DotRow("Shown", 0.4, wide_lo=-0.5, wide_hi=1.3))

    assert "(−0.50 to 1.30), cannot tell" in chart.sentence


def test_groups_under_fifty_are_not_drawn():
    small = charts.DotRow("Rural", 0.2, -0.5, 0.9, n=49)

    chart = dots(MENS, small)

    drawn = {y for trace in chart.figure["data"] for y in trace["y"]}
    assert drawn == {0}
    assert "Too few" in chart.sentence


def test_nothing_to_show_says_what_is_missing():
    chart = dots(charts.DotRow("Shown", None, reason="Ready 1 Mar 2027"))

    assert chart.is_empty
    assert "Ready 1 Mar 2027" in chart.sentence


def test_every_row_is_in_the_table():
    cells = [cell["text"] for cell in dots(MENS).cells[0]["cells"]]

    assert cells == ["Men’s", "+7.66", "7.00 to 8.32", "6.63 to 8.69"]


def test_interval_axes_include_zero():
    low, high = dots(MENS).figure["layout"]["xaxis"]["range"]

    assert low < 0 < 8.69 < high


def test_figures_are_plain_json_with_named_colours():
    text = json.dumps(dots(MENS, UNCLEAR).figure)

    assert "series-1" in text
    assert "#" not in text


def test_the_trend_sentence_names_start_end_and_limit():
    chart = charts.trend(
        [line("Shown", 1, 2, 3)], title="Opt-outs", unit="%", limit=charts.Limit(5)
    )

    assert (
        chart.sentence
        == "Shown went from 1.0 on 24 Aug to 3.0 on 26 Aug. The limit is 5.0."
    )


def test_one_point_is_not_a_trend():
    assert charts.trend([line("Shown", 1)], title="Opt-outs", unit="%").is_empty


def test_days_without_a_value_are_named_in_the_table():
    chart = charts.trend(
        [line("Shown", 1, 2), line("Held out", 1, 2, 3, series=0)], title="t", unit="%"
    )

    assert chart.cells[2]["cells"][1]["text"] == "not recorded"


def test_the_held_out_line_has_no_band():
    held_out = charts.trend([line("Held out", 1, 2, series=0)], title="t", unit="%")

    assert not [trace for trace in held_out.figure["data"] if "fill" in trace]


def test_bars_start_at_zero_and_name_the_ends():
    chart = charts.bars(
        [charts.BarRow("In", 4646), charts.BarRow("All", 64000)],
        title="t",
        unit="customers",
    )

    assert chart.sentence == "All has most, 64,000; In least, 4,646."
    assert chart.figure["layout"]["xaxis"]["rangemode"] == "tozero"


def test_calibration_counts_the_bands_that_hold():
    bins = [
        charts.CalibrationBin(0.1, 0.11, 500, 0.09, 0.13),
        charts.CalibrationBin(0.2, 0.30, 500, 0.26, 0.34),
        charts.CalibrationBin(0.5, 0.50, 12, 0.2, 0.8),
    ]

    assert "In 1 of 2 bands" in charts.calibration(bins).sentence


def test_a_histogram_hides_small_counts():
    chart = charts.histogram([0, 1, 2], [90, 3], title="t", unit="u")

    assert [cell["text"] for cell in chart.cells[1]["cells"]] == ["1 to 2", "<10"]


def test_a_histogram_refuses_edges_that_do_not_fit():
    with pytest.raises(ValueError, match="one longer"):
        charts.histogram([0, 1], [1, 2], title="t", unit="u")


def test_factors_stand_end_to_end_on_a_shared_scale():
    parts = charts.stacked(
        [charts.Factor("average", 1.0), charts.Factor("orders", 3.0, 1)], scale=8
    )

    assert [part["x"] for part in parts] == [0, 12.5]
    assert sum(float(str(part["width"])) for part in parts) == pytest.approx(50, abs=1)


def test_factors_need_a_scale():
    with pytest.raises(ValueError, match="above zero"):
        charts.stacked([charts.Factor("average", 1.0)], scale=0)


def test_names_at_line_ends_never_lie_on_one_another():
    places = spread([10.0, 11.0, 60.0], 15)

    assert places == [3.0, 18.0, 60.0]
    assert spread([0.0, 0.0, 0.0], 15) == [-15.0, 0.0, 15.0]
    assert spread([0.0, 16.0, 20.0, 24.0], 15) == [-7.5, 7.5, 22.5, 37.5]
