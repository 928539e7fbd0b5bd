"""What every registered policy keeps, whatever it believes."""

import json
import math

import numpy as np
import pytest

from decisioning.experiments.policies import POLICIES, Policy
from decisioning.experiments.policies.base import NothingAllowed

ARMS, FEATURES = 5, 3
LEARNING = sorted(set(POLICIES) - {"fixed_ranking"})
CONTEXTUAL = {"linucb", "shared_linucb", "linear_thompson", "inverse_gap"}


def made(name: str, **more: object) -> Policy:
    if name in CONTEXTUAL:
        more = {"n_features": FEATURES, **more}
    return POLICIES[name](ARMS, **more)


def history(seed: int = 3, n: int = 400):
    rng = np.random.default_rng(seed)
    contexts = rng.normal(size=(n, FEATURES))
    arms = rng.integers(0, ARMS, n)
    rewards = (rng.random(n) < 0.1 + 0.15 * (arms == 2)).astype(float)
    return contexts, arms, rewards


@pytest.fixture(params=sorted(POLICIES))
def name(request):
    return request.param


def test_chances_sum_to_one_over_what_is_allowed_and_keep_the_floor(name):
    policy = made(name, floor=0.2).partial_fit(*history())
    allowed = np.array([True, False, True, True, False])

    chances = policy.probabilities([0.5, -1.0, 2.0], allowed)

    assert chances.sum() == pytest.approx(1, abs=1e-12)
    assert (chances[~allowed] == 0).all()
    assert (chances[allowed] >= 0.2 / 3 - 1e-12).all()


def test_the_logged_propensity_is_how_often_the_arm_is_chosen(name):
    policy, context = made(name, floor=0.3).partial_fit(*history()), [0.2, 0.1, -0.4]
    rng, n = np.random.default_rng(8), 3_000
    chosen = [policy.choose(draw, context) for draw in rng.random(n)]
    seen = np.bincount([arm for arm, _ in chosen], minlength=ARMS) / n

    for arm, propensity in set(chosen):
        error = math.sqrt(propensity * (1 - propensity) / n)
        assert abs(seen[arm] - propensity) <= 4 * error + 1e-9


def test_late_and_shuffled_outcomes_teach_the_same(name):
    contexts, arms, rewards = history()
    order = np.random.default_rng(1).permutation(len(arms))
    at_once = made(name).partial_fit(contexts, arms, rewards)
    in_parts = made(name)

    for part in np.array_split(order, 7):
        in_parts.partial_fit(contexts[part], arms[part], rewards[part])

    for key, total in at_once.totals.items():
        np.testing.assert_allclose(in_parts.totals[key], total, atol=1e-9)


def test_a_kept_state_brings_the_policy_back_through_json(name):
    policy = made(name).partial_fit(*history())
    kept = json.loads(json.dumps(policy.state))
    before = policy.probabilities([1.0, 0.0, 0.0])
    policy.partial_fit(*history(seed=9))

    policy.restore(kept)

    np.testing.assert_array_equal(policy.probabilities([1.0, 0.0, 0.0]), before)


@pytest.mark.parametrize("name", LEARNING)
def test_the_arm_that_pays_comes_to_be_preferred(name):
    policy = made(name, floor=0.0)
    contexts, arms, _ = history(n=4000)
    rewards = (np.random.default_rng(2).random(4000) < 0.1 + 0.6 * (arms == 2)).astype(
        float
    )
    contexts[:, 0] = 1.0
    policy.partial_fit(contexts, arms, rewards)

    assert int(np.argmax(policy.probabilities([1.0, 0.0, 0.0]))) == 2


@pytest.mark.parametrize("name", LEARNING)
def test_what_does_not_fit_is_refused_and_teaches_nothing(name):
    policy = made(name)
    before = json.dumps(policy.state)
    contexts, arms, rewards = history(n=10)

    for wrong in (
        (contexts, arms + ARMS, rewards),
        (contexts, arms, rewards[:-1]),
        (contexts, arms, rewards * np.nan),
    ):
        with pytest.raises(ValueError, match=r"arms|rewards"):
            policy.partial_fit(*wrong)

    assert json.dumps(policy.state) == before


@pytest.mark.parametrize("name", sorted(CONTEXTUAL))
def test_a_context_of_the_wrong_length_is_refused(name):
    with pytest.raises(ValueError, match="contexts"):
        made(name).probabilities([1.0])


def test_nothing_allowed_is_said_so(name):
    with pytest.raises(NothingAllowed):
        made(name).probabilities([0.0] * FEATURES, np.zeros(ARMS, dtype=bool))


def test_a_state_of_another_size_is_refused():
    kept = POLICIES["thompson"](3).state

    with pytest.raises(ValueError, match="state"):
        POLICIES["thompson"](4).restore(kept)


def test_nothing_is_learned_from_the_global_generator(name):
    policy = made(name).partial_fit(*history())
    np.random.seed(1)  # noqa: NPY002
    first = policy.choose(0.4, [0.1, 0.2, 0.3])
    np.random.seed(2)  # noqa: NPY002

    assert policy.choose(0.4, [0.1, 0.2, 0.3]) == first
