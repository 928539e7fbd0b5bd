"""Read-outs: Hillstrom to six figures, and a verdict for each case that can come up."""

import csv
import gzip
import json

import pytest

from decisioning.experiments.analysis import MetricDefinition, read_out
from decisioning.experiments.core import Design
from decisioning.stats.sufficient import SufficientStats as Stats
from decisioning.types import BetterWhen, MetricKind, MetricRole, Verdict
from tests.datasets import dataset

ARM = {
    "Mens E-Mail": "mens-email",
    "Womens E-Mail": "womens-email",
    "No E-Mail": "no-email",
}
SPEND = MetricDefinition(
    "spend", "Spend", MetricKind.MEAN, "USD per customer", role=MetricRole.PRIMARY
)
SALES = MetricDefinition(
    "sales", "Sales", MetricKind.PROPORTION, "share", role=MetricRole.PRIMARY
)
OPT_OUT = MetricDefinition(
    "opt_out", "Opt-outs", MetricKind.PROPORTION, "share", BetterWhen.LOWER,
    MetricRole.GUARDRAIL, 0.005,
)  # fmt: skip
TRUST = MetricDefinition(
    "trust", "Trust", MetricKind.MEAN, "points", BetterWhen.HIGHER,
    MetricRole.GUARDRAIL, 0.2,
)  # fmt: skip
TWO_ARMS = Design.of_shares({"c": 0.5, "t": 0.5}, control="c", salt="s")
N = 40_000


@pytest.fixture(scope="module")
def hillstrom():
    with gzip.open(dataset("hillstrom/hillstrom.csv.gz"), "rt") as lines:
        rows = list(csv.DictReader(lines))
    stats = {
        (key, metric): Stats.of_values(
            [float(row[metric]) for row in rows if row["segment"] == name]
        )
        for name, key in ARM.items()
        for metric in ("visit", "conversion", "spend")
    }
    design = Design.of_shares(
        dict.fromkeys(ARM.values(), 1 / 3), control="no-email", salt="hillstrom"
    )
    metrics = [
        MetricDefinition("visit", "Visits", MetricKind.PROPORTION, "share"),
        MetricDefinition("conversion", "Conversions", MetricKind.PROPORTION, "share"),
        SPEND,
    ]
    return read_out(design, stats, metrics, finished=True)


@pytest.mark.parametrize(
    ("arm", "n", "visit", "conversion", "spend", "sd"),
    [
        ("mens-email", 21307, 0.18275684, 0.01253109, 1.42261651, 17.754205),
        ("womens-email", 21387, 0.15140038, 0.00883714, 1.07720157, 15.116106),
        ("no-email", 21306, 0.10616728, 0.00572609, 0.65278936, 11.588200),
    ],
)
def test_hillstrom_arms_equal_the_reference(
    hillstrom, arm, n, visit, conversion, spend, sd
):
    def row(metric):
        return next(a for a in hillstrom.metric(metric).arms if a.arm == arm)

    assert row("visit").n == n
    means = [row(metric).mean for metric in ("visit", "conversion", "spend")]
    assert means == pytest.approx([visit, conversion, spend], rel=1e-6)
    assert row("spend").sd == pytest.approx(sd, rel=1e-6)


@pytest.mark.parametrize(
    ("arm", "metric", "difference", "lo", "hi"),
    [
        ("mens-email", "visit", 0.07658956, 0.06995335, 0.08322578),
        ("mens-email", "conversion", 0.00680501, 0.00500013, 0.00860988),
        ("mens-email", "spend", 0.76982716, 0.48514913, 1.05450519),
        ("womens-email", "visit", 0.04523311, 0.03889368, 0.05157254),
        ("womens-email", "conversion", 0.00311106, 0.00149864, 0.00472347),
        ("womens-email", "spend", 0.42441222, 0.16896451, 0.67985993),
    ],
)
def test_hillstrom_effects_equal_the_reference(
    hillstrom, arm, metric, difference, lo, hi
):
    found = hillstrom.metric(metric).effect(arm).fixed

    assert (found.difference, found.lo, found.hi) == pytest.approx(
        (difference, lo, hi), rel=2e-6
    )
    assert found.method == "unpooled_normal"


