"""Training: what is served is what was fitted, judged on customers not seen."""

import csv
import gzip
import json

import numpy as np
import pytest

from decisioning.scoring.core import score, sigmoid
from decisioning.scoring.training import TrainedPropensity, train_propensity
from decisioning.stats.sufficient import NotEnoughData, Shortage
from tests.datasets import dataset

NAMES = ("recency", "spend", "noise")


def world(n=6000, seed=0):
    """Customers whose taste for offer 0 grows with spend, for offer 1 falls."""
    rng = np.random.default_rng(seed)
    table = rng.normal([6, 200, 0], [3, 80, 1], (n, 3))
    shown = rng.integers(0, 2, n)
    slope = np.where(shown == 0, 1.2, -1.2)
    log_odds = slope * (table[:, 1] - 200) / 80 - 1
    truth = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return table, shown, truth


def trained(seed=1, **changes):
    table, shown, truth = world()
    found = train_propensity(
        changes.pop("table", table), shown, truth,
        feature_names=NAMES, offers=("up", "down"), seed=seed,
    )  # fmt: skip
    assert isinstance(found, TrainedPropensity)
    return found


@pytest.fixture(scope="module")
def fitted():
    return trained()


def test_the_linear_score_equals_the_calibrated_pipeline(fitted):
    table, _, _ = world(500, seed=9)

    compiled = fitted.model.probabilities(table)

    for column, offer in enumerate(("up", "down")):
        pipeline = fitted.pipelines[offer].predict_proba(table)[:, 1]
        assert np.abs(compiled[:, column] - pipeline).max() < 1e-6


def test_the_single_precision_score_agrees_too(fitted):
    table, _, _ = world(50, seed=9)
    arrays = fitted.model.compiled()

    hot = [sigmoid(score(row.astype(np.float32), *arrays)) for row in table]

    assert np.abs(np.array(hot) - fitted.model.probabilities(table)).max() < 1e-5


def test_finds_the_planted_taste_of_each_offer(fitted):
    up, down = fitted.model.weights[:, 1] * 80

    assert up == pytest.approx(1.2, abs=0.2)
    assert down == pytest.approx(-1.2, abs=0.2)
    assert np.abs(fitted.model.weights[:, 2]).max() < 0.2


def test_is_judged_and_calibrated_on_customers_it_has_not_seen(fitted):
    for report in fitted.reports:
        total = report.n_train + report.n_calibration + report.n_test
        assert report.n_test / total == pytest.approx(0.3, abs=0.01)
        assert 0.7 < report.auc.lo < report.auc.value < 0.85
        assert report.calibration.n == report.n_test
        assert report.calibration.ece < 0.06
        assert report.calibration.brier < report.base_rate * (1 - report.base_rate)
        assert report.platt_slope == pytest.approx(1, abs=0.3)


def test_a_score_without_signal_is_reported_as_such():
    table, shown, _ = world()
    noise = np.random.default_rng(3).integers(0, 2, len(table))

    found = train_propensity(
        table, shown, noise, feature_names=NAMES, offers=("up", "down")
    )

    assert all(abs(r.auc.value - 0.5) < 0.05 for r in found.reports)


def test_the_same_seed_gives_the_same_digest_and_another_does_not(fitted):
    assert trained().digest == fitted.digest
    assert trained(seed=2).digest != fitted.digest


def test_the_report_is_ready_for_json(fitted):
    told = json.loads(json.dumps(fitted.as_dict(), allow_nan=False))

    assert told["digest"] == fitted.digest
    assert told["features"] == list(NAMES)
    assert told["offers"][0]["auc"]["value"] == fitted.reports[0].auc.value
    assert len(told["offers"][0]["calibration"]["bins"]) == 10


def test_a_constant_feature_gets_no_weight():
    table, _, _ = world()
    table[:, 2] = 4.0

    assert trained(table=table).model.weights[:, 2].tolist() == [0, 0]


def test_says_which_offer_has_too_few_buyers():
    table, shown, truth = world()
    truth[shown == 1] = 0

    found = train_propensity(
        table, shown, truth, feature_names=NAMES, offers=("up", "down")
    )

    assert isinstance(found, NotEnoughData)
    assert found.code is Shortage.TOO_FEW
    assert "down" in found.message


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda x, o, y: (x[:, :2], o, y), "features"),
        (lambda x, o, y: (x[:-1], o, y), "same length"),
        (lambda x, o, y: (np.where(x > 300, np.nan, x), o, y), "missing"),
        (lambda x, o, y: (x, o, y * 2), "outcomes"),
        (lambda x, o, y: (x, o + 1, y), "offer_of_row"),
    ],
)
def test_names_what_is_wrong_with_the_table(spoil, field):
    table, shown, truth = spoil(*world())

    with pytest.raises(ValueError, match=field):
        train_propensity(
            table, shown, truth, feature_names=NAMES, offers=("up", "down")
        )


def test_refuses_two_offers_of_one_name():
    with pytest.raises(ValueError, match="offers"):
        train_propensity(*world(), feature_names=NAMES, offers=("up", "up"))


def test_hillstrom_visits_can_be_ranked_better_than_by_chance():
    with gzip.open(dataset("hillstrom/hillstrom.csv.gz"), "rt") as lines:
        rows = [r for r in csv.DictReader(lines) if r["segment"] != "No E-Mail"]
    names = ("recency", "history", "mens", "womens", "newbie")
    table = [[float(row[name]) for name in names] for row in rows]
    shown = [int(row["segment"] == "Womens E-Mail") for row in rows]

    found = train_propensity(
        table, shown, [int(row["visit"]) for row in rows],
        feature_names=names, offers=("mens-email", "womens-email"),
    )  # fmt: skip

    assert [report.auc.lo > 0.5 for report in found.reports] == [True, True]
    assert all(report.calibration.ece < 0.02 for report in found.reports)
