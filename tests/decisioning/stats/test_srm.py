"""Sample ratio: the expected answers of decision 16, and the check's size."""

import math

import numpy as np
import pytest

from decisioning.stats import srm
from decisioning.stats.srm import RatioVerdict

HALF = {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize(
    ("observed", "shares", "verdict"),
    [
        ({"a": 5_005_000, "b": 4_995_000}, HALF, RatioVerdict.TRIVIAL),
        ({"a": 95_100, "b": 4_900}, {"a": 95, "b": 5}, RatioVerdict.OK),
        ({"a": 90_000, "b": 10_000}, {"a": 95, "b": 5}, RatioVerdict.ALARM),
        ({"a": 50_700, "b": 49_300}, HALF, RatioVerdict.ALARM),
        ({"a": 502_000, "b": 498_000}, HALF, RatioVerdict.TRIVIAL),
        ({"a": 503_500, "b": 496_500}, HALF, RatioVerdict.WARNING),
        ({"a": 5_130, "b": 4_870}, HALF, RatioVerdict.WARNING),
        ({"a": 100, "b": 0}, HALF, RatioVerdict.ALARM),
        ({"a": 100}, HALF, RatioVerdict.ALARM),
        ({"a": 1, "b": 0}, HALF, RatioVerdict.NOT_ENOUGH_DATA),
        ({}, HALF, RatioVerdict.NOT_ENOUGH_DATA),
    ],
    ids=str,
)
def test_judges_size_and_chance_together(observed, shares, verdict):
    found = srm.check(observed, shares)

    assert found.verdict is verdict
    assert found.message


def test_gives_the_reference_figures_of_hillstrom():
    found = srm.check({"m": 21307, "w": 21387, "n": 21306}, {"m": 1, "w": 1, "n": 1})

    assert (found.chi2, found.p_value) == pytest.approx((0.202531, 0.903693), rel=1e-5)


def test_weights_that_moved_are_judged_by_expected_counts():
    found = srm.check_expected({"a": 700, "b": 300}, {"a": 702.0, "b": 298.0})

    assert found.verdict is RatioVerdict.OK


def test_a_fair_split_warns_no_more_often_than_it_may():
    rng, runs = np.random.default_rng(11), 4000
    firsts = rng.binomial(2000, 0.5, runs)

    alarms = sum(
        srm.check({"a": int(n), "b": 2000 - int(n)}, HALF).p_value < 0.01
        for n in firsts
    )

    assert alarms / runs <= 0.01 + 2 * math.sqrt(0.01 * 0.99 / runs)


@pytest.mark.parametrize(
    ("observed", "shares"),
    [({"c": 1}, HALF), ({"a": -1}, HALF), ({"a": 1}, {"a": 0}), ({}, {})],
)
def test_refuses_what_is_not_in_the_design(observed, shares):
    with pytest.raises(ValueError, match=r"observed|shares"):
        srm.check(observed, shares)
