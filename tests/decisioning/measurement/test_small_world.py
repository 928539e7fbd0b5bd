"""A hand-made world with known answers: counting, verdicts, resuming, exporting."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from decisioning.customers.models import Customer
from decisioning.events.models import Event
from decisioning.experiments import actions, queries
from decisioning.experiments.models import Assignment, Experiment
from decisioning.features.core import FEATURES
from decisioning.features.models import CustomerFeatures
from decisioning.scorecards import actions as scorecard_actions
from decisioning.scorecards import queries as scorecards
from decisioning.scorecards.core import RowState
from decisioning.scoring import actions as scoring
from decisioning.scoring.core import LinearModel
from decisioning.scoring.models import ModelVersion, Score
from decisioning.types import Period, Verdict
from governance.catalogue.actions import seed_standard
from governance.types import Actor, Invalid, Refused
from governance.usecases.core.situation import GuardrailState
from governance.usecases.models import UseCase
from tests.decisioning.measurement.world import N, event, populate, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(analyst: Actor, now: datetime) -> Experiment:
    return started(analyst, now)


def test_refunded_and_low_margin_orders_are_no_quality(
    running: Experiment, now: datetime
) -> None:
    populate(running, now)
    later = now + timedelta(days=5)

    actions.refresh_statistics("picks", now=later)
    actions.refresh_statistics("picks", now=later)
    told = queries.as_json("picks", later)

    quality = next(m for m in told["metrics"] if m["metric"] == "conversion_quality")
    means = {arm["arm"]: arm["mean"] for arm in quality["arms"]}
    assert means == {"treated": 180 / N, "control": 100 / N}
    effect = quality["effects"][0]
    assert "interval" not in effect
    assert effect["alwaysValid"][0] > 0


def test_certain_harm_beats_a_gain(running: Experiment, now: datetime) -> None:
    populate(running, now, leaving=120)
    later = now + timedelta(days=5)

    facts = queries.measured_facts("picks", later)

    states = {g.label: g.state for g in facts.guarded}
    assert states["Opt-out rate"] is GuardrailState.BREACH
    assert facts.verdict == Verdict.STOP.value


def test_the_read_out_counts_complaints_for_ten_thousand_contacts(
    running: Experiment, now: datetime
) -> None:
    populate(running, now)
    who = list(Assignment.objects.filter(arm="treated").values_list("customer_id")[:8])
    at = now + timedelta(hours=2)
    Event.objects.bulk_create(
        event(person, "Email Marked as Spam", at) for (person,) in who
    )

    told = queries.as_json("picks", now + timedelta(days=5))
    card = scorecards.scorecard(
        "picks", Period(now, now + timedelta(days=7)), now + timedelta(days=40)
    )

    complaints = next(m for m in told["metrics"] if m["metric"] == "complaint_rate")
    means = {arm["arm"]: arm["mean"] for arm in complaints["arms"]}
    assert means == pytest.approx({"treated": 200, "control": 0})
    row = next(r for r in card.rows if r.metric.key == "complaints_per_10000_contacts")
    assert (row.treated, row.holdout) == pytest.approx((200, 0))
    stored = next(m for m in running.metrics if m["key"] == "complaint_rate")
    assert stored["margin"] == 50
    assert row.metric.margin == 0.005


def test_the_scorecard_is_the_same_stored_and_counted(
    running: Experiment, now: datetime
) -> None:
    populate(running, now, leaving=120)
    period = Period(now, now + timedelta(days=7))
    later = now + timedelta(days=40)

    fresh = scorecards.scorecard("picks", period, later)
    scorecard_actions.refresh("picks", period, now=later)
    stored = scorecards.scorecard("picks", period, later)

    assert fresh.rows == stored.rows
    rows = {row.metric.key: row for row in fresh.rows}
    assert rows["conversion_quality"].treated == 180 / N
    assert rows["opt_out_rate"].treated == 120 / N
    assert rows["opt_out_rate"].metric.margin == 0.01
    assert rows["complaints_per_10000_contacts"].treated == 0
    assert fresh.verdict.decision is Verdict.STOP
    assert fresh.facts.n_without_approval == 0


def test_a_customer_counts_once_they_were_followed_for_long_enough(
    running: Experiment, now: datetime
) -> None:
    populate(running, now)
    period = Period(now, now + timedelta(days=28))

    early = scorecards.scorecard("picks", period, now + timedelta(days=8))
    ready = scorecards.scorecard("picks", period, now + timedelta(days=15))

    first = {row.metric.key: row for row in early.rows}
    quality = first["conversion_quality"]
    assert (quality.state, quality.n_treated) == (RowState.NOT_MATURE, 0)
    assert early.matures_at["conversion_quality"] == now + timedelta(days=14)
    assert first["opt_out_rate"].state is RowState.MEASURED
    assert early.verdict.decision is Verdict.CANNOT_TELL
    later = {row.metric.key: row for row in ready.rows}
    assert later["conversion_quality"].state is RowState.MEASURED
    assert later["repeat_purchase_rate"].state is RowState.NOT_MATURE
    assert ready.matures_at == {"repeat_purchase_rate": now + timedelta(days=60)}


def test_only_followed_customers_and_settled_orders_count_on_both_sides(
    running: Experiment, now: datetime
) -> None:
    populate(running, now)
    late = now + timedelta(days=10)
    newcomers = Assignment.objects.filter(
        pk__in=[
            pk
            for arm in ("treated", "control")
            for pk in Assignment.objects.filter(arm=arm)
            .order_by("pk")
            .values_list("pk", flat=True)[:150]
        ]
    )
    newcomers.update(assigned_at=late)
    buyer = Assignment.objects.filter(arm="treated").order_by("pk").last()
    assert buyer is not None
    fresh = {"order_id": "fresh", "margin": 9.0}
    Event.objects.bulk_create(
        [event(buyer.customer_id, "Order Completed", late, 3000, **fresh)]
    )
    period = Period(now, now + timedelta(days=28))

    card = scorecards.scorecard("picks", period, now + timedelta(days=20))

    quality = card.rows[0]
    assert (quality.n_treated, quality.n_holdout) == (N - 150, N - 150)
    kept = sum(1 for place in range(150, N // 2) if place % 10)
    assert quality.treated == pytest.approx(kept / (N - 150))
    assert quality.holdout == 0
    orders = next(row for row in card.rows if row.metric.key == "orders_per_customer")
    assert orders.n_treated == N
    weeks = [p for p in card.trend if p.metric == "conversion_quality"]
    assert [week.week for week in weeks] == [now.date().isoformat()]


def test_what_follows_the_end_of_an_experiment_is_not_put_down_to_it(
    running: Experiment, now: datetime
) -> None:
    populate(running, now)
    Experiment.objects.update(ended_at=now + timedelta(minutes=30))

    card = scorecards.scorecard(
        "picks", Period(now, now + timedelta(days=7)), now + timedelta(days=30)
    )

    rows = {row.metric.key: row for row in card.rows}
    assert rows["orders_per_customer"].treated == 0
    assert rows["orders_per_customer"].n_treated == N


def test_an_export_runs_no_formula(running: Experiment, now: datetime) -> None:
    UseCase.objects.filter(key="picks").update(name="=1+1")

    card = scorecards.scorecard("picks", Period(now, now + timedelta(days=1)), now)

    assert "'=1+1" in scorecards.export_csv(card)
    assert "\n=1+1" not in scorecards.export_csv(card)


def test_an_experiment_ends_at_its_plan_or_with_a_reason(
    running: Experiment, analyst: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="not reached"):
        actions.finish(by=analyst, now=now, key="picks")
    with pytest.raises(Invalid):
        actions.stop(by=analyst, now=now, key="picks", reason=" ")

    populate(running, now)
    done = actions.finish(by=analyst, now=now + timedelta(days=5), key="picks")

    assert done.state == "finished"
    told = queries.as_json("picks", now + timedelta(days=5))
    assert "interval" in told["metrics"][0]["effects"][0]


def test_interrupted_scoring_goes_on_where_it_stopped(
    analyst: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "PARTITION", 10)
    seed_standard(now)
    people = Customer.objects.bulk_create(
        Customer(pseudonym=f"q-{i}", created_at=now) for i in range(35)
    )
    CustomerFeatures.objects.bulk_create(
        CustomerFeatures(
            customer_id=p.pk, values=[1.0] * len(FEATURES), computed_at=now
        )
        for p in people
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
    real, calls = scoring._score_partition, []

    def failing(*given: object, **named: object) -> int:
        calls.append(given)
        if len(calls) == 3:
            raise RuntimeError("power cut")
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(scoring, "_score_partition", failing)
    with pytest.raises(RuntimeError):
        scoring.score_all(by=analyst, now=now, key="propensity")
    half = Score.objects.count()
    again = scoring.score_all(by=analyst, now=now, key="propensity")

    assert 0 < half < 35
    assert again["skipped"] == 2
    assert Score.objects.count() == 35
