"""CDNOW's published parameters, through the import, the database and the API."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client

from decisioning.scoring import actions as scoring
from decisioning.scoring.models import Score
from governance.types import Actor
from tests.decisioning.measurement.conftest import NOW, loaded

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def cdnow(django_db_setup: None, django_db_blocker: Any) -> Iterator[Actor]:
    yield from loaded(django_db_blocker, "cdnow")


def test_cdnow_gives_the_published_parameters_through_the_database(
    cdnow: Actor, client: Client, reader: dict[str, str]
) -> None:
    version = scoring.train_clv(
        by=cdnow,
        now=NOW,
        trait="cdnow_sample",
        calibration_end=date(1997, 9, 30),
    )

    told = client.get("/api/v1/scores/clv", headers=reader).json()
    fitted = told["report"]["bgnbd"]
    assert told["version"] == version.number
    assert fitted["r"] == pytest.approx(0.243, rel=0.01)
    assert fitted["alpha"] == pytest.approx(4.414, rel=0.01)
    assert fitted["a"] == pytest.approx(0.793, rel=0.01)
    assert fitted["b"] == pytest.approx(2.426, rel=0.01)
    assert fitted["log_likelihood"] == pytest.approx(-9582.4, abs=0.1)
    assert told["report"]["customers"] == 2357
    assert told["report"]["repeaters"] == 946
    assert told["report"]["repeatTransactions"] == 2457
    assert told["report"]["holdout"]["transactions"] == 1882
    assert told["report"]["holdout"]["correlation"] == pytest.approx(0.6256, abs=2e-3)

    scoring.score_all(by=cdnow, now=NOW, key="clv")

    assert Score.objects.filter(score_key="clv").count() == 2357
    assert Score.objects.filter(score_key="p_alive", value__lte=1).count() == 2357
