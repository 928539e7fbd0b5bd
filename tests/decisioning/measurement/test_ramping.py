"""The ramp by its task: it widens what is well, holds what is not, and says why."""

from datetime import timedelta
from uuid import uuid4

import pytest

from decisioning import tasks
from decisioning.engine.models import Decision
from decisioning.experiments.models import Assignment, Experiment
from decisioning.scorecards import incidents, watching
from governance.incidents.models import Incident
from governance.types import Actor, Invalid
from governance.usecases.models import StateChange, UseCase, UseCaseVersion
from tests.decisioning.measurement.world import N, populate, started

pytestmark = pytest.mark.django_db
HASH = "a" * 64
LEARNED = "The rule let through what nobody had signed."


@pytest.fixture
def running(analyst: Actor, now) -> Experiment:
    return started(analyst, now - timedelta(days=3))


def scaled(at) -> UseCase:
    UseCaseVersion.objects.update(config_hash=HASH, signed_at=at)
    UseCase.objects.update(state="scaled", serving_version=UseCaseVersion.objects.get())
    case = UseCase.objects.get()
    StateChange.objects.create(
        use_case=case,
        version_number=1,
        from_state="measured",
        to_state="scaled",
        transition="scale",
        changed_by_label="Ana",
        changed_at=at,
    )
    return case


def decided(at, who=1, **more) -> Decision:
    given = {
        "placement_key": "home.hero",
        "channel": "web",
        "mode": "personalised",
        "reason": "chosen",
        "use_case_key": "picks",
        "config_hash": HASH,
        "why": "You're seeing this because you drink tea.",
        **more,
    }
    return Decision.objects.create(
        id=uuid4(), customer_id=who, decided_at=at, expires_at=at, **given
    )


def unbalanced(running, at):
    populate(running, at)
    control = Assignment.objects.filter(arm="control").values_list("pk", flat=True)
    Assignment.objects.filter(pk__in=list(control[: N // 2])).delete()


def test_a_decision_that_nobody_signed_rolls_back_and_is_an_incident(running, now):
    scaled(now - timedelta(days=2))
    first = decided(now - timedelta(minutes=9), config_hash="b" * 64)
    decided(now - timedelta(minutes=2), why="")

    assert tasks.ramp_up() == 0

    assert UseCase.objects.get().state == "rolled_back"
    row = Incident.objects.get()
    assert row.code == "guardrail.violation"
    assert row.first_harm_at == first.decided_at
    assert "nobody signed" in row.reason


def test_a_broken_split_sets_the_alarm_and_pauses(running, now):
    unbalanced(running, now - timedelta(days=3))
    case = scaled(now - timedelta(days=2))

    assert watching.health(case.key, now - timedelta(days=2), now).is_ratio_alarm
    assert tasks.ramp_up() == 0

    assert UseCase.objects.get().state == "paused"
    assert Incident.objects.get().code == "experiment.sample_ratio"


def test_a_designed_split_sets_no_alarm(running, now):
    populate(running, now - timedelta(days=3))
    case = scaled(now - timedelta(days=2))

    found = watching.health(case.key, now - timedelta(days=2), now)

    assert not found.is_ratio_alarm
    assert found.is_clear


def test_without_the_signatures_in_force_it_waits(running, now):
    scaled(now - timedelta(days=2))

    assert tasks.ramp_up() == 0
    assert UseCase.objects.get().state == "scaled"
    assert not Incident.objects.exists()


def test_only_signed_and_explained_decisions_are_no_violation(running, now):
    scaled(now - timedelta(days=2))
    decided(now - timedelta(minutes=5))
    decided(now - timedelta(minutes=4), mode="default", why="", config_hash="")

    assert watching.violations("picks", now - timedelta(days=1), now) == ()
    assert watching.first_violation_at("picks", now - timedelta(days=1), now) is None


def test_the_effect_is_counted_from_the_log_and_kept_when_closed(running, analyst, now):
    case = scaled(now - timedelta(days=2))
    version = case.serving_version
    version.content["reach"]["placements"] = ["home.hero"]
    version.save()
    for who in range(3):
        decided(now - timedelta(minutes=10 - who), who=who, config_hash="b" * 64)
    decided(now - timedelta(minutes=6), who=0, config_hash="b" * 64)
    tasks.ramp_up()
    row = Incident.objects.get()
    assert incidents.effect_of(row).first_default_at is None
    decided(
        row.noticed_at + timedelta(minutes=2), mode="default", use_case_key="", why=""
    )

    seen = incidents.effect_of(row)
    took = row.noticed_at + timedelta(minutes=2) - row.first_harm_at

    assert (seen.n_decisions, seen.n_customers) == (4, 3)
    assert seen.minutes == pytest.approx(took.total_seconds() / 60)
    with pytest.raises(Invalid):
        incidents.close(by=analyst, now=now, incident_id=row.pk, learned="Ok")
    incidents.close(by=analyst, now=now, incident_id=row.pk, learned=LEARNED)
    row.refresh_from_db()
    assert incidents.effect_of(row) == seen
