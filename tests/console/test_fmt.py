import datetime as dt

import pytest

from console.templatetags import fmt

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (64000, "64,000"),
        (-4, "−4"),
        (3.14159, "3.14"),
        (0, "0"),
        (None, "not recorded"),
    ],
)
def test_counts_have_commas_and_a_true_minus(value, text):
    assert fmt.number(value) == text


def test_not_a_number_is_never_written():
    assert fmt.number(float("nan")) == "not recorded"


def test_shares_are_per_cents():
    assert fmt.percent(0.339) == "33.9\u202f%"


def test_differences_of_rates_are_signed_points():
    assert [fmt.points(0.0766), fmt.points(-0.001)] == ["+7.66", "−0.10"]


def test_a_difference_that_rounds_to_nothing_has_no_sign():
    assert fmt.points(-0.00001) == "0.00"


def test_an_interval_is_written_in_words():
    assert fmt.interval(0.07, 0.0832, scale=100) == "7.00 to 8.32"


def test_an_interval_keeps_its_minus():
    assert fmt.interval(-0.6, 1.6, digits=1) == "−0.6 to 1.6"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(237.5, "USD", "$237.50"), (-3, "GBP", "−£3.00"), (9, "CHF", "9.00 CHF")],
)
def test_money_names_its_currency(amount, currency, text):
    assert fmt.money(amount, currency) == text


def test_tiny_p_values_are_bounded():
    assert [fmt.p_value(0.00001), fmt.p_value(0.9)] == ["p < 0.001", "p 0.900"]


def test_a_moment_carries_its_full_instant_for_machines():
    assert 'datetime="2026-11-22T12:00:00+00:00"' in fmt.when(NOON)


def test_a_date_has_no_hour():
    assert ">22 Nov 2026</time>" in fmt.when(NOON.date())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (10, "just now"),
        (600, "10 min ago"),
        (7300, "2 h ago"),
        (90_000, "21 Nov 2026, 11:00"),
    ],
)
def test_relative_time_only_under_a_day(seconds, text, settings):
    settings.TIME_ZONE = "UTC"

    assert fmt.ago(NOON - dt.timedelta(seconds=seconds), NOON) == text


def test_durations_keep_their_two_largest_units():
    assert [fmt.duration(7505), fmt.duration(0.25)] == ["2 h 5 min", "250 ms"]


def test_plurals_agree():
    assert [fmt.plural(1, "answer,answers"), fmt.plural(2, "answer,answers")] == [
        "1 answer",
        "2 answers",
    ]


def test_small_groups_are_not_counted_aloud():
    assert [fmt.small_count(9), fmt.small_count(0), fmt.small_count(12)] == [
        "<10",
        "0",
        "12",
    ]
