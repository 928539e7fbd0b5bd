"""Point estimates against Fairlearn, intervals against published numbers."""

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    selection_rate,
)

from governance.fairness.core import (
    USUAL,
    Direction,
    FairnessVerdict,
    Measure,
    Observed,
    Tally,
    audit,
    discoveries,
    rate_difference,
    rate_ratio,
)
from governance.fairness.core.groups import grouped
from governance.fairness.core.intervals import chance_of_ratio_below, wilson
from governance.fairness.core.rates import Compared, place_weight, selection, tallies
from governance.fairness.core.scores import opportunity
from governance.fairness.core.spread import number_finding, spread

TABLES = 200


def random_table(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(300, 3_000))
    names = np.array([f"g{i}" for i in range(int(rng.integers(2, 6)))], dtype=object)
    groups = rng.choice(names, n)
    chosen = (
        rng.random(n)
        < rng.uniform(0.05, 0.95, len(names))[
            np.searchsorted(names.astype(str), groups.astype(str))
        ]
    )
    acted = rng.random(n) < rng.uniform(0.2, 0.8)
    return groups, chosen, acted


@pytest.mark.parametrize("seed", range(TABLES))
def test_point_metrics_equal_fairlearn(seed):
    groups, chosen, acted = random_table(seed)
    at = Compared(grouping=grouped("g", groups, least=1), limits=USUAL)
    frame = MetricFrame(
        metrics=selection_rate, y_true=acted, y_pred=chosen, sensitive_features=groups
    )
    for name, tally in zip(
        at.grouping.names, tallies(at.grouping, chosen), strict=True
    ):
        assert tally.rate == pytest.approx(frame.by_group[name], abs=1e-9)
    given = {"sensitive_features": groups}
    found = list(selection(at, chosen))
    ratios = [f.estimate for f in found if f.measure is Measure.SELECTION]
    gaps = [f.estimate for f in found if f.measure is Measure.PARITY]
    assert min(ratios) == pytest.approx(
        demographic_parity_ratio(acted, chosen, **given), abs=1e-9
    )
    assert max(gaps) == pytest.approx(
        demographic_parity_difference(acted, chosen, **given), abs=1e-9
    )
    missed = [f.estimate for f in opportunity(at, acted, chosen)]
    assert max(missed) == pytest.approx(
        equal_opportunity_difference(acted, chosen, **given), abs=1e-9
    )


def test_logarithmic_interval_is_katz_s():
    """Altman et al., Statistics with Confidence, table 7.3: 1.43 (0.93 to 2.20)."""
    found = rate_ratio(Tally(41, 73), Tally(30, 76), level=0.95)
    assert found.method == "log_ratio"
    se = np.sqrt(1 / 41 - 1 / 73 + 1 / 30 - 1 / 76)
    assert found.lo == pytest.approx(found.estimate * np.exp(-1.959964 * se), rel=1e-6)
    assert found.hi == pytest.approx(found.estimate * np.exp(1.959964 * se), rel=1e-6)


def test_few_events_get_the_exact_interval():
    found = rate_ratio(Tally(5, 1_000), Tally(400, 10_000), level=0.95)
    assert found.method == "exact"
    assert found.lo < 5 / 40 < found.hi


def test_no_events_at_all_in_a_group_still_have_an_upper_bound():
    found = rate_ratio(Tally(0, 500), Tally(60, 500), level=0.95)
    assert found.lo == 0
    assert 0 < found.hi < 0.8
    assert rate_ratio(Tally(0, 500), Tally(0, 500), level=0.95) is None


@pytest.mark.parametrize(("rate", "n"), [(0.01, 600), (0.02, 300), (0.05, 200)])
def test_exact_interval_covers(rate, n):
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        a, b = (Tally(int(x), n) for x in rng.binomial(n, rate, 2))
        found = rate_ratio(a, b, level=0.95)
        hits += found is None or found.lo <= 1 <= found.hi
    assert hits / 400 >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 400)


@pytest.mark.parametrize(
    "pair", [(Tally(20, 400), Tally(45, 400)), (Tally(90, 900), Tally(150, 900))]
)
def test_the_one_sided_chance_agrees_with_the_interval(pair):
    found = rate_ratio(*pair, level=0.95)
    assert chance_of_ratio_below(*pair, found.hi) == pytest.approx(0.025, abs=1e-6)


def test_everybody_chosen_is_no_certainty():
    found = rate_ratio(Tally(55, 55), Tally(150, 150), level=0.95)
    assert found.lo < 1 < found.hi


def test_wilson_and_newcombe_as_published():
    """Newcombe (1998): 81 of 263 and 56 of 70 against 48 of 80."""
    one = wilson(Tally(81, 263), level=0.95)
    assert (round(one.lo, 4), round(one.hi, 4)) == (0.2553, 0.3662)
    two = rate_difference(Tally(56, 70), Tally(48, 80), level=0.95)
    assert (round(two.lo, 4), round(two.hi, 4)) == (0.0524, 0.3339)


def test_benjamini_and_hochberg_s_own_example():
    """Their section 4.1: fifteen p-values, four rejected at q = 0.05."""
    p_values = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    ]
    assert discoveries(p_values, 0.05) == [True] * 4 + [False] * 11


def test_a_burden_is_judged_the_other_way_round():
    groups = np.array(["a"] * 5_000 + ["b"] * 5_000, dtype=object)
    often = np.concatenate([np.arange(5_000) < 2_500, np.arange(5_000) < 1_000])
    good = audit(Observed(traits={"t": groups}, chosen={Direction.BENEFIT: often}))
    bad = audit(Observed(traits={"t": groups}, chosen={Direction.BURDEN: often}))
    assert {f.group for f in good.breaches} == {"b"}
    assert {f.group for f in bad.breaches} == {"a"}


def test_gini_and_ks_against_their_definitions():
    chosen, others = np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0, 5.0])
    found = spread(chosen, others)
    wins = sum((x > y) + (x == y) / 2 for x in chosen for y in others)
    assert found.gini == pytest.approx(2 * wins / 12 - 1)
    assert found.ks == pytest.approx(2 / 3 - 1 / 4 + 1 / 3 - 1 / 4)


def test_a_number_that_decides_is_a_breach_and_one_that_does_not_passes():
    rng = np.random.default_rng(3)
    age, lot = rng.uniform(18, 90, 4_000), rng.random(4_000) < 0.3
    assert number_finding("age", age, age > 60, USUAL).verdict is FairnessVerdict.BREACH
    assert number_finding("age", age, lot, USUAL).verdict is FairnessVerdict.PASS
    few = number_finding("age", age[:60], age[:60] > 60, USUAL)
    assert few.verdict is FairnessVerdict.NOT_ENOUGH_DATA


def test_attention_falls_with_the_place():
    assert place_weight(1) == 1
    assert place_weight(3) == pytest.approx(0.5)
