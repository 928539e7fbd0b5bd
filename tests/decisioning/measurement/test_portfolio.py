"""All use cases on one scorecard: a gain of one does not hide the harm of another."""

from datetime import datetime, timedelta

import pytest

from decisioning.experiments import actions
from decisioning.experiments.models import Experiment
from decisioning.scorecards import queries as scorecards
from decisioning.scorecards.core import Row, RowVerdict
from decisioning.types import Period, Verdict
from governance.types import Actor
from governance.usecases import actions as use_cases
from tests.decisioning.measurement.world import N, populate, started

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("measurement")


@pytest.fixture
def both(analyst: Actor, now: datetime) -> Experiment:
    populate(started(analyst, now, "picks", "Picks for you"), now)
    second = started(analyst, now, "second-mail", "A second e-mail")
    populate(second, now, leaving=120)
    return second


def card(now: datetime) -> scorecards.Scorecard:
    at = now + timedelta(days=20)
    return scorecards.scorecard("all", scorecards.default_period(at), at)


def opt_outs(found: scorecards.Scorecard) -> Row:
    return next(row for row in found.rows if row.metric.key == "opt_out_rate")


def test_a_running_harm_is_told_and_not_averaged_out(
    both: Experiment, now: datetime
) -> None:
    found = card(now)

    row = opt_outs(found)
    assert (row.treated, row.n_treated) == (120 / N, N)
    assert row.verdict is RowVerdict.WORSE
    assert row.metric.label == "Opt-out rate in “A second e-mail”"
    assert "not averaged" in row.metric.definition
    assert found.verdict.decision is Verdict.STOP
    assert found.verdict.because.startswith("“A second e-mail” harms customers: ")
    assert "30.0 more opt-outs per 100 customers" in found.verdict.because


def test_what_was_stopped_in_the_period_keeps_its_harm_in_sight(
    both: Experiment, now: datetime
) -> None:
    stopped_at = now + timedelta(days=16)
    use_cases.transition(
        by=SYSTEM,
        now=stopped_at,
        key="second-mail",
        transition="roll_back",
        reason="Certain harm.",
    )

    found = card(now)

    both.refresh_from_db()
    assert both.ended_at == stopped_at
    assert opt_outs(found).verdict is RowVerdict.WORSE
    assert opt_outs(found).treated == 120 / N
    because = found.verdict.because
    assert because.startswith("Personalisation brings ")
    assert "more kept orders per 100 customers" in because
    assert "“A second e-mail” was stopped: 30.0 more opt-outs" in because
    assert found.verdict.decision is not Verdict.STOP


def test_the_last_use_case_stopped_leaves_nothing_to_judge(
    analyst: Actor, now: datetime
) -> None:
    populate(started(analyst, now), now, leaving=120)
    use_cases.transition(
        by=SYSTEM,
        now=now + timedelta(days=16),
        key="picks",
        transition="roll_back",
        reason="Certain harm.",
    )

    found = card(now)

    assert found.verdict.decision is Verdict.CANNOT_TELL
    assert found.verdict.because.startswith("Nothing is tested or served now. “Picks”")


def test_the_verdict_of_one_use_case_names_it(analyst: Actor, now: datetime) -> None:
    populate(started(analyst, now), now)
    actions.refresh_statistics("picks", now=now + timedelta(days=16))
    at = now + timedelta(days=20)

    found = scorecards.scorecard("picks", Period(now, at), at)

    quality = "20.0 more kept orders per 100 customers (13.5 to 26.5)"
    assert found.verdict.because.startswith(f"“Picks” brings {quality}")
    assert found.rows_link("opt_out_rate") == (
        "/scorecard/picks/rows/opt_out_rate/?from=2026-03-02&to=2026-03-22"
    )
