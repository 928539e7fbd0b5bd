"""Means, proportions and ratios: published cells, limits, oracles, properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from decisioning.stats import means, proportions, ratios
from decisioning.stats.ratios import RatioStats
from decisioning.stats.sufficient import Effect, NotEnoughData, Shortage
from decisioning.stats.sufficient import SufficientStats as Stats

counts = st.integers(2, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
samples = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


def effect(found: Effect | NotEnoughData) -> Effect:
    assert isinstance(found, Effect), found
    return found


@pytest.mark.parametrize(
    ("successes", "n", "lo", "hi"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
     (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_gives_the_cells_of_newcombe_1998a_table_1(successes, n, lo, hi):
    found = proportions.wilson(Stats.of_counts(n, successes))

    assert (found.lo, found.hi) == pytest.approx((lo, hi), abs=5e-5)


@pytest.mark.parametrize(
    ("treated", "control", "lo", "hi"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090),
     ((6, 7), (2, 7), 0.0582, 0.8062), ((5, 56), (0, 29), -0.0381, 0.1926),
     ((0, 10), (0, 20), -0.1611, 0.2775)],
)  # fmt: skip
def test_newcombe_gives_the_cells_of_newcombe_1998b_table_2(treated, control, lo, hi):
    found = proportions.newcombe(
        Stats.of_counts(control[1], control[0]), Stats.of_counts(treated[1], treated[0])
    )

    assert effect(found).interval == pytest.approx((lo, hi), abs=5e-5)


@given(counts, counts)
def test_rate_intervals_agree_with_statsmodels(control, treated):
    (n0, x0), (n1, x1) = control, treated
    wilson = proportions.wilson(Stats.of_counts(n1, x1), level=0.9)
    newcombe = effect(
        proportions.newcombe(Stats.of_counts(n0, x0), Stats.of_counts(n1, x1))
    )

    assert (wilson.lo, wilson.hi) == pytest.approx(
        proportion_confint(x1, n1, 0.1, "wilson"), abs=1e-12
    )
    assert newcombe.interval == pytest.approx(
        confint_proportions_2indep(x1, n1, x0, n0, method="newcomb"), abs=1e-12
    )


def test_the_unpooled_interval_of_a_proportion_is_that_of_its_mean():
    control, treated = Stats.of_counts(400, 37), Stats.of_counts(300, 51)

    as_rate = effect(proportions.unpooled_normal(control, treated))
    as_mean = effect(means.difference(control, treated))

    assert as_rate.interval == pytest.approx(as_mean.interval, rel=1e-12)
    assert as_rate.method == "unpooled_normal"
    assert as_rate.relative == pytest.approx((51 / 300) / (37 / 400) - 1)


@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.integers(2, 30))
def test_welch_agrees_with_scipy(seed, n_control, n_treated):
    rng = np.random.default_rng(seed)
    control, treated = rng.normal(1, 2, n_control), rng.normal(3, 5, n_treated)
    found = means.welch(Stats.of_values(control), Stats.of_values(treated), level=0.9)
    oracle = scipy_stats.ttest_ind(treated, control, equal_var=False)
    interval = oracle.confidence_interval(0.9)

    assert found.interval == pytest.approx((interval.low, interval.high), abs=1e-5)
    assert found.p_value == pytest.approx(oracle.pvalue, abs=1e-6)


@given(samples, samples, samples)
def test_merging_strata_equals_summing_up_all_rows(first, second, other):
    merged = Stats.of_values(first) + Stats.of_values(second)
    whole = Stats.of_values(first + second)

    assert merged.n == whole.n
    assert merged.sum_squares == pytest.approx(whole.sum_squares)
    assert merged.mean == pytest.approx(whole.mean, abs=1e-9)
    assert (merged + Stats.of_values(other)).n == len(first + second + other)


@given(st.floats(0.1, 100), st.floats(-50, 50))
def test_a_change_of_scale_scales_the_interval_and_a_shift_leaves_it(scale, shift):
    control, treated = np.array([1.0, 2, 4, 8]), np.array([2.0, 3, 9, 9])
    before = effect(
        means.difference(Stats.of_values(control), Stats.of_values(treated))
    )

    after = effect(
        means.difference(
            Stats.of_values(control * scale + shift),
            Stats.of_values(treated * scale + shift),
        )
    )

    assert after.interval == pytest.approx(
        (before.lo * scale, before.hi * scale), rel=1e-6, abs=1e-6
    )


def test_swapping_the_groups_turns_the_sign():
    one, other = Stats.of_counts(100, 10), Stats.of_counts(100, 30)

    there, back = (
        effect(proportions.newcombe(one, other)),
        effect(proportions.newcombe(other, one)),
    )

    assert there.interval == pytest.approx((-back.hi, -back.lo))


def test_a_higher_level_gives_a_wider_interval():
    arms = Stats.of_counts(100, 10), Stats.of_counts(100, 30)

    narrow = effect(proportions.unpooled_normal(*arms, level=0.9))
    wide = effect(proportions.unpooled_normal(*arms, level=0.99))

    assert wide.lo < narrow.lo < narrow.hi < wide.hi


def test_the_unpooled_interval_covers_at_its_level():
    rng, runs, n = np.random.default_rng(7), 4000, 2000
    control, treated = rng.binomial(n, 0.1, runs), rng.binomial(n, 0.12, runs)

    covered = [
        effect(
            proportions.unpooled_normal(
                Stats.of_counts(n, int(a)), Stats.of_counts(n, int(b))
            )
        )
        for a, b in zip(control, treated, strict=True)
    ]
    rate = np.mean([each.lo <= 0.02 <= each.hi for each in covered])

    assert rate >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / runs)


@pytest.mark.parametrize(
    ("control", "treated", "code"),
    [
        (Stats(0, 0, 0), Stats.of_counts(9, 3), Shortage.NO_CONTROL),
        (Stats.of_counts(9, 3), Stats(0, 0, 0), Shortage.NO_TREATED),
        (Stats.of_counts(1, 1), Stats.of_counts(9, 3), Shortage.TOO_FEW),
        (Stats.of_counts(9, 0), Stats.of_counts(9, 0), Shortage.NO_VARIATION),
    ],
)
@pytest.mark.parametrize(
    "method", [proportions.unpooled_normal, means.difference, means.welch]
)
def test_says_what_is_missing_instead_of_a_number(method, control, treated, code):
    found = method(control, treated)

    assert isinstance(found, NotEnoughData)
    assert found.code is code
    assert found.message


def test_newcombe_answers_where_nobody_converted():
    found = effect(proportions.newcombe(Stats.of_counts(9, 0), Stats.of_counts(9, 0)))

    assert found.lo < 0 < found.hi
    assert found.relative is None


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: Stats(-1, 0, 0), "n:"),
        (lambda: Stats(2, 10, 1), "sum_squares"),
        (lambda: Stats(2, math.nan, 1), "finite"),
        (lambda: Stats.of_counts(3, 4), "successes"),
        (lambda: RatioStats.of_values([1], [1, 2]), "same length"),
    ],
)
def test_refuses_impossible_sums(build, field):
    with pytest.raises(ValueError, match=field):
        build()


def test_refuses_amounts_as_a_proportion():
    with pytest.raises(ValueError, match="zeros and ones"):
        proportions.unpooled_normal(Stats.of_values([1, 2.5]), Stats.of_counts(9, 3))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_refuses_a_level_that_is_no_probability(level):
    with pytest.raises(ValueError, match="level"):
        means.difference(Stats.of_counts(9, 3), Stats.of_counts(9, 4), level=level)


def test_published_moments_give_mean_and_variance_back():
    stats = Stats.of_moments(50, 3.2, 1.7)

    assert (stats.mean, stats.variance) == pytest.approx((3.2, 1.7))


def test_a_ratio_with_one_contact_each_is_a_mean():
    complaints = [0, 1, 0, 0, 1, 0, 0, 0]
    stats = RatioStats.of_values(complaints, [1] * 8)
    mean = Stats.of_values(complaints)

    assert stats.ratio == mean.mean
    assert stats.se == pytest.approx(mean.sd / math.sqrt(8))


def test_the_ratio_interval_covers_at_its_level():
    rng, runs, n, rate = np.random.default_rng(3), 1500, 800, 0.05
    covered = 0
    for _ in range(runs):
        contacts = rng.poisson(4, (2, n)) + 1
        complaints = rng.binomial(contacts, rate)
        arms = [RatioStats.of_values(complaints[i], contacts[i]) for i in (0, 1)]
        found = effect(ratios.difference(*arms))
        covered += found.lo <= 0 <= found.hi

    assert covered / runs >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / runs)


def test_ratios_merge_and_say_when_there_is_nothing_to_divide_by():
    one = RatioStats.of_values([1, 0], [2, 3])
    none = RatioStats.of_values([0, 0], [0, 0])

    assert (one + none).ratio == pytest.approx(0.2)
    assert ratios.difference(none, one).code is Shortage.ZERO_DENOMINATOR
    assert (
        ratios.difference(RatioStats(0, 0, 0, 0, 0, 0), one).code is Shortage.NO_CONTROL
    )
    assert (
        ratios.difference(
            RatioStats.of_values([1, 1], [1, 1]), RatioStats.of_values([1, 1], [1, 1])
        ).code
        is Shortage.NO_VARIATION
    )


def test_an_empty_sample_has_neither_rate_nor_mean_nor_spread():
    empty = Stats(0, 0, 0)

    assert proportions.wilson(empty).code is Shortage.TOO_FEW
    assert proportions.newcombe(empty, empty).code is Shortage.NO_CONTROL
    assert (empty.mean, empty.variance, empty.sd) == (None, None, None)
    assert RatioStats(0, 0, 0, 0, 0, 0).se is None
