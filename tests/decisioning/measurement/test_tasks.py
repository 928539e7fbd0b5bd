"""What Celery does by itself: hold what harms, finish what is done, train, score."""

from datetime import datetime, timedelta
from unittest.mock import patch

import numpy as np
import pytest

from decisioning import tasks
from decisioning.customers.models import Customer
from decisioning.experiments.models import ArmStatistics, Assignment, Experiment
from decisioning.features.core import FEATURES
from decisioning.features.models import CustomerFeatures
from decisioning.scorecards.models import ScorecardSnapshot
from decisioning.scoring.core import LinearModel
from decisioning.scoring.models import ModelVersion, Score
from governance.catalogue.actions import seed_standard
from governance.jobs.models import Job
from governance.types import Actor
from governance.usecases.models import StateChange, UseCase
from tests.decisioning.measurement.conftest import grant
from tests.decisioning.measurement.world import N, populate, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(analyst: Actor, now: datetime) -> Experiment:
    return started(analyst, now)


def state() -> str:
    return str(UseCase.objects.get().state)


def test_certain_harm_rolls_a_use_case_back_and_stops_its_experiment(
    running: Experiment, now: datetime
) -> None:
    populate(running, now, leaving=120)

    assert tasks.check_guardrails() == 1

    assert state() == "rolled_back"
    assert "Opt-out rate worse than allowed" in StateChange.objects.latest("pk").reason
    running.refresh_from_db()
    assert running.state == "stopped"
    assert tasks.check_guardrails() == 0


def test_arms_off_their_designed_shares_pause_a_use_case(
    running: Experiment, now: datetime
) -> None:
    populate(running, now)
    some = Assignment.objects.filter(arm="control").values_list("pk", flat=True)[
        : N // 2
    ]
    Assignment.objects.filter(pk__in=list(some)).delete()

    assert tasks.check_guardrails() == 1

    assert state() == "paused"
    assert "designed shares" in StateChange.objects.latest("pk").reason


def test_what_does_no_harm_goes_on(running: Experiment, now: datetime) -> None:
    populate(running, now)

    assert tasks.check_guardrails() == 0
    assert state() == "testing"


def test_a_test_at_its_planned_end_is_measured_and_an_earlier_one_is_not(
    running: Experiment, now: datetime
) -> None:
    assert tasks.finish_tests() == 0
    assert state() == "testing"

    populate(running, now)

    assert tasks.finish_tests() == 1
    assert state() == "measured"
    running.refresh_from_db()
    assert running.state == "finished"


def test_statistics_and_scorecards_are_counted_ahead(
    running: Experiment, now: datetime
) -> None:
    populate(running, now)

    assert tasks.refresh_all_statistics() == 1
    assert tasks.refresh_scorecards() == 2

    stored = ArmStatistics.objects.get(arm="treated", metric="conversion_quality")
    assert (stored.n, stored.sum_x) == (N, 180)
    assert set(ScorecardSnapshot.objects.values_list("scope", flat=True)) == {
        "all",
        "picks",
    }


def job(analyst: Actor, now: datetime, kind: str, **params: object) -> Job:
    return Job.objects.create(
        kind=kind, label=kind, params=params, started_by_id=analyst.id, created_at=now
    )


def told(row: Job) -> Job:
    row.refresh_from_db()
    return row


def test_a_person_without_the_right_gets_the_reason_and_no_model(
    analyst: Actor, now: datetime
) -> None:
    row = job(analyst, now, "train_propensity", experiment="picks")

    tasks.train_propensity(str(row.pk))

    assert told(row).state == Job.State.FAILED
    assert "is for analysts" in row.error
    assert not ModelVersion.objects.exists()


def test_an_unknown_experiment_is_told_in_the_job(
    analyst: Actor, now: datetime
) -> None:
    grant(analyst)
    row = job(analyst, now, "train_propensity", experiment="nothing")

    tasks.train_propensity(str(row.pk))

    assert told(row).state == Job.State.FAILED
    assert "no such experiment" in row.error


def test_a_lifetime_value_is_trained_only_where_somebody_may_be_trained_on(
    running: Experiment, analyst: Actor, now: datetime
) -> None:
    grant(analyst)
    populate(running, now)
    row = job(analyst, now, "train_clv")

    tasks.train_clv(str(row.pk))

    assert told(row).state == Job.State.FAILED
    assert "may be trained on" in row.error


def test_scoring_by_a_job_tells_its_counts_and_leaves_fresh_scores_alone(
    analyst: Actor, now: datetime
) -> None:
    grant(analyst)
    seed_standard(now)
    person = Customer.objects.create(pseudonym="one", created_at=now)
    CustomerFeatures.objects.create(
        customer_id=person.pk, values=[1.0] * len(FEATURES), computed_at=now
    )
    model = LinearModel(
        (FEATURES[0].key,), ("mug",), np.array([[0.5]]), np.array([0.0])
    )
    ModelVersion.objects.create(
        key="propensity",
        number=1,
        kind="propensity",
        digest=model.digest,
        parameters=model.as_dict(),
        report={},
        trained_on="test",
        trained_at=now,
        trained_by_label="Ana",
        is_champion=True,
    )
    row = job(analyst, now, "score_all", model="propensity")

    tasks.score_all(str(row.pk))

    assert told(row).state == Job.State.DONE
    assert row.message == "1 scores written."
    value = Score.objects.get(score_key="propensity:mug").value
    assert value == pytest.approx(1 / (1 + np.exp(-0.5)))
    with patch.object(tasks.scoring, "_score_partition") as again:
        later = job(analyst, now - timedelta(days=1), "score_all", model="propensity")
        tasks.score_all(str(later.pk))
    again.assert_not_called()