def test_hillstrom_gained_and_is_not_scaled_because_harm_was_not_counted(hillstrom):
    told = hillstrom.as_dict()["verdict"]

    assert (told["decision"], told["reason"]) == ("do_not_scale", "harm_not_counted")
    assert {each["metric"]: each["state"] for each in told["harm"]} == {
        "opt_out_rate": "not_recorded",
        "complaint_rate": "not_recorded",
        "trust_score": "not_recorded",
    }
    assert "0.77" in told["because"]
    assert "harm was not counted" in told["because"]


def test_hillstrom_has_the_shape_of_the_contract(hillstrom):
    told = json.loads(json.dumps(hillstrom.as_dict(), allow_nan=False))
    effect = told["metrics"][2]["effects"][0]

    assert told["sampleRatio"]["chi2"] == pytest.approx(0.2025, abs=5e-5)
    assert told["sampleRatio"]["verdict"] == "ok"
    assert told["control"] == effect["against"] == "no-email"
    assert effect["alwaysValid"] == pytest.approx([0.33, 1.21], abs=0.005)
    assert effect["relative"] == pytest.approx(1.1793, abs=5e-5)
    assert set(effect) == {
        "arm", "against", "difference", "interval", "relative", "method", "alwaysValid"
    }  # fmt: skip


def outcome(*, sold, left=None, trust=None, finished=True, n=N, planned_n=None):
    """Read-out where ``sold`` and the like are (control, treated) rates."""
    stats = {}
    for position, arm in enumerate(("c", "t")):
        stats[arm, "sales"] = Stats.of_counts(n, round(n * sold[position]))
        if left:
            stats[arm, "opt_out"] = Stats.of_counts(n, round(n * left[position]))
        if trust:
            stats[arm, "trust"] = Stats.of_moments(n, trust[position], 1.0)
    metrics = [SALES, OPT_OUT, TRUST]
    return read_out(TWO_ARMS, stats, metrics, finished=finished, planned_n=planned_n)


GAIN, NONE, LOSS = (0.10, 0.15), (0.10, 0.10), (0.15, 0.10)
CALM, ANGRY, UNSURE = (0.01, 0.01), (0.01, 0.02), (0.01, 0.0135)
TRUSTED, DISTRUSTED = (4.0, 4.0), (4.0, 3.5)


@pytest.mark.parametrize(
    ("case", "decision", "reason"),
    [
        ({"sold": GAIN, "left": CALM, "trust": TRUSTED}, "scale", "gain_without_harm"),
        ({"sold": GAIN, "left": CALM, "trust": TRUSTED, "finished": False},
         "scale", "gain_without_harm"),
        ({"sold": GAIN, "left": ANGRY, "trust": TRUSTED},
         "do_not_scale", "harm_breached"),
        ({"sold": GAIN, "left": ANGRY, "trust": TRUSTED, "finished": False},
         "stop", "harm_breached"),
        ({"sold": GAIN, "left": CALM, "trust": DISTRUSTED},
         "do_not_scale", "harm_breached"),
        ({"sold": GAIN, "left": CALM}, "do_not_scale", "harm_not_counted"),
        ({"sold": GAIN, "left": CALM, "finished": False},
         "keep_running", "harm_not_counted"),
        ({"sold": (0.1, 0.2), "left": UNSURE, "trust": TRUSTED, "n": 2000},
         "do_not_scale", "harm_not_cleared"),
        ({"sold": (0.1, 0.2), "left": UNSURE, "trust": TRUSTED, "n": 2000,
          "finished": False}, "keep_running", "harm_not_cleared"),
        ({"sold": NONE, "left": CALM, "trust": TRUSTED}, "do_not_scale", "no_gain"),
        ({"sold": NONE, "left": CALM, "trust": TRUSTED, "finished": False},
         "keep_running", "no_gain_yet"),
        ({"sold": LOSS, "left": CALM, "trust": TRUSTED}, "do_not_scale", "worse"),
        ({"sold": LOSS, "left": CALM, "trust": TRUSTED, "finished": False},
         "stop", "worse"),
        ({"sold": (0.5, 0.5), "n": 10, "finished": False}, "cannot_tell", "too_few"),
    ],
    ids=str,
)  # fmt: skip
def test_the_verdict_weighs_gain_against_every_harm(case, decision, reason):
    found = outcome(**case).verdict

    assert (found.decision.value, found.reason.value) == (decision, reason)
    assert found.because.endswith(".")


def test_the_harm_states_tell_apart_clear_breach_open_and_absent():
    def states(**case):
        return [each.state.value for each in outcome(sold=GAIN, **case).verdict.harm]

    assert states(left=CALM, trust=TRUSTED) == ["clear", "clear"]
    assert states(left=ANGRY, trust=DISTRUSTED) == ["breach", "breach"]
    assert states(left=UNSURE, n=2000) == ["cannot_tell", "not_recorded"]


