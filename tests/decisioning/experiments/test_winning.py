"""The chance of being best: closed forms, simulation, and the stated error."""

import numpy as np
import pytest
from scipy.stats import beta as beta_law

from decisioning.experiments.policies.winning import beta_best, normal_best


def test_two_normals_win_as_their_difference_says():
    mean, sd = np.array([0.3, 0.0]), np.array([0.4, 0.3])

    chance = normal_best(mean, sd)

    # P(X > Y) = Phi(0.3 / sqrt(0.16 + 0.09)) = Phi(0.6)
    assert chance[0] == pytest.approx(0.7257469, abs=1e-6)


def test_equals_win_equally_often():
    np.testing.assert_allclose(beta_best(np.full(7, 3.0), np.full(7, 40.0)), 1 / 7)


def test_a_uniform_against_a_beta_is_the_beta_s_mean():
    """P(B > U) = E[B] for U uniform on [0, 1]."""
    chance = beta_best(np.array([5.0, 1.0]), np.array([15.0, 1.0]))

    assert chance[0] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_errs_by_less_than_a_thousandth_and_monte_carlo(seed):
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(2, 40)), 200_000
    a, b = rng.uniform(1, 300, m), rng.uniform(1, 3000, m)
    winners = np.argmax(beta_law.rvs(a, b, size=(n, m), random_state=rng), axis=1)
    seen = np.bincount(winners, minlength=m) / n
    noise = 4 * np.sqrt(np.maximum(seen * (1 - seen), 1 / n) / n)

    chance = beta_best(a, b)

    assert (np.abs(chance - seen) <= 0.001 + noise).all()


def test_a_needle_beside_a_haystack_is_not_missed():
    a, b = np.array([5_000.0, 2.0, 2.0]), np.array([45_000.0, 18.0, 20.0])
    rng = np.random.default_rng(4)
    drawn = beta_law.rvs(a, b, size=(200_000, 3), random_state=rng)
    seen = np.bincount(np.argmax(drawn, axis=1), minlength=3) / 200_000

    np.testing.assert_allclose(beta_best(a, b), seen, atol=0.005)
