"""Hillstrom's published answers, through the import, the database and the API."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from decisioning.experiments import actions as experiments
from decisioning.scorecards import queries as scorecards
from decisioning.scorecards.core import RowState
from decisioning.scoring import actions as scoring
from decisioning.scoring.models import Score
from decisioning.types import Verdict
from governance.types import Actor
from tests.decisioning.measurement.conftest import NOW, loaded

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ARMS = {
    "mens-email": (21307, 0.18275684, 0.01253109, 1.42261651, 17.754205),
    "womens-email": (21387, 0.15140038, 0.00883714, 1.07720157, 15.116106),
    "no-email": (21306, 0.10616728, 0.00572609, 0.65278936, 11.588200),
}
EFFECTS = {
    ("mens-email", "visit"): (0.07658956, 0.06995335, 0.08322578),
    ("mens-email", "conversion"): (0.00680501, 0.00500013, 0.00860988),
    ("mens-email", "spend"): (0.76982716, 0.48514913, 1.05450519),
    ("womens-email", "visit"): (0.04523311, 0.03889368, 0.05157254),
    ("womens-email", "conversion"): (0.00311106, 0.00149864, 0.00472347),
    ("womens-email", "spend"): (0.42441222, 0.16896451, 0.67985993),
}


@pytest.fixture(scope="module")
def hillstrom(django_db_setup: None, django_db_blocker: Any) -> Iterator[Actor]:
    yield from loaded(django_db_blocker, "hillstrom")


def figure(value: float) -> Any:
    return pytest.approx(value, rel=5e-5)


def test_the_read_out_by_the_api_is_the_published_one(
    hillstrom: Actor, client: Client, reader: dict[str, str]
) -> None:
    experiments.refresh_statistics("hillstrom", now=NOW)

    answer = client.get("/api/v1/experiments/hillstrom/readout", headers=reader)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["state"], told["control"], told["level"]) == (
        "finished",
        "no-email",
        0.95,
    )
    assert told["sampleRatio"]["chi2"] == pytest.approx(0.2025, abs=5e-5)
    assert told["sampleRatio"]["p"] == pytest.approx(0.9037, abs=5e-5)
    assert told["sampleRatio"]["verdict"] == "ok"
    metrics = {m["metric"]: m for m in told["metrics"]}
    for key, (n, visit, conversion, spend, sd) in ARMS.items():
        for metric, mean in (
            ("visit", visit),
            ("conversion", conversion),
            ("spend", spend),
        ):
            arm = next(a for a in metrics[metric]["arms"] if a["arm"] == key)
            assert arm["n"] == n
            assert arm["mean"] == figure(mean)
            if metric == "spend":
                assert arm["sd"] == figure(sd)
    for (key, metric), (difference, low, high) in EFFECTS.items():
        effect = next(e for e in metrics[metric]["effects"] if e["arm"] == key)
        assert effect["difference"] == figure(difference)
        assert effect["interval"] == [figure(low), figure(high)]
        assert effect["method"] == "unpooled_normal"
        assert effect["alwaysValid"][0] < low < high < effect["alwaysValid"][1]
    harm = {h["metric"]: h["state"] for h in told["verdict"]["harm"]}
    assert harm["opt_out_rate"] == "not_recorded"
    assert told["verdict"]["decision"] in {"do_not_scale", "cannot_tell"}


def test_its_scorecard_shows_what_was_recorded_and_says_what_was_not(
    hillstrom: Actor,
) -> None:
    card = scorecards.scorecard("hillstrom", scorecards.default_period(NOW), NOW)

    rows = {row.metric.key: row for row in card.rows}
    assert rows["visit"].state is RowState.MEASURED
    assert rows["visit"].n_treated == ARMS["mens-email"][0] + ARMS["womens-email"][0]
    assert rows["spend"].holdout == figure(ARMS["no-email"][3])
    for key in ("opt_out_rate", "complaints_per_10000_contacts", "trust_score"):
        assert rows[key].state is RowState.NOT_RECORDED
    assert card.verdict.decision is not Verdict.SCALE


def test_a_propensity_is_trained_on_it_and_scores_everybody(hillstrom: Actor) -> None:
    version = scoring.train_propensity(
        by=hillstrom, now=NOW, experiment_key="hillstrom", outcome="visit"
    )

    report = version.report
    assert report["n"] == ARMS["mens-email"][0] + ARMS["womens-email"][0]
    assert report["leftOut"]["customers"] == 0
    assert {each["offer"] for each in report["offers"]} == {
        "mens-email",
        "womens-email",
    }
    for each in report["offers"]:
        assert 0.6 < each["auc"]["value"] < 0.7
        assert each["calibration"]["ece"] < 0.02
        assert 0 < each["calibration"]["brier"] < 0.16
    assert report["timeOrdered"]["possible"] is False
    assert "history" in " ".join(report["features"])
    json.dumps(version.parameters)
    assert version.digest == report["digest"]

    counts = scoring.score_all(by=hillstrom, now=NOW, key="propensity")

    assert counts["written"] == 2 * 64_000
    mean = Score.objects.filter(score_key="propensity:mens-email")
    values = list(mean.values_list("value", flat=True))
    assert sum(values) / len(values) == pytest.approx(0.18276, abs=0.01)
