"""What an element is worth: a planted taste is missed, noise and doubles are not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from decisioning.scoring import propensity
from decisioning.scoring.ablation import Sample, ablate
from decisioning.scoring.propensity import Example, Table
from decisioning.stats.auc import auc, auc_loss
from decisioning.stats.sufficient import NotEnoughData, Shortage

NAMES = ("spend", "spend_again", "noise", "visits")
READS = {
    "trait.spend": {"spend"},
    "event.Order": {"spend", "spend_again"},
    "event.Page": {"visits"},
    "trait.noise": {"noise"},
    "trait.unread": {"elsewhere"},
}


def world(n=6_000, seed=0):
    """Spend decides, and is told twice; visits decide a little, noise nothing."""
    rng = np.random.default_rng(seed)
    spend, noise, visits = rng.normal(size=(3, n))
    shown = rng.integers(0, 2, n)
    chance = 1 / (1 + np.exp(-(1.5 * spend + 0.5 * visits - 1)))
    truth = (rng.random(n) < chance).astype(np.int8)
    return Sample(np.column_stack([spend, spend, noise, visits]), shown, truth)


def halves(sample):
    rows = np.arange(sample.truth.size)
    return sample.rows(rows % 2 == 0), sample.rows(rows % 2 == 1)


@pytest.fixture(scope="module")
def lost():
    found = ablate(*halves(world()), names=NAMES, reads=READS)
    return {each.field: each for each in found}


def test_what_decides_is_missed_and_noise_is_not(lost):
    assert lost["event.Order"].lo > 0.15
    assert lost["event.Page"].lo > 0.005
    assert lost["trait.noise"].lo <= 0 <= lost["trait.noise"].hi
    assert lost["trait.noise"].hi < 0.005


def test_what_is_told_twice_can_be_spared_alone(lost):
    assert abs(lost["trait.spend"].loss) < 0.001
    assert lost["event.Order"].columns == ("spend", "spend_again")


def test_what_no_column_reads_is_not_judged(lost):
    assert "trait.unread" not in lost
    assert next(iter(lost)) == "event.Order"


def test_without_anything_left_the_score_is_a_coin():
    before, after = halves(world())
    (only,) = ablate(
        Sample(before.features[:, :1], before.shown, before.truth),
        Sample(after.features[:, :1], after.shown, after.truth),
        names=("spend",),
        reads={"event.Order": {"spend"}},
    )
    whole = auc(after.truth, after.features[:, 0]).value
    assert only.loss == pytest.approx(whole - 0.5, abs=0.01)


def test_one_outcome_only_cannot_be_told():
    before, after = halves(world(200))
    silent = Sample(after.features, after.shown, np.zeros_like(after.truth))

    found = ablate(before, silent, names=NAMES, reads=READS)

    assert isinstance(found, NotEnoughData)
    assert found.code is Shortage.ONE_CLASS


def test_the_interval_of_a_difference_covers_zero_for_equally_good_scores():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        truth = rng.integers(0, 2, 300)
        base = rng.normal(truth, 1)
        found = auc_loss(
            truth, base + rng.normal(0, 1, 300), base + rng.normal(0, 1, 300)
        )
        covered += abs(found.value) <= 1.96 * found.variance**0.5
    assert covered / 400 >= 0.95 - 2 * (0.05 * 0.95 / 400) ** 0.5


def test_the_paired_variance_agrees_with_a_bootstrap():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 800)
    one = rng.normal(truth, 1)
    other = one + rng.normal(0, 1, 800)
    found = auc_loss(truth, one, other)
    drawn = [rng.integers(0, 800, 800) for _ in range(600)]
    losses = [
        auc(truth[i], one[i]).value - auc(truth[i], other[i]).value for i in drawn
    ]

    assert found.value == pytest.approx(auc(truth, one).value - auc(truth, other).value)
    assert found.variance**0.5 == pytest.approx(np.std(losses), rel=0.12)


def table(*, apart):
    sample = world(2_000)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    examples = [
        Example(
            i, ("a", "b")[shown], begin + timedelta(hours=i if apart else 0), bool(y)
        )
        for i, (shown, y) in enumerate(zip(sample.shown, sample.truth, strict=True))
    ]
    names = ("orders_365d", "spend_365d", "visits_30d", "days_since_visit")
    known = tuple(n for n in names if n in propensity.NAMES)
    return Table(examples, sample.features[:, : len(known)], known, {})


def test_later_customers_judge_where_there_are_later_ones():
    told = propensity.left_out_in_turn(table(apart=True), seed=1)

    assert told["isTimeOrdered"]
    assert (told["nFitted"], told["nHeldOut"]) == (1_400, 600)
    fields = {each["field"] for each in told["lost"]}
    assert {"feature.orders_365d", "event.Order Completed"} <= fields


def test_others_judge_where_everybody_came_at_once():
    told = propensity.left_out_in_turn(table(apart=False), seed=1)

    assert told["possible"]
    assert not told["isTimeOrdered"]
    assert told["nFitted"] + told["nHeldOut"] == 2_000
