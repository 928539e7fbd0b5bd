"""Linear scores: the compiled arithmetic is the model, and its digest pins it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisioning.scoring.core import LinearModel, Standardisation, score, sigmoid


def model(**changes) -> LinearModel:
    parts = {
        "feature_names": ("recency", "spend"),
        "offers": ("a", "b", "c"),
        "weights": np.array([[0.5, -1.0], [0.0, 2.0], [1.5, 0.25]]),
        "intercepts": np.array([-1.0, 0.0, 0.5]),
    }
    return LinearModel(**(parts | changes))


def test_the_compiled_score_is_the_log_odds_of_the_model():
    features = np.array([2.0, 0.5], dtype=np.float32)

    found = score(features, *model().compiled())

    assert found.dtype == np.float32
    assert found.tolist() == pytest.approx([-0.5, 1.0, 3.625])
    assert sigmoid(found) == pytest.approx(model().probabilities(features)[0], abs=1e-6)


def test_raw_features_score_as_standardised_ones_did():
    rng = np.random.default_rng(0)
    table = rng.normal([50, 0.1], [20, 0.01], (40, 2))
    standard = Standardisation.of(table)
    weights, intercepts = rng.normal(size=(3, 2)), rng.normal(size=3)

    folded = LinearModel.of_standardised(
        ["x", "y"], ["a", "b", "c"], weights, intercepts, standard
    )

    expected = sigmoid(standard.apply(table) @ weights.T + intercepts)
    assert folded.probabilities(table) == pytest.approx(expected, abs=1e-9)


def test_a_constant_feature_is_not_divided_by_zero():
    standard = Standardisation.of(np.array([[1.0, 7.0], [3.0, 7.0]]))

    assert standard.apply(np.array([[2.0, 8.0]])).tolist() == [[0.0, 1.0]]


def test_the_contributions_and_the_intercept_sum_to_the_log_odds():
    parts = model().contributions([2.0, 0.5], "c")

    assert parts == {"recency": 3.0, "spend": 0.125}
    assert sum(parts.values()) + 0.5 == pytest.approx(3.625)


@pytest.mark.parametrize(
    "changes",
    [
        {"feature_names": ("recency", "visits")},
        {"offers": ("a", "c", "b")},
        {"intercepts": np.array([-1.0, 0.0, np.nextafter(0.5, 1)])},
        {"feature_names": ("recency", "spend"), "offers": ("a", "b", "d")},
    ],
)
def test_any_change_changes_the_digest(changes):
    assert model(**changes).digest != model().digest


def test_storing_and_loading_keeps_the_digest_and_notices_tampering():
    stored = model().as_dict()

    assert LinearModel.of_dict(stored).digest == stored["digest"] == model().digest
    stored["weights"][0][0] += 1e-12
    with pytest.raises(ValueError, match="digest"):
        LinearModel.of_dict(stored)


@pytest.mark.parametrize(
    "changes", [{"intercepts": np.zeros(2)}, {"intercepts": np.full(3, np.nan)}]
)
def test_refuses_coefficients_that_do_not_fit(changes):
    with pytest.raises(ValueError, match="weights, intercepts"):
        model(**changes)


@given(st.floats(-800, 800))
def test_the_sigmoid_never_overflows_and_is_symmetric(log_odds):
    assert 0 <= sigmoid(log_odds) <= 1
    assert sigmoid(log_odds) + sigmoid(-log_odds) == pytest.approx(1)
