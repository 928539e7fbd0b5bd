"""Scorecard rows and their verdict."""

import json

import numpy as np
import pytest

from decisioning.scorecards.core import METRICS, RowState, RowVerdict, compare, overall
from decisioning.stats.ratios import RatioStats
from decisioning.stats.sufficient import SufficientStats as Stats
from decisioning.types import MetricRole, Verdict

N = 20_000


def rate(key, treated, holdout, n=N, **options):
    return compare(
        METRICS[key],
        Stats.of_counts(n, round(n * treated)),
        Stats.of_counts(n, round(n * holdout)),
        **options,
    )


def amount(key, treated, holdout, n=N, **options):
    return compare(
        METRICS[key],
        Stats.of_moments(n, treated, 1.0),
        Stats.of_moments(n, holdout, 1.0),
        **options,
    )


def complaints(treated, holdout, n=N):
    def arm(chance, seed):
        contacts = np.full(n, 10)
        raised = np.random.default_rng(seed).binomial(contacts, chance)
        return RatioStats.of_values(raised, contacts)

    key = "complaints_per_10000_contacts"
    return compare(METRICS[key], arm(treated, 1), arm(holdout, 2))


GAIN = amount("conversion_quality", 0.30, 0.25)
CALM = [
    rate("opt_out_rate", 0.004, 0.004),
    complaints(0.001, 0.001),
    amount("trust_score", 4.0, 4.0),
]


def test_every_metric_says_in_words_what_it_counts():
    for metric in METRICS.values():
        assert metric.definition.endswith(".")
        assert "÷" in metric.formula
        assert metric.maturity_days >= 0
    primary = [m.key for m in METRICS.values() if m.role is MetricRole.PRIMARY]
    assert primary == ["conversion_quality"]


def test_a_row_has_the_shape_of_the_contract():
    row = rate("opt_out_rate", 0.004, 0.003)
    told = json.loads(json.dumps(row.as_dict(), allow_nan=False))

    assert told["metric"] == "opt_out_rate"
    assert (told["treated"], told["holdout"]) == (0.004, 0.003)
    assert told["difference"] == pytest.approx(0.001)
    assert told["interval"][0] < 0.001 < told["interval"][1]
    assert told["n"] == [N, N]
    assert told["mature"] is True
    assert told["betterWhen"] == "lower"


def test_complaints_are_shown_for_ten_thousand_contacts():
    row = complaints(0.002, 0.001)

    assert row.treated == pytest.approx(20, rel=0.2)
    assert row.effect.lo < row.effect.difference < row.effect.hi
    assert row.effect.difference == pytest.approx(row.treated - row.holdout)
    assert row.verdict is RowVerdict.WORSE


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (compare(METRICS["trust_score"], None, None), RowState.NOT_RECORDED),
        (compare(METRICS["visit"], Stats(0, 0, 0), Stats(0, 0, 0)),
         RowState.NOT_RECORDED),
        (rate("opt_out_rate", 0.1, 0.1, is_mature=False), RowState.NOT_MATURE),
        (rate("opt_out_rate", 0.1, 0.1, n=99), RowState.TOO_FEW),
        (amount("spend", 1, 1), RowState.MEASURED),
    ],
    ids=["none", "empty", "early", "few", "measured"],
)  # fmt: skip
def test_tells_apart_why_there_is_no_answer(row, state):
    assert row.state is state
    assert (row.effect is None) == (state is not RowState.MEASURED)
    assert bool(row.message) == (state is not RowState.MEASURED)
    assert row.is_mature == (state is not RowState.NOT_MATURE)


def test_an_immature_row_shows_its_figures_without_a_verdict():
    row = rate("opt_out_rate", 0.2, 0.1, is_mature=False)

    assert (row.treated, row.holdout) == (0.2, 0.1)
    assert row.verdict is RowVerdict.CANNOT_TELL


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (amount("trust_score", 4.2, 4.0), RowVerdict.BETTER),
        (amount("trust_score", 3.8, 4.0), RowVerdict.WORSE),
        (rate("opt_out_rate", 0.01, 0.03), RowVerdict.BETTER),
        (rate("opt_out_rate", 0.03, 0.01), RowVerdict.WORSE),
        (rate("opt_out_rate", 0.01, 0.01), RowVerdict.NO_DIFFERENCE),
    ],
)
def test_better_follows_the_metric_and_not_the_sign(row, verdict):
    assert row.verdict is verdict


@pytest.mark.parametrize(
    ("rows", "decision", "words"),
    [
        ([GAIN, *CALM], Verdict.SCALE, "5.0 more kept orders per 100 customers (3.0 to 7.0) and no harm"),
        ([GAIN, rate("opt_out_rate", 0.02, 0.004), *CALM[1:]], Verdict.STOP, "harms customers: it brings 1.6 more opt-outs"),
        ([GAIN, *CALM[:2], compare(METRICS["trust_score"], None, None)],
         Verdict.DO_NOT_SCALE, "not counted (trust score)"),
        ([GAIN], Verdict.DO_NOT_SCALE, "not counted"),
        ([GAIN, rate("opt_out_rate", 0.05, 0.05, n=500), *CALM[1:]],
         Verdict.KEEP_RUNNING, "not ruled out yet (opt-out rate)"),
        ([GAIN, rate("opt_out_rate", 0, 0, is_mature=False), *CALM[1:]],
         Verdict.KEEP_RUNNING, "not ruled out yet"),
        ([amount("conversion_quality", 0.25, 0.25), *CALM],
         Verdict.KEEP_RUNNING, "no gain is shown"),
        ([amount("conversion_quality", 0.2, 0.25), *CALM], Verdict.STOP, "5.0 fewer"),
        ([amount("conversion_quality", 1, 0, n=9), *CALM],
         Verdict.CANNOT_TELL, "at least 100"),
        (CALM, Verdict.CANNOT_TELL, "No metric"),
    ],
    ids=["scale", "harm", "uncounted", "no guardrail", "wide", "early", "no gain",
         "loss", "few", "no primary"],
)  # fmt: skip
def test_the_overall_verdict_lets_no_gain_outweigh_a_harm(rows, decision, words):
    found = overall(rows)

    assert found.decision is decision
    assert words in found.because
    assert found.as_dict() == {"decision": decision.value, "because": found.because}


def test_refuses_figures_of_another_kind():
    ratio = RatioStats.of_values(np.ones(200), np.ones(200))
    plain = Stats.of_counts(200, 20)

    with pytest.raises(ValueError, match="sum of squares"):
        compare(METRICS["visit"], ratio, ratio)
    with pytest.raises(ValueError, match="sums of a ratio"):
        compare(METRICS["complaints_per_10000_contacts"], plain, plain)
    with pytest.raises(TypeError, match="same kind"):
        compare(METRICS["visit"], ratio, plain)
