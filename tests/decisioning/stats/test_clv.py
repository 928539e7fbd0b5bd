"""Lifetime value: the published CDNOW fit, recovery, limits, gradient."""

import gzip
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import check_grad

from decisioning.stats import bgnbd, clv, gammagamma
from decisioning.stats.purchases import PurchaseHistory, summarise_purchases
from decisioning.stats.sufficient import NotEnoughData, Shortage
from tests.datasets import dataset

CALIBRATION_END = np.datetime64("1997-09-30")


def read_cdnow() -> tuple[list[str], np.ndarray, np.ndarray]:
    with gzip.open(dataset("cdnow/CDNOW_sample.txt.gz"), "rt") as lines:
        rows = [line.split() for line in lines]
    days = np.array([f"{d[:4]}-{d[4:6]}-{d[6:]}" for _, _, d, _, _ in rows], "M8[D]")
    return [row[1] for row in rows], days, np.array([float(row[4]) for row in rows])


@pytest.fixture(scope="module")
def cdnow() -> PurchaseHistory:
    return summarise_purchases(*read_cdnow(), period_end=CALIBRATION_END)


@pytest.fixture(scope="module")
def model(cdnow) -> clv.ClvModel:
    found = clv.fit(cdnow)
    assert isinstance(found, clv.ClvModel)
    return found


def history(*rows: tuple[float, float, float, float]) -> PurchaseHistory:
    x, t_x, age, m = np.array(rows, dtype=float).T
    return PurchaseHistory(np.arange(len(rows)), x, t_x, age, m)


