"""Fairness by four fifths, twins of the best customers, and why somebody is in."""

from datetime import timedelta

import numpy as np
import pytest

from decisioning.rules.core import (
    All,
    Any,
    Catalogue,
    Compare,
    Did,
    EventInfo,
    Exists,
    FieldInfo,
    InSegment,
    KnownProfile,
    May,
    Not,
)
from decisioning.segments.fairness import FairnessVerdict, profile
from decisioning.segments.lookalike import logistic, propose
from decisioning.segments.why import Asked, told
from decisioning.stats.auc import Auc
from decisioning.stats.sufficient import NotEnoughData
from governance.consent.core import ORDINARY
from tests.decisioning.rules.strategies import NOW


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({"a": (48, 60), "b": (40, 50)}, "pass"),
        ({"a": (50, 50), "b": (40, 50)}, "pass"),
        ({"a": (50, 50), "b": (39, 50)}, "breach"),
        ({"a": (50, 50), "b": (0, 49)}, "not_enough_data"),
        ({"a": (0, 50), "b": (0, 50)}, "not_enough_data"),
        ({"a": (50, 50)}, "not_enough_data"),
        ({}, "not_enough_data"),
    ],
)
def test_under_four_fifths_of_the_highest_rate_is_a_breach(
    counts: dict[str, tuple[int, int]], verdict: str
) -> None:
    found = profile("area", "Home area", counts)

    assert found is not None
    assert found.verdict == FairnessVerdict(verdict)


def test_half_the_rate_of_the_other_group_is_a_breach() -> None:
    found = profile("group", "Group", {"one": (60, 120), "other": (20, 80)})

    assert found is not None
    assert found.ratio == pytest.approx(0.5)
    assert found.verdict is FairnessVerdict.BREACH


def test_too_many_values_are_no_groups() -> None:
    assert profile("zip", "Zip", {str(i): (1, 1) for i in range(13)}) is None


def planted(rng: np.random.Generator, n: int = 2_000) -> tuple[np.ndarray, np.ndarray]:
    """Best customers visit more and complain less; the third column is noise."""
    best = np.column_stack(
        [rng.poisson(9, n), rng.poisson(0.3, n), rng.normal(0, 1, n)]
    ).astype(float)
    others = np.column_stack(
        [rng.poisson(4, n), rng.poisson(1.5, n), rng.normal(0, 1, n)]
    ).astype(float)
    best[rng.random(best.shape) < 0.05] = np.nan
    return best, others


def test_the_planted_features_are_proposed_and_the_noise_is_not(
    rng: np.random.Generator,
) -> None:
    best, others = planted(rng)

    found = propose(best, others, ["visits", "complaints", "noise"], rng=rng)

    assert not isinstance(found, NotEnoughData)
    told_of = {each.feature: each for each in found.conditions}
    assert set(told_of) == {"visits", "complaints"}
    assert (told_of["visits"].op, told_of["complaints"].op) == ("ge", "le")
    assert told_of["visits"].share_of_best > 0.7
    assert all(each.lift >= 1.2 for each in found.conditions)
    assert isinstance(found.ranking, Auc)
    assert found.ranking.lo > 0.9


def test_alike_groups_give_no_conditions(rng: np.random.Generator) -> None:
    same = rng.normal(0, 1, (400, 2))

    found = propose(same[:200], same[200:], ["a", "b"], rng=rng)

    assert not isinstance(found, NotEnoughData)
    assert found.conditions == ()


def test_too_few_of_either_is_said(rng: np.random.Generator) -> None:
    found = propose(np.ones((99, 1)), np.ones((500, 1)), ["a"], rng=rng)

    assert isinstance(found, NotEnoughData)
    assert "99 and 500" in found.message


def test_the_table_must_fit_its_names(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="one column for each name"):
        propose(np.ones((200, 2)), np.ones((200, 2)), ["a"], rng=rng)


def test_the_fit_agrees_with_scikit_learn(rng: np.random.Generator) -> None:
    from sklearn.linear_model import LogisticRegression

    x = rng.normal(0, 1, (500, 3))
    y = (rng.random(500) < 1 / (1 + np.exp(-(x @ [1.0, -2.0, 0.0] + 0.5)))).astype(int)

    ours = logistic(x, y)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(x, y)

    assert ours[1:] == pytest.approx(theirs.coef_[0], abs=1e-4)
    assert ours[0] == pytest.approx(theirs.intercept_[0], abs=1e-4)


WORDS = Catalogue(
    fields={"trait.spend": FieldInfo("trait.spend", "spend", "number", "GBP")},
    events={"Order Completed": EventInfo("Order Completed", "placed an order")},
    segments={"rich": "Rich"},
    consents={"direct_marketing": "direct marketing"},
    channels={"email": "by e-mail"},
)
RICH = Compare("trait.spend", "ge", 100)


def test_each_condition_is_told_with_its_value() -> None:
    at = NOW - timedelta(days=2)
    person = KnownProfile(traits={"spend": 250.5}, events=[("Order Completed", at, {})])
    asked = Asked(person, {"rich": RICH}, WORDS, NOW, ORDINARY)
    rule = All(
        (
            RICH,
            Not(Did("Order Completed", 1, 30)),
            May("direct_marketing", "email"),
            Any((InSegment("rich"), Exists("trait.nowhere"))),
        )
    )

    found = list(asked.findings(rule))

    assert [(f.depth, f.holds, f.value) for f in found] == [
        (0, True, "250.5"),
        (0, False, "1 time, last on 2026-05-02"),
        (0, False, "We do not know what this customer allowed."),
        (0, True, ""),
        (1, True, "in"),
        (1, False, "not on record"),
    ]
    assert found[3].words == "any one of"
    assert found[4].words == "is in “Rich”"
    assert not asked.holds(rule)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not on record"),
        (float("nan"), "not on record"),
        (True, "yes"),
        (1200, "1,200"),
        (0.5, "0.5"),
        (3.0, "3"),
        ("Web", "Web"),
    ],
)
def test_a_value_reads_as_people_write_it(value: object, words: str) -> None:
    assert told(value) == words
