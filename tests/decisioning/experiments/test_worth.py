"""By hand: z = 1.959964 and 0.841621, so (z + z)^2 = 7.848879."""

from __future__ import annotations

import dataclasses

import pytest

from decisioning.experiments.worth import Baseline, safest_test, shortage, worth
from decisioning.types import MetricKind

MEAN = Baseline(
    kind=MetricKind.MEAN,
    n=10_000,
    members=20_000,
    events=900,
    mean=5.0,
    sd=10.0,
    value=1.0,
)


def test_the_least_exposure_that_sees_the_change_is_proposed():
    # 500 left alone; at 5 % reached: sqrt(7.848879) * 10 * sqrt(2 / 500) = 1.7718;
    # at 4 %: sqrt(7.848879) * 10 * sqrt(1 / 500 + 1 / 400) = 1.8793.
    found = safest_test(MEAN, smallest_change=1.8)

    assert found is not None
    assert found.fits
    assert found.exposure == pytest.approx(0.05)
    assert (found.n_treated, found.n_control) == (500, 500)
    assert found.detects == pytest.approx(1.7718, abs=1e-4)
    assert worth(MEAN, found) == pytest.approx(20_000 * 1.7718, rel=1e-4)


def test_where_no_exposure_sees_it_the_widest_allowed_says_what_it_sees():
    # 1,000 reached: sqrt(7.848879) * 10 * sqrt(1 / 500 + 1 / 1,000) = 1.5345.
    found = safest_test(MEAN, smallest_change=0.5, holdout=0.01)

    assert found is not None
    assert not found.fits
    assert (found.exposure, found.holdout) == (pytest.approx(0.10), 0.05)
    assert found.detects == pytest.approx(1.5345, abs=1e-4)


def test_a_metric_without_a_value_in_money_is_worth_nothing_that_we_know():
    base = dataclasses.replace(MEAN, value=None)
    found = safest_test(base, smallest_change=1.8)

    assert found is not None
    assert worth(base, found) is None


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"n": 60}, "40 more customers of the last four weeks"),
        ({"events": 3}, "7 more customers with the outcome"),
        ({"sd": 0.0}, "customers who differ in the outcome"),
        ({}, ""),
    ],
)
def test_what_is_missing_is_counted(change, missing):
    assert shortage(dataclasses.replace(MEAN, **change)) == missing
