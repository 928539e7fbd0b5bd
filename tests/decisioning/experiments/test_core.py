"""Assignment is stable, even and independent; designs that cannot work are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare, kstest

from decisioning.experiments.core import (
    Arm,
    ArmRole,
    Design,
    InvalidDesign,
    assign,
    planned_sample,
    start_problems,
    uniform,
)
from decisioning.types import MetricKind

CUSTOMERS = [f"c-{number}" for number in range(40_000)]
PINNED = ["b", "a", "a", "control", "b", "control", "b", "a"]


def design(salt: str = "one", **options) -> Design:
    shares = options.pop("shares", {"control": 0.2, "a": 0.3, "b": 0.5})
    return Design.of_shares(shares, control="control", salt=salt, **options)


def keys(of: Design) -> list[str]:
    arms = [assign(customer, of) for customer in CUSTOMERS]
    return [arm.key if arm else "none" for arm in arms]


def test_the_arms_of_known_customers_never_change():
    pinned = [assign(f"c-{number}", design("pinned")).key for number in range(8)]

    assert pinned == PINNED


def test_arms_get_their_shares():
    names, counts = np.unique(keys(design()), return_counts=True)
    expected = [design().shares[name] * len(CUSTOMERS) for name in names]

    assert chisquare(counts, expected).pvalue > 0.001


def test_two_experiments_sort_the_same_customers_independently():
    table = np.zeros((3, 3))
    order = ["control", "a", "b"]
    for one, other in zip(keys(design("one")), keys(design("two")), strict=True):
        table[order.index(one), order.index(other)] += 1

    assert chi2_contingency(table).pvalue > 0.001
    assert (table > 0).all()


def test_the_draw_is_even_between_zero_and_one():
    draws = [uniform("salt", customer) for customer in CUSTOMERS]

    assert kstest(draws, "uniform").pvalue > 0.001
    assert min(draws) >= 0
    assert max(draws) < 1


def test_salt_and_id_cannot_be_confused():
    assert uniform("a:b", "c") != uniform("a", "b:c")


@given(st.text(), st.text(min_size=1))
def test_asking_again_gives_the_same_arm(customer, salt):
    assert assign(customer, design(salt)) == assign(customer, design(salt))


def test_holdout_and_allocation_take_their_shares_of_all():
    drawn = keys(design(holdout_share=0.1, allocation=0.5))

    assert drawn.count("holdout") / len(drawn) == pytest.approx(0.1, abs=0.006)
    assert drawn.count("none") / len(drawn) == pytest.approx(0.45, abs=0.01)
    of = design(holdout_share=0.1, allocation=0.5)
    assert drawn.count("b") / len(drawn) == pytest.approx(of.propensity("b"), abs=0.01)
    assert of.propensity("holdout") == 0.1
    assert of.propensity("b") == pytest.approx(0.225)


def test_raising_the_allocation_moves_nobody_who_is_in():
    before, after = keys(design(allocation=0.1)), keys(design(allocation=0.6))

    pairs = zip(before, after, strict=True)
    assert all(sooner == later for sooner, later in pairs if sooner != "none")
    assert before.count("none") > after.count("none")


def test_knows_its_control_its_treated_arms_and_its_holdout():
    found = design(holdout_share=0.05)

    assert found.control.key == "control"
    assert [arm.key for arm in found.treated] == ["a", "b"]
    assert found.holdout.role is ArmRole.HOLDOUT
    assert design().holdout is None


@pytest.mark.parametrize(
    ("arms", "options", "field"),
    [
        ((("c", 0.5), ("a", 0.4)), {}, "sum to 90"),
        ((("c", 1.0),), {}, "at least one other arm"),
        ((("x", 0.5), ("a", 0.5)), {}, "control"),
        ((("c", 0.0), ("a", 1.0)), {}, "share"),
        ((("c", 0.5), ("holdout", 0.5)), {}, "arms"),
        ((("c", 0.5), ("c", 0.5)), {}, "arms"),
        ((("c", 0.5), ("a", 0.5)), {"holdout_share": 1.0}, "holdout_share"),
        ((("c", 0.5), ("a", 0.5)), {"allocation": 0.0}, "allocation"),
        ((("c", 0.5), ("a", 0.5)), {"planned_n": 0}, "planned_n"),
        ((("c", 0.5), ("a", 0.5)), {"salt": ""}, "salt"),
    ],
)
def test_refuses_a_design_that_contradicts_itself(arms, options, field):
    parts = tuple(
        Arm(key, share, ArmRole.CONTROL if key == "c" else ArmRole.TREATED)
        for key, share in arms
    )

    with pytest.raises(InvalidDesign, match=field) as refusal:
        Design(parts, **({"salt": "s"} | options))
    assert refusal.value.problems


def test_refuses_a_holdout_among_the_arms():
    arms = (Arm("c", 0.5, ArmRole.CONTROL), Arm("h", 0.5, ArmRole.HOLDOUT))

    with pytest.raises(InvalidDesign, match="holdout_share"):
        Design(arms, "s")


@pytest.mark.parametrize(
    ("shares", "options", "fields"),
    [
        ({"control": 0.04, "a": 0.96}, {"planned_n": 100}, ["control"]),
        ({"control": 0.04, "a": 0.96}, {"planned_n": 9, "holdout_share": 0.05}, []),
        ({"control": 0.05, "a": 0.95}, {"planned_n": 100}, []),
        ({"control": 0.5, "a": 0.5}, {}, ["planned_n"]),
    ],
)
def test_says_what_keeps_a_design_from_starting(shares, options, fields):
    problems = start_problems(design(shares=shares, **options))

    assert [problem.split(":")[0].split(",")[0] for problem in problems] == fields


def test_plans_for_the_smallest_arm():
    even = design(shares={"control": 0.5, "a": 0.5})
    three = design(shares={"control": 0.5, "a": 0.4, "b": 0.1})
    plan = {"kind": MetricKind.PROPORTION, "base": 0.1, "smallest_gain": 0.02}

    assert planned_sample(even, **plan) == 2 * 3841
    assert planned_sample(three, **plan) > planned_sample(even, **plan)


def test_planning_for_a_mean_needs_its_spread():
    plan = {"kind": MetricKind.MEAN, "base": 0.0, "smallest_gain": 0.5}

    even = design(shares={"control": 0.5, "a": 0.5})
    assert planned_sample(even, sd=1.0, **plan) == 128
    with pytest.raises(ValueError, match="sd"):
        planned_sample(even, **plan)
