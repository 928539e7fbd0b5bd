"""How well the scores know customers, and who may train them."""

from __future__ import annotations

import html
import re

import pytest

from decisioning.experiments.models import Experiment
from decisioning.scoring.models import ModelVersion, Score
from governance.installation.queries import now as clock
from governance.jobs.models import Job

SEES = ["mara", "olga", "anna", "chen", "priya", "eve", "aud", "ada"]
PROPENSITY = {
    "n": 42_000,
    "baseRate": 0.0107,
    "offers": [
        {
            "offer": "mens-email",
            "n_train": 10_653,
            "n_calibration": 4_261,
            "n_test": 6_393,
            "base_rate": 0.0125,
            "auc": {"value": 0.613, "lo": 0.541, "hi": 0.685, "level": 0.95},
            "calibration": {
                "bins": [
                    {
                        "n": 640,
                        "predicted": 0.01,
                        "observed": 0.011,
                        "lo": 0.005,
                        "hi": 0.02,
                    },
                    {
                        "n": 640,
                        "predicted": 0.02,
                        "observed": 0.019,
                        "lo": 0.01,
                        "hi": 0.03,
                    },
                ],
                "ece": 0.001,
                "brier": 0.0123,
                "base_rate": 0.0125,
                "n": 6_393,
            },
        },
        {
            "offer": "rare",
            "n_train": 40,
            "n_calibration": 10,
            "n_test": 10,
            "base_rate": 0.5,
            "auc": {"code": "one_class", "message": "The sample needs two of each."},
            "calibration": {"code": "too_few", "message": "Too few."},
        },
    ],
    "timeOrdered": {"possible": False, "because": "Everybody was assigned at once."},
    "leftOut": {"customers": 12, "because": "No consent to model training."},
    "meaning": "It ranks customers; it is not the difference that the offer makes.",
}
CLV = {
    "bgnbd": {
        "r": 0.24260,
        "alpha": 4.41360,
        "a": 0.79290,
        "b": 2.42590,
        "log_likelihood": -9582.429,
    },
    "gamma_gamma": {"p": 6.2488, "q": 3.7446, "v": 15.4478, "correlation": 0.05},
    "customers": 2_357,
    "repeaters": 946,
    "repeatTransactions": 2_457,
    "calibrationEnd": "1997-09-30",
    "timeUnit": "week",
    "limits": ["Rank customers by expected purchases."],
    "holdout": {
        "weeks": 39.0,
        "transactions": 1_882,
        "expected": 1_653.4,
        "correlation": 0.6256,
    },
}


