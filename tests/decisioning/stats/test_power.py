"""Sample sizes: published cells, round trips, simulation."""

import numpy as np
import pytest

from decisioning.stats import power


@pytest.mark.parametrize(
    ("base", "target", "chance", "n"),
    [(0.50, 0.75, 0.90, 77), (0.25, 0.40, 0.90, 203), (0.50, 0.75, 0.80, 58)],
    ids=["R power.prop.test example", "Fleiss 2003 section 4.2", "R, power .8"],
)
def test_two_rates_need_the_published_number(base, target, chance, n):
    found = power.sample_size_proportions(base, target, power=chance)

    assert found.n_control == found.n_treated == n


@pytest.mark.parametrize(("effect", "n"), [(0.2, 393), (0.5, 64), (0.8, 26)])
def test_two_means_need_the_number_of_cohen_1988_table_2_4_1(effect, n):
    found = power.sample_size_means(effect, 1.0)

    assert abs(found.n_control - n) <= 1


def test_what_can_be_detected_is_what_was_planned_for():
    size = power.sample_size_proportions(0.1, 0.12, ratio=2)
    rate = power.detectable_rate(0.1, size.n_control, ratio=2)
    gain = power.detectable_difference(2.0, power.sample_size_means(0.1, 2.0).n_control)

    assert rate == pytest.approx(0.12, abs=1e-5)
    assert gain == pytest.approx(0.1, rel=1e-3)
    assert size.n_treated == pytest.approx(2 * size.n_control, abs=2)
    assert size.total == size.n_control + size.n_treated


def test_nothing_can_be_detected_among_three_customers():
    assert power.detectable_rate(0.9, 3) is None


def test_the_planned_number_reaches_its_power():
    n, rng, runs = 3841, np.random.default_rng(2), 4000
    assert power.sample_size_proportions(0.1, 0.12).n_control == n
    a, b = rng.binomial(n, 0.1, runs) / n, rng.binomial(n, 0.12, runs) / n
    pooled = (a + b) / 2

    z = (b - a) / np.sqrt(2 * pooled * (1 - pooled) / n)

    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(
    ("total", "per_day", "days"), [(7000, 1000, 7), (7001, 1000, 14), (10, 1000, 7)]
)
def test_runs_for_whole_weeks(total, per_day, days):
    assert power.duration_days(total, per_day) == days


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: power.sample_size_proportions(0, 0.1), "base_rate"),
        (lambda: power.sample_size_proportions(0.1, 0.1), "target_rate"),
        (lambda: power.sample_size_proportions(0.1, 0.2, power=1), "power"),
        (lambda: power.sample_size_means(0, 1), "difference"),
        (lambda: power.sample_size_means(1, 0), "sd"),
        (lambda: power.sample_size_means(1, 1, ratio=0), "ratio"),
        (lambda: power.detectable_rate(0.1, 0), "n_control"),
        (lambda: power.detectable_difference(0, 10), "sd"),
        (lambda: power.detectable_difference(1, 1), "n_control"),
        (lambda: power.duration_days(0, 1), "total_n"),
        (lambda: power.duration_days(1, 0), "customers_per_day"),
    ],
)
def test_names_the_wrong_argument(call, field):
    with pytest.raises(ValueError, match=field):
        call()