def simulated(n: int, seed: int) -> PurchaseHistory:
    """Customers who behave as the BG/NBD with r .8, alpha 5, a 1.2, b 3."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(20, 60, n)
    rate, quit_chance = rng.gamma(0.8, 1 / 5, n), rng.beta(1.2, 3, n)
    x, t_x = np.zeros(n), np.zeros(n)
    active = np.ones(n, dtype=bool)
    clock = np.zeros(n)
    while active.any():
        clock = clock + rng.exponential(1 / np.maximum(rate, 1e-9))
        active &= clock <= age
        x[active] += 1
        t_x[active] = clock[active]
        active &= rng.random(n) >= quit_chance
    return PurchaseHistory(np.arange(n), x, t_x, age, np.zeros(n))


def test_cdnow_is_summed_up_as_published(cdnow):
    assert len(cdnow) == 2357
    assert cdnow.n_repeaters == 946
    assert cdnow.frequency.sum() == 2457


def test_reproduces_the_parameters_of_fader_hardie_lee_2005_table_2(model):
    found = model.purchases

    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(
        (0.243, 4.414, 0.793, 2.426), rel=0.01
    )
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.1)


def test_reproduces_the_gamma_gamma_reference(model):
    found = model.spend

    assert (found.p, found.q, found.v) == pytest.approx(
        (6.2488, 3.7446, 15.4478), rel=0.001
    )
    assert found.log_likelihood == pytest.approx(-4055.923, abs=0.01)
    assert found.correlation == pytest.approx(0.1139, abs=1e-4)


def test_predicts_the_holdout_as_the_reference_does(cdnow, model):
    expected = model.purchases.expected_purchases(cdnow, 39.0)
    alive = model.purchases.p_alive(cdnow)

    assert expected.sum() == pytest.approx(1653.4, abs=0.1)
    assert alive.mean() == pytest.approx(0.8134, abs=1e-4)
    assert (alive[cdnow.frequency == 0] == 1).all()
    assert expected[cdnow.frequency == 0].mean() == pytest.approx(0.225, abs=0.001)
    assert expected[cdnow.frequency >= 7].mean() == pytest.approx(6.157, abs=0.01)


def test_a_newcomer_buys_as_in_the_reference(model):
    weeks = (1, 2, 13, 26, 39, 52, 78)
    reference = (0.0532, 0.1032, 0.5336, 0.9013, 1.195, 1.444, 1.858)

    found = [model.purchases.expected_of_newcomer(t) for t in weeks]

    assert found == pytest.approx(reference, abs=6e-4)


def test_the_likelihood_is_equation_6_written_out():
    rows = history((2, 10, 30, 5), (0, 0, 12, 0), (2, 10, 30, 5))
    from math import lgamma, log

    def one(x, t_x, age, r=0.5, alpha=3.0, a=0.7, b=2.0):
        front = lgamma(b + x) + lgamma(a + b) - lgamma(b) - lgamma(a + b + x)
        front += lgamma(r + x) + r * log(alpha) - lgamma(r)
        inside = (alpha + age) ** -(r + x)
        if x:
            inside += a / (b + x - 1) * (alpha + t_x) ** -(r + x)
        return front + log(inside)

    found = bgnbd.log_likelihood(0.5, 3.0, 0.7, 2.0, rows)

    assert found == pytest.approx(2 * one(2, 10, 30) + one(0, 0, 12))


def test_the_gradients_are_those_of_the_likelihoods():
    rows = bgnbd._Rows.of(history((2, 10, 30, 5), (0, 0, 12, 0), (7, 20, 21, 9)))
    x, m = np.array([1.0, 2, 7]), np.array([5.0, 0.4, 2])
    rng = np.random.default_rng(0)

    for _ in range(5):
        point = rng.normal(0, 1, 4)
        wrong = check_grad(
            lambda p: bgnbd._loss(p, rows)[0], lambda p: bgnbd._loss(p, rows)[1], point
        )
        wrong_spend = check_grad(
            lambda p: gammagamma._loss(p, x, m)[0],
            lambda p: gammagamma._loss(p, x, m)[1],
            point[:3],
        )
        assert wrong < 1e-5
        assert wrong_spend < 1e-4


def test_recovers_the_parameters_customers_were_simulated_with():
    found = bgnbd.fit(simulated(30_000, seed=3))

    assert isinstance(found, bgnbd.BgNbd)
    assert found.r / found.alpha == pytest.approx(0.8 / 5, rel=0.05)
    assert found.a / (found.a + found.b) == pytest.approx(1.2 / 4.2, rel=0.05)
    assert found.r == pytest.approx(0.8, rel=0.1)


def test_recovers_the_spend_customers_were_simulated_with():
    rng, n = np.random.default_rng(6), 20_000
    x = rng.integers(1, 6, n).astype(float)
    own = rng.gamma(4.0, 1 / 15.0, n)
    m = rng.gamma(6.0 * x, 1 / (own * x))
    rows = PurchaseHistory(np.arange(n), x, np.zeros(n), np.ones(n), m)

    found = gammagamma.fit(rows)

    assert (found.p, found.q, found.v) == pytest.approx((6, 4, 15), rel=0.06)


def test_a_time_unit_of_days_scales_alpha_alone(cdnow, model):
    in_days = PurchaseHistory(
        cdnow.customer_ids, cdnow.frequency, cdnow.recency * 7, cdnow.T * 7, cdnow.T
    )

    found = bgnbd.fit(in_days)

    assert found.alpha == pytest.approx(7 * model.purchases.alpha, rel=1e-3)
    assert found.r == pytest.approx(model.purchases.r, rel=1e-3)


def test_expected_purchases_start_at_nothing_and_grow(model):
    rows = history((3, 20, 39, 10), (0, 0, 39, 0), (400, 38.9, 39, 10))
    at = [model.purchases.expected_purchases(rows, t) for t in (1e-9, 4, 26, 500)]

    assert at[0] == pytest.approx(0, abs=1e-6)
    assert all((later > sooner).all() for sooner, later in pairwise(at))
    assert np.isfinite(at[-1]).all()


def test_expectation_is_smooth_where_a_is_one():
    rows = history((3, 20, 39, 10), (0, 0, 39, 0))

    def at(a):
        fitted = bgnbd.BgNbd(0.3, 4, a, 2.4, 0, 2, 1)
        return fitted.expected_purchases(rows, 26)

    assert at(1.0) == pytest.approx((at(0.999) + at(1.001)) / 2, rel=1e-4)


def test_value_is_spend_times_purchases_less_discount(cdnow, model):
    plain = clv.discounted_value(model, cdnow, discount_rate=0.0)
    margin = clv.discounted_value(model, cdnow, discount_rate=0.0, margin=0.3)
    discounted = clv.discounted_value(model, cdnow, discount_rate=0.01)
    one_step = clv.discounted_value(model, cdnow, step=52, discount_rate=0.01)
    purchases = model.purchases.expected_purchases(cdnow, 52)

    assert plain == pytest.approx(purchases * model.spend.expected_spend(cdnow))
    assert margin == pytest.approx(0.3 * plain)
    assert (discounted < plain).all()
    assert one_step == pytest.approx(plain / 1.01**52)
    assert (discounted >= 0).all()


def test_spend_of_a_frequent_buyer_nears_their_own_mean(model):
    rows = history((0, 0, 39, 0), (1, 5, 39, 90), (5000, 38, 39, 90))

    newcomer, once, often = model.spend.expected_spend(rows)

    assert newcomer == pytest.approx(35.171, rel=1e-3)
    assert newcomer < once < often
    assert often == pytest.approx(90, rel=1e-2)


def test_one_day_is_one_purchase_and_later_days_do_not_count():
    found = summarise_purchases(
        ["b", "a", "a", "a", "a", "c"],
        [10, 0, 14, 14, 21, 99],
        [5.0, 1, 10, 20, 60, 7],
        period_end=28,
    )

    assert list(found.customer_ids) == ["a", "b"]
    assert found.frequency.tolist() == [2, 0]
    assert found.recency.tolist() == [3, 0]
    assert found.T.tolist() == [4, pytest.approx(18 / 7)]
    assert found.monetary.tolist() == [45, 0]


def test_no_purchases_in_time_give_nobody():
    assert len(summarise_purchases([1], [9], [1.0], period_end=3)) == 0


def test_says_how_many_repeat_buyers_are_missing():
    few = history(*[(1, 5, 39, 10)] * 19, *[(0, 0, 39, 0)] * 500)
    same = history(*[(1, 5, 39, 10)] * 50)

    assert clv.fit(few).code is Shortage.TOO_FEW
    assert "19" in clv.fit(few).message
    assert gammagamma.fit(few).code is Shortage.TOO_FEW
    assert gammagamma.fit(same).code is Shortage.NO_VARIATION
    assert isinstance(clv.fit(same), NotEnoughData)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: bgnbd.fit(history((1, 40, 39, 1))), "recency"),
        (lambda: bgnbd.fit(history((0, 4, 39, 1))), "recency"),
        (lambda: bgnbd.fit(history((-1, 0, 39, 1))), "frequency"),
        (lambda: summarise_purchases([1], [1, 2], [1.0], period_end=3), "length"),
        (lambda: summarise_purchases([1], [1], [np.nan], period_end=3), "amounts"),
        (lambda: summarise_purchases([1], [1.5], [1.0], period_end=3), "days"),
        (lambda: summarise_purchases([1], ["NaT"], [1.0], period_end=3), "days"),
        (
            lambda: summarise_purchases([1], [1], [1.0], period_end=3, unit_days=0),
            "unit_days",
        ),
    ],
)
def test_names_what_is_wrong_with_a_history(call, field):
    with pytest.raises(ValueError, match=field):
        call()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"horizon": 0}, "horizon"),
        ({"step": 60}, "step"),
        ({"discount_rate": -0.1}, "discount_rate"),
        ({"margin": 0}, "margin"),
    ],
)
def test_names_the_wrong_option(options, field):
    spend = gammagamma.GammaGamma(6, 4, 15, 0, 20, 0.0)
    fitted = clv.ClvModel(bgnbd.BgNbd(0.3, 4, 0.8, 2.4, 0, 2, 1), spend)

    with pytest.raises(ValueError, match=field):
        clv.discounted_value(fitted, history((1, 5, 39, 10)), **options)


def test_refuses_a_mean_that_is_infinite():
    with pytest.raises(ValueError, match="infinite"):
        gammagamma.GammaGamma(6, 0.9, 15, 0, 20, 0.0).expected_spend(
            history((0, 0, 39, 0))
        )


def test_parameters_are_ready_for_json(model):
    assert model.as_dict()["bgnbd"]["r"] == model.purchases.r
    assert set(model.as_dict()) == {"bgnbd", "gamma_gamma"}
