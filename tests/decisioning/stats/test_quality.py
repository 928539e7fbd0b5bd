"""AUC, calibration and bootstrap: oracles, limits, coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from decisioning.stats import bootstrap
from decisioning.stats.auc import auc
from decisioning.stats.calibration import calibrate_check
from decisioning.stats.sufficient import Shortage


@given(st.integers(0, 2**32 - 1))
def test_auc_agrees_with_scikit_learn_ties_included(seed):
    rng = np.random.default_rng(seed)
    truth = np.r_[0, 0, 1, 1, rng.integers(0, 2, 40)]
    score = rng.integers(0, 6, 44) / 5

    assert auc(truth, score).value == pytest.approx(roc_auc_score(truth, score))


def test_auc_covers_the_truth_at_its_level():
    rng, runs = np.random.default_rng(1), 600
    truth = np.r_[np.zeros(150), np.ones(150)]
    found = [auc(truth, rng.normal(truth, 1)) for _ in range(runs)]

    # Two unit normals one apart: Phi(1 / sqrt 2).
    covered = np.mean([each.lo <= 0.76025 <= each.hi for each in found])

    assert covered >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / runs)


def test_auc_of_one_outcome_cannot_be_told():
    assert auc([1, 1, 1], [0.1, 0.2, 0.3]).code is Shortage.ONE_CLASS


def test_true_probabilities_are_calibrated_and_doubled_ones_are_not():
    rng = np.random.default_rng(4)
    chance = rng.uniform(0.05, 0.45, 40_000)
    truth = (rng.random(40_000) < chance).astype(int)

    good, bad = calibrate_check(truth, chance), calibrate_check(truth, 2 * chance)

    assert good.ece < 0.012 < 0.2 < bad.ece
    assert good.brier == pytest.approx(brier_score_loss(truth, chance))
    assert len(good.bins) == 10
    assert sum(each.n for each in good.bins) == good.n == 40_000
    assert sum(each.lo <= each.predicted <= each.hi for each in good.bins) >= 8


def test_customers_with_the_same_prediction_share_a_bin():
    found = calibrate_check([0, 1] * 20, [0.3] * 40)

    assert [each.n for each in found.bins] == [40]
    assert found.base_rate == 0.5
    assert found.ece == pytest.approx(0.2)


def test_a_table_of_more_bins_than_customers_is_not_made():
    assert calibrate_check([0, 1], [0.1, 0.2]).code is Shortage.TOO_FEW


@pytest.mark.parametrize(
    ("truth", "chance", "field"),
    [
        ([0, 1], [0.1], "same length"),
        ([0, 2], [0.1, 0.2], "only 0 and 1"),
        ([0, 1], [0.1, np.nan], "missing"),
        ([0, 1], [0.1, 1.2], "between 0 and 1"),
    ],
)
def test_refuses_misshapen_predictions(truth, chance, field):
    with pytest.raises(ValueError, match=field):
        calibrate_check(truth, chance, n_bins=2)


def test_the_bootstrap_of_a_mean_is_near_its_normal_interval():
    rows = np.random.default_rng(8).normal(10, 2, 400)

    found = bootstrap.interval(
        rows, lambda each: float(each.mean()), rng=np.random.default_rng(9)
    )

    half = 1.96 * rows.std() / 20
    assert (found.lo, found.hi) == pytest.approx(
        (rows.mean() - half, rows.mean() + half), abs=0.03
    )
    assert found.estimate == rows.mean()


def test_the_bootstrap_repeats_with_its_seed_and_refuses_few_rows():
    rows = np.arange(30.0)

    def run(seed):
        rng = np.random.default_rng(seed)
        return bootstrap.interval(rows, np.mean, rng=rng, n_resamples=100)

    assert run(1) == run(1)
    assert run(1) != run(2)
    rng = np.random.default_rng(0)
    assert bootstrap.interval(rows[:19], np.mean, rng=rng).code is Shortage.TOO_FEW
    with pytest.raises(ValueError, match="n_resamples"):
        bootstrap.interval(rows, np.mean, rng=rng, n_resamples=99)
