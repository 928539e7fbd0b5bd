"""Off-policy values: the published quickstart, limits, coverage and refusals."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from decisioning.stats import offpolicy
from decisioning.stats.offpolicy import Evaluation, RewardModel
from decisioning.stats.sufficient import NotEnoughData, Shortage
from tests.datasets import dataset


def evaluated(rewards, logged, target, **more):
    rng = np.random.default_rng(7)
    found = offpolicy.evaluate(rewards, logged, target, rng=rng, **more)
    assert isinstance(found, Evaluation), found
    return found


def world(n=4000, seed=0):
    """Three arms with known rates; the log chooses evenly."""
    rng = np.random.default_rng(seed)
    rates = np.array([0.1, 0.2, 0.4])
    arms = rng.integers(0, 3, n)
    rewards = (rng.random(n) < rates[arms]).astype(float)
    return rates, arms, rewards


def published_target(path: Path) -> np.ndarray:
    """Chances of Thompson's choices as the data set's quickstart computes them."""
    prior = yaml.safe_load(path.read_text())["all"]
    a, b = np.array(prior["alpha"]), np.array(prior["beta"])
    state = np.random.RandomState(12345)
    counts = np.zeros((len(a), 3))
    for _ in range(100_000):
        best = np.argsort(state.beta(a, b))[::-1][:3]
        counts[best, [0, 1, 2]] += 1
    return counts / 100_000


@pytest.mark.slow
def test_open_bandit_equals_the_published_quickstart():
    log = pd.read_csv(dataset("obd/random_all.csv.gz"))
    chances = published_target(dataset("obd/prior_bts.yaml"))
    target = chances[log["item_id"], log["position"] - 1]

    found = evaluated(log["click"], log["propensity_score"], target)

    assert found.ips.value == pytest.approx(0.004553, abs=5e-7)
    assert found.relative == pytest.approx(1.198126, abs=5e-6)
    assert found.snips.value == pytest.approx(0.004776, abs=5e-7)
    assert found.effective_n == pytest.approx(1639.5, abs=0.05)
    assert found.ips.lo == pytest.approx(0.0015, abs=2e-4)
    assert found.ips.hi == pytest.approx(0.0093, abs=4e-4)


def test_the_policy_that_ran_is_worth_what_it_earned():
    _, _, rewards = world()
    third = np.full(len(rewards), 1 / 3)

    found = evaluated(rewards, third, third)

    assert found.ips.value == found.snips.value == pytest.approx(rewards.mean())
    assert found.effective_n == pytest.approx(len(rewards))


def test_nothing_changes_when_rewards_are_counted_in_another_unit():
    _, arms, rewards = world()
    third, target = np.full(len(rewards), 1 / 3), np.where(arms == 2, 0.8, 0.1)

    pounds = evaluated(rewards, third, target)
    pence = evaluated(100 * rewards, third, target)

    assert pence.snips.value == pytest.approx(100 * pounds.snips.value)
    assert pence.ips.hi == pytest.approx(100 * pounds.ips.hi)


def test_intervals_hold_as_often_as_they_say(monkeypatch):
    monkeypatch.setattr(offpolicy, "N_RESAMPLES", 300)
    runs, held = 400, {"ips": 0, "snips": 0, "dr": 0}
    truth = 0.8 * 0.4 + 0.1 * (0.1 + 0.2)
    for seed in range(runs):
        rates, arms, rewards = world(n=1000, seed=seed + 1000)
        target = np.where(arms == 2, 0.8, 0.1)
        model = RewardModel(rates[arms] + 0.05, np.full(len(arms), truth + 0.05))
        found = evaluated(rewards, np.full(len(arms), 1 / 3), target, model=model)
        for name in held:
            estimate = getattr(found, name)
            held[name] += estimate.lo <= truth <= estimate.hi

    least = 0.95 - 2 * math.sqrt(0.95 * 0.05 / runs)
    assert {name: n / runs >= least for name, n in held.items()} == {
        "ips": True,
        "snips": True,
        "dr": True,
    }


def test_a_good_model_narrows_the_doubly_robust_interval():
    rates, arms, rewards = world()
    target, truth = np.where(arms == 2, 0.8, 0.1), 0.35
    model = RewardModel(rates[arms], np.full(len(arms), truth))

    found = evaluated(rewards, np.full(len(arms), 1 / 3), target, model=model)

    assert found.dr is not None
    assert found.dr.hi - found.dr.lo < found.ips.hi - found.ips.lo


def test_refuses_a_policy_for_which_the_log_is_worth_two_decisions():
    n = 10_000
    target = np.zeros(n)
    target[:2] = 1.0

    found = offpolicy.evaluate(
        np.ones(n), np.full(n, 1 / n), target, rng=np.random.default_rng(1)
    )

    assert isinstance(found, NotEnoughData)
    assert found.code is Shortage.TOO_FEW
    assert "2.0 decisions" in found.message


def test_refuses_what_hardly_ever_was_rewarded():
    rewards = np.zeros(1000)
    rewards[:9] = 1.0
    half = np.full(1000, 0.5)

    found = offpolicy.evaluate(rewards, half, half, rng=np.random.default_rng(1))

    assert isinstance(found, NotEnoughData)
    assert "9 rewarded" in found.message


def test_refuses_a_policy_that_chooses_what_never_was_tried():
    """Half of what it does is not in the log: the weights average one half."""
    _, _, rewards = world()
    n = len(rewards)

    found = offpolicy.evaluate(
        rewards, np.full(n, 1 / 3), np.full(n, 1 / 6), rng=np.random.default_rng(1)
    )

    assert isinstance(found, NotEnoughData)
    assert found.code is Shortage.NO_TREATED


@pytest.mark.parametrize(
    ("rewards", "logged", "target", "said"),
    [
        ([1.0], [0.5, 0.5], [0.5], "same length"),
        ([math.nan], [0.5], [0.5], "finite"),
        ([1.0], [0.0], [0.5], "propensities"),
        ([1.0], [0.5], [1.5], "target"),
    ],
)
def test_what_is_no_log_is_refused(rewards, logged, target, said):
    with pytest.raises(ValueError, match=said):
        offpolicy.evaluate(rewards, logged, target, rng=np.random.default_rng(1))