def words(response):
    text = re.sub(r"<script.*?</script>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def trained(key, kind, report, *, number=1, champion=True, on="orders", **parameters):
    return ModelVersion.objects.create(
        key=key,
        number=number,
        kind=kind,
        digest=f"{number}" * 64,
        parameters=parameters,
        report=report,
        trained_on=on,
        trained_at=clock(),
        trained_by_label="Anna",
        is_champion=champion,
    )


@pytest.fixture
def propensity(cast):
    return trained(
        "propensity",
        "propensity",
        PROPENSITY,
        on="experiment hillstrom, conversion",
        feature_names=["orders_365d"],
        offers=["mens-email", "rare"],
        weights=[[0.25], [-1.5]],
        intercepts=[-4.1, 0.2],
    )


@pytest.fixture
def value(cast):
    return trained("clv", "clv", CLV, on="orders of import:cdnow:sample to 1997-09-30")


@pytest.mark.parametrize("who", SEES)
def test_who_may_read_models_sees_an_empty_house_designed(who, clients):
    answer = clients[who].get("/scores/")

    assert answer.status_code == 200
    assert "No score has been trained yet" in words(answer)


def test_support_is_turned_away(clients, value):
    assert clients["sue"].get("/scores/").status_code == 403
    assert clients["sue"].get("/scores/clv/").status_code == 403


def test_a_score_or_version_that_is_not_there_is_404(clients, value):
    assert clients["anna"].get("/scores/nothing/").status_code == 404
    assert clients["anna"].get("/scores/clv/?version=9").status_code == 404
    assert clients["anna"].get("/scores/clv/?version=last").status_code == 404
    assert clients["anna"].post("/scores/nothing/rescoring/").status_code == 404


def test_the_report_tells_quality_calibration_weights_and_basis(clients, propensity):
    told = words(clients["mara"].get("/scores/propensity/"))

    assert "0.613" in told
    assert "0.541 to 0.685, 95 %" in told
    assert "0.0123" in told
    assert "10,653 train, 4,261 calibrate, 6,393 test" in told
    assert "In 2 of 2 bands the prediction is in the interval." in told
    assert "The sample needs two of each." in told
    assert "orders in the last 365 days" in told
    assert "+0.2500" in told
    assert "12 customers" in told
    assert "Everybody was assigned at once." in told
    assert "1" * 64 in told
    assert "None" not in told


def test_the_lifetime_value_stands_beside_the_published_fit(clients, value):
    told = words(clients["mara"].get("/scores/clv/"))

    assert "0.2426" in told
    assert "0.243" in told
    assert "4.4136" in told
    assert "4.414" in told
    assert "−9,582.429" in told
    assert "−9,582.4" in told
    assert "Fader, Hardie and Lee (2005)" in told
    assert "The same customers and the same weeks as in the publication." in told
    assert "1,882 purchases came; 1,653.4 were expected" in told


def test_other_orders_are_not_set_beside_the_publication(clients, cast):
    trained("clv", "clv", {**CLV, "holdout": None}, on="orders to 2026-01-01")

    told = words(clients["mara"].get("/scores/clv/"))

    assert "published" not in told.lower()
    assert "nothing checks it" in told


def test_the_list_says_how_many_customers_have_each_score(clients, propensity):
    Score.objects.create(
        customer_id=1,
        score_key="propensity:rare",
        value=0.5,
        model_version=propensity,
        computed_at=clock(),
    )

    told = words(clients["mara"].get("/scores/"))

    assert "AUC 0.613 (0.541 to 0.685)" in told
    assert "Serves" in told


def test_only_analysts_may_act_and_others_are_told_why(clients, value):
    assert "Only analysts train, score and promote" in words(
        clients["eve"].get("/scores/clv/")
    )
    for path in ("new/chance/", "new/value/", "clv/rescoring/", "clv/promotion/"):
        assert clients["eve"].post(f"/scores/{path}").status_code == 403
    assert Job.objects.count() == 0


def test_training_without_an_experiment_keeps_the_form_and_starts_nothing(clients):
    answer = clients["anna"].post("/scores/new/chance/", {"outcome": "visit"})

    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_an_analyst_starts_the_training_as_a_job(clients, cast):
    now = clock()
    Experiment.objects.create(
        key="hillstrom",
        name="Two e-mails or none",
        arms=[],
        control="none",
        salt="s",
        created_by=cast["anna"],
        created_at=now,
        started_at=now,
    )

    answer = clients["anna"].post(
        "/scores/new/chance/", {"experiment": "hillstrom", "outcome": "visit"}
    )

    job = Job.objects.get()
    assert answer.url == f"/jobs/{job.pk}/"
    assert job.params == {"experiment": "hillstrom", "outcome": "visit"}
    assert job.result_url == "/scores/propensity/"


def test_a_day_that_cannot_be_read_is_told_and_kept(clients):
    answer = clients["anna"].post("/scores/new/value/", {"calibration_end": "autumn"})

    assert answer.status_code == 422
    assert "Write a day such as 1997-09-30." in words(answer)
    assert 'value="autumn"' in answer.content.decode()


def test_an_analyst_fits_lifetime_value_and_rescores(clients, value):
    clients["anna"].post(
        "/scores/new/value/",
        {"source": "import:cdnow:sample", "calibration_end": "1997-09-30"},
    )
    clients["anna"].post("/scores/clv/rescoring/")

    fit, rescoring = Job.objects.order_by("created_at")
    assert fit.params["calibrationEnd"] == "1997-09-30"
    assert rescoring.params == {"model": "clv"}


def test_rescoring_without_a_serving_version_says_so(clients, value):
    ModelVersion.objects.update(is_champion=False)

    answer = clients["anna"].post("/scores/clv/rescoring/", follow=True)

    assert "No version serves yet" in words(answer)
    assert not Job.objects.exists()


def test_promoting_lets_another_version_serve(clients, value):
    trained("clv", "clv", CLV, number=2, champion=False, on="orders")
    page = clients["anna"].get("/scores/clv/?version=2")
    assert "Let this version serve" in words(page)

    answer = clients["anna"].post("/scores/clv/promotion/", {"number": 2}, follow=True)

    assert "Version 2 serves." in words(answer)
    assert ModelVersion.objects.get(is_champion=True).number == 2
    missing = clients["anna"].post("/scores/clv/promotion/", {"number": 7})
    assert missing.status_code == 404
    answer = clients["anna"].post("/scores/clv/promotion/", {}, follow=True)
    assert "Say which version should serve" in words(answer)
