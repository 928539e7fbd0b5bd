"""Verdicts of whole audits: groups, intersections, small ones, corrections."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.fairness.core import (
    USUAL,
    Direction,
    FairnessVerdict,
    Measure,
    Observed,
    Shown,
    Strength,
    Tally,
    association,
    audit,
    banded,
    bubble,
    shown_count,
)
from governance.fairness.core.answering import due, is_justified, objection
from governance.fairness.core.flips import flip_finding
from governance.fairness.core.groups import POOLED, groupings

V = FairnessVerdict
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def world(rates, n, seed=1):
    """Groups of n customers each with these chances of being chosen, drawn exactly."""
    names = np.repeat([f"g{i}" for i in range(len(rates))], n).astype(object)
    chosen = np.concatenate([np.arange(n) < round(rate * n) for rate in rates])
    del seed
    return Observed(traits={"t": names}, chosen={Direction.BENEFIT: chosen})


def test_equal_groups_pass_once_there_are_enough():
    assert audit(world([0.3, 0.3], 2_000)).verdict is V.PASS
    assert audit(world([0.3, 0.3], 200)).verdict is V.NOT_ENOUGH_DATA


def test_a_bad_ratio_is_a_breach_with_its_group_and_reference():
    found = audit(world([0.3, 0.15], 2_000))
    assert found.verdict is V.BREACH
    first = found.breaches[0]
    assert (first.group, first.reference) == ("g1", "g0")


def test_what_is_needed_is_the_table_of_the_rules():
    """10 %: 2,840 a group to clear; so 284 of them say they lack about that many."""
    found = audit(world([0.10, 0.10], 1_000))
    lacking = next(f for f in found.findings if f.measure is Measure.SELECTION)
    assert lacking.verdict is V.NOT_ENOUGH_DATA
    assert 1_000 + lacking.needs_more == pytest.approx(2_840, rel=0.01)


@pytest.mark.parametrize(
    ("rate", "n"), [(0.01, 31_200), (0.05, 5_990), (0.10, 2_840), (0.30, 736)]
)
def test_every_row_of_the_table(rate, n):
    seen = audit(world([rate, rate], 4 * n // 10 + 60)).findings
    lacking = next(f for f in seen if f.measure is Measure.SELECTION)
    assert lacking.n + lacking.needs_more == pytest.approx(n, rel=0.02)


def test_small_groups_are_pooled_and_never_green():
    sizes = {"a": 900, "b": 900, "c": 30, "d": 30, "e": 7}
    names = np.concatenate([np.repeat(k, n) for k, n in sizes.items()]).astype(object)
    grouping = next(iter(groupings({"t": names}, least=50)))
    assert grouping.names == ("a", "b", POOLED)
    assert grouping.sizes[-1] == 67
    lone = np.concatenate([np.repeat("a", 900), np.repeat("b", 12)]).astype(object)
    only = audit(Observed(traits={"t": lone}, chosen={Direction.BENEFIT: lone == "a"}))
    assert only.verdict is V.NOT_ENOUGH_DATA
    assert {f.verdict for f in only.findings} <= {V.NOT_ENOUGH_DATA}


@given(n=st.integers(2, 49), rate=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_no_group_below_fifty_ever_reads_pass_or_breach(n, rate):
    names = np.array(["big"] * 800 + ["small"] * n, dtype=object)
    chosen = np.concatenate([np.arange(800) < 400, np.arange(n) < rate * n])
    found = audit(Observed(traits={"t": names}, chosen={Direction.BENEFIT: chosen}))
    assert found.verdict is V.NOT_ENOUGH_DATA
    assert all(f.verdict is V.NOT_ENOUGH_DATA for f in found.findings)


def test_an_unfair_intersection_is_found_where_each_trait_alone_is_even():
    n = 1_500
    sex = np.repeat(["f", "m", "f", "m"], n).astype(object)
    age = np.repeat(["old", "old", "young", "young"], n).astype(object)
    chosen = np.concatenate(
        [np.arange(n) < round(r * n) for r in (0.15, 0.35, 0.35, 0.15)]
    )
    found = audit(
        Observed(traits={"sex": sex, "age": age}, chosen={Direction.BENEFIT: chosen})
    )
    assert found.verdict is V.BREACH
    assert all(f.is_intersection for f in found.breaches)
    assert {f.group for f in found.breaches} == {"f × old", "m × young"}


def test_many_comparisons_do_not_make_a_breach():
    """Ninety even traits and one that is bad only by a hair: withdrawn as chance."""
    rng = np.random.default_rng(5)
    n = 1_200
    chosen = rng.random(n) < 0.3
    traits = {
        f"t{i}": rng.choice(np.array(["a", "b"], dtype=object), n) for i in range(14)
    }
    found = audit(Observed(traits=traits, chosen={Direction.BENEFIT: chosen}))
    assert not found.breaches


def test_harm_is_judged_upwards():
    names = np.repeat(["a", "b"], 4_000).astype(object)
    left = np.concatenate([np.arange(4_000) < 400, np.arange(4_000) < 200])
    seen = Observed(
        traits={"t": names},
        chosen={Direction.BENEFIT: np.ones(8_000, dtype=bool)},
        harms={Measure.OPT_OUT: left.astype(float)},
    )
    bad = [f for f in audit(seen).breaches if f.measure is Measure.OPT_OUT]
    assert [f.group for f in bad] == ["a"]


def test_calibration_and_exposure_are_found():
    rng = np.random.default_rng(9)
    n = 6_000
    names = np.repeat(["a", "b"], n // 2).astype(object)
    scores = rng.uniform(0.1, 0.9, n)
    acted = rng.random(n) < np.where(names == "a", scores, np.clip(scores - 0.3, 0, 1))
    seen = Observed(
        traits={"t": names},
        chosen={Direction.BENEFIT: np.ones(n, dtype=bool)},
        exposure=np.where(names == "a", 2.0, 1.0) + rng.uniform(0, 0.1, n),
        predicted=scores,
        positive=acted,
        found=scores > 0.5,
    )
    bad = {(f.measure, f.group) for f in audit(seen).breaches}
    assert (Measure.CALIBRATION, "b") in bad
    assert (Measure.EXPOSURE, "b") in bad
    assert (Measure.CALIBRATION, "a") not in bad


@pytest.mark.parametrize(
    ("changed", "tried", "verdict"),
    [
        (0, 600, V.PASS),
        (0, 100, V.NOT_ENOUGH_DATA),
        (0, 0, V.NOT_ENOUGH_DATA),
        (60, 600, V.BREACH),
        (12, 600, V.NOT_ENOUGH_DATA),
    ],
)
def test_flips(changed, tried, verdict):
    assert flip_finding("t", Tally(changed, tried), USUAL).verdict is verdict


def test_no_change_passes_with_exactly_as_many_tries_as_it_asks_for():
    lacking = flip_finding("t", Tally(0, 100), USUAL)
    enough = 100 + lacking.needs_more
    assert flip_finding("t", Tally(0, enough), USUAL).verdict is V.PASS
    assert flip_finding("t", Tally(0, enough - 1), USUAL).verdict is V.NOT_ENOUGH_DATA


def test_a_stand_in_is_told_from_something_unrelated():
    rng = np.random.default_rng(11)
    trait = rng.choice(np.array(["f", "m"], dtype=object), 3_000)
    close = np.where(rng.random(3_000) < 0.9, trait, "f").astype(object)
    apart = banded(list(rng.random(3_000)))
    assert association("a", "t", close, trait, rng=rng).strength is Strength.STRONG
    assert association("b", "t", apart, trait, rng=rng).strength is Strength.NONE
    few = association("c", "t", close[:20], trait[:20], rng=rng)
    assert few.strength is Strength.NOT_ENOUGH_DATA


def test_a_bubble_is_seen():
    def life(person, topics):
        return [
            Shown(person, topic, MONDAY + timedelta(days=day))
            for day, topic in enumerate(topics)
        ]

    shut = [s for p in range(60) for s in life(p, ["a"] * 8)]
    open_ = [s for p in range(60) for s in life(p, ["a", "b", "c", "a", "d", "b"])]
    assert bubble(shut, ["a", "b", "c", "d"], USUAL).verdict is V.BREACH
    assert bubble(shut, ["a", "b", "c", "d"], USUAL).coverage == 0.25
    assert bubble(open_, ["a", "b", "c", "d"], USUAL).verdict is V.PASS
    assert bubble(shut, ["a"], USUAL).verdict is V.NOT_ENOUGH_DATA
    narrowing = [s for p in range(60) for s in life(p, ["a", "b", "c", "a", "a", "a"])]
    assert bubble(narrowing, ["a", "b", "c"], USUAL).entropy_hi < 0


def test_cells_under_ten_are_hidden():
    assert [shown_count(n) for n in (0, 1, 9, 10, 1234)] == [
        "0",
        "<10",
        "<10",
        "10",
        "1,234",
    ]


def test_five_working_days_skip_the_weekend():
    assert due(MONDAY) == MONDAY + timedelta(days=7)
    friday = MONDAY + timedelta(days=4)
    assert due(friday) == friday + timedelta(days=7)


def test_only_a_justified_breach_may_launch():
    assert objection(None, justified=False).code == "governance.fairness_missing"
    assert objection(V.BREACH, justified=False).code == "governance.fairness_breach"
    for verdict in (V.PASS, V.NOT_ENOUGH_DATA):
        assert objection(verdict, justified=False) is None
    assert objection(V.BREACH, justified=True) is None
    assert not is_justified({"executive"})
    assert is_justified({"executive", "privacy_reviewer"})


def test_any_threshold_changes_the_digest():
    from dataclasses import fields, replace

    digests = {
        replace(USUAL, **{f.name: getattr(USUAL, f.name) / 2 + 1}).digest
        for f in fields(USUAL)
    }
    assert len(digests | {USUAL.digest}) == len(fields(USUAL)) + 1