def test_a_running_experiment_has_only_the_always_valid_interval():
    running = outcome(sold=GAIN, finished=False).as_dict()["metrics"][0]["effects"][0]
    finished = outcome(sold=GAIN).as_dict()["metrics"][0]["effects"][0]

    assert "interval" not in running
    assert running["method"] == "asymptotic_confidence_sequence"
    assert running["alwaysValid"][0] < finished["interval"][0]


def test_a_gain_that_a_single_look_would_see_is_not_seen_while_running():
    case = {"sold": (0.10, 0.105), "left": CALM, "trust": TRUSTED, "planned_n": 2 * N}

    assert outcome(**case).verdict.decision is Verdict.SCALE
    assert outcome(**case, finished=False).verdict.decision is Verdict.KEEP_RUNNING


def test_a_skewed_sample_voids_even_a_large_gain():
    stats = {
        ("c", "sales"): Stats.of_counts(30_000, 3000),
        ("t", "sales"): Stats.of_counts(50_000, 9000),
    }
    found = read_out(TWO_ARMS, stats, [SALES], finished=True).verdict

    assert (found.decision, found.reason.value) == ("cannot_tell", "sample_ratio")


def test_the_arm_that_may_be_scaled_is_named_and_the_harmful_one_too():
    design = Design.of_shares({"c": 0.4, "t": 0.3, "u": 0.3}, control="c", salt="s")
    stats = {}
    for arm, n, sold, left in (("c", 40_000, 0.1, 0.01), ("t", 30_000, 0.2, 0.03),
                               ("u", 30_000, 0.15, 0.01)):  # fmt: skip
        stats[arm, "sales"] = Stats.of_counts(n, round(n * sold))
        stats[arm, "opt_out"] = Stats.of_counts(n, round(n * left))

    found = read_out(design, stats, [SALES, OPT_OUT], finished=False).verdict

    assert (found.decision, found.arm) == (Verdict.SCALE, "u")
    assert "Stop t" in found.because
    assert found.harm[0].state == "breach"


def test_without_a_deciding_metric_or_any_count_nothing_can_be_told():
    secondary = MetricDefinition("sales", "Sales", MetricKind.PROPORTION, "share")
    stats = {
        ("c", "sales"): Stats.of_counts(N, 1),
        ("t", "sales"): Stats.of_counts(N, 9),
    }

    undecided = read_out(TWO_ARMS, stats, [secondary], finished=True).verdict
    empty = read_out(TWO_ARMS, {}, [SALES], finished=False)

    assert undecided.reason.value == "no_primary_metric"
    assert empty.verdict.reason.value == "too_few"
    assert [each.state.value for each in empty.verdict.harm] == ["not_recorded"] * 3
    assert empty.sample_ratio.verdict == "not_enough_data"
    assert empty.as_dict()["metrics"][0]["state"] == "not_recorded"


def test_too_few_customers_give_a_reason_instead_of_a_number():
    effect = outcome(sold=(0.0, 0.0), n=50).as_dict()["metrics"][0]["effects"][0]

    assert effect["difference"] is None
    assert effect["notEnoughData"]["code"] == "no_variation"


def test_refuses_what_does_not_fit_the_design():
    with pytest.raises(ValueError, match="'x' is not in the design"):
        read_out(TWO_ARMS, {("x", "sales"): Stats(0, 0, 0)}, [SALES], finished=True)
    with pytest.raises(ValueError, match="margin"):
        MetricDefinition("a", "A", MetricKind.MEAN, "u", margin=-1)
    with pytest.raises(ValueError, match="kind"):
        MetricDefinition("a", "A", MetricKind.RATIO, "u")
    with pytest.raises(KeyError):
        outcome(sold=GAIN).metric("nothing")


def test_before_the_thirtieth_customer_there_is_a_difference_without_an_interval():
    found = outcome(sold=(0.1, 0.5), left=(0.1, 0.2), n=20, finished=False)
    effect = found.as_dict()["metrics"][0]["effects"][0]

    assert effect["difference"] == pytest.approx(0.4)
    assert effect["alwaysValid"] is None
    assert effect["notEnoughData"]["code"] == "too_few"
    assert found.verdict.harm[0].state == "cannot_tell"
    assert "at least 30" in found.verdict.harm[0].sentence
