"""Always-valid intervals: the published formula, its optimum, and peeking."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from decisioning.stats import means, sequential
from decisioning.stats.sufficient import NotEnoughData, Shortage
from decisioning.stats.sufficient import SufficientStats as Stats


def test_the_factor_is_equation_9_of_waudby_smith_et_al():
    t, rho, alpha = 1000, 0.1, 0.05
    boundary = math.sqrt(
        2 * (t * rho**2 + 1) / (t**2 * rho**2)
        * math.log(math.sqrt(t * rho**2 + 1) / alpha)
    )  # fmt: skip

    assert sequential.width_factor(t, rho) == pytest.approx(boundary * math.sqrt(t))


def test_is_one_and_a_half_times_a_single_look_at_the_planned_size():
    rho = sequential.tuning(40_000)

    assert sequential.width_factor(40_000, rho) / 1.959964 == pytest.approx(
        1.55, abs=0.005
    )


@pytest.mark.parametrize("planned_n", [500, 50_000])
def test_the_tuning_is_within_a_thousandth_of_the_best(planned_n):
    best = minimize_scalar(
        lambda log_rho: sequential.width_factor(planned_n, math.exp(log_rho)),
        bounds=(-15, 3),
        method="bounded",
    )
    tuned = sequential.width_factor(planned_n, sequential.tuning(planned_n))

    assert tuned <= best.fun * 1.001


def test_looking_after_every_batch_errs_no_more_than_the_level_allows():
    rng, runs, batch, looks = np.random.default_rng(5), 1500, 50, 60
    rho = sequential.tuning(2 * batch * looks)
    wrong_ever = wrong_fixed = 0
    for _ in range(runs):
        values = rng.exponential(1.0, (2, looks, batch))
        n = batch * np.arange(1, looks + 1)
        sums = values.sum(axis=2).cumsum(axis=1)
        squares = (values**2).sum(axis=2).cumsum(axis=1)
        variance = ((squares - sums**2 / n) / (n - 1) / n).sum(axis=0)
        distance = np.abs((sums[1] - sums[0]) / n) / np.sqrt(variance)
        factors = [sequential.width_factor(int(2 * each), rho) for each in n]
        wrong_ever += bool((distance > factors).any())
        wrong_fixed += bool((distance > 1.959964).any())

    assert wrong_ever / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
    assert wrong_fixed / runs > 0.25


def test_narrows_as_customers_arrive_and_stays_wider_than_a_single_look():
    def widths(n: int) -> tuple[float, float]:
        arms = Stats.of_moments(n, 1, 4), Stats.of_moments(n, 1.2, 4)
        always = sequential.difference(*arms, planned_n=20_000)
        fixed = means.difference(*arms)
        return always.hi - always.lo, fixed.hi - fixed.lo

    small, middle, large = widths(100), widths(10_000), widths(1_000_000)

    assert small[0] > middle[0] > large[0]
    assert all(always > fixed for always, fixed in (small, middle, large))


def test_a_plan_for_more_customers_is_tighter_late_and_wider_early():
    late = Stats.of_moments(50_000, 1, 4), Stats.of_moments(50_000, 1.2, 4)
    early = Stats.of_moments(100, 1, 4), Stats.of_moments(100, 1.2, 4)

    def width(arms, planned_n):
        found = sequential.difference(*arms, planned_n=planned_n)
        return found.hi - found.lo

    assert width(late, 100_000) < width(late, 200)
    assert width(early, 100_000) > width(early, 200)


def test_names_its_method_and_gives_no_p_value():
    found = sequential.difference(Stats.of_counts(100, 9), Stats.of_counts(100, 20))

    assert found.method == "asymptotic_confidence_sequence"
    assert found.p_value is None


@pytest.mark.parametrize(
    ("n", "code"), [(29, Shortage.TOO_FEW), (0, Shortage.NO_TREATED)]
)
def test_keeps_silent_before_the_asymptotics_begin(n, code):
    found = sequential.difference(Stats.of_counts(50, 9), Stats.of_counts(n, n // 2))

    assert isinstance(found, NotEnoughData)
    assert found.code is code


def test_refuses_a_plan_without_customers():
    with pytest.raises(ValueError, match="planned_n"):
        sequential.tuning(0)
