"""Is it worth it, is anyone hurt: the scorecard's pages."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta

import pytest

from decisioning.events.models import Event
from decisioning.experiments.models import ArmStatistics, Assignment, Experiment
from governance.installation.queries import now as clock
from governance.usecases.models import StateChange, UseCase, UseCaseVersion
from tests.factories import configuration as make

SEES = ["mara", "olga", "anna", "chen", "priya", "eve", "aud", "ada"]
COMPLETE = "from=2026-01-01"


def words(response):
    text = re.sub(r"<script.*?</script>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def living(cast):
    """A use case whose test began 60 days ago; the treated order twice as often."""
    now = clock()
    case = UseCase.objects.create(
        key="warm-up",
        name="Warm up",
        state="testing",
        created_by=cast["mara"],
        created_at=now,
        changed_at=now,
    )
    UseCaseVersion.objects.create(
        use_case=case, number=1, author=cast["mara"], created_at=now, saved_at=now
    )
    begun = now - timedelta(days=60)
    for to, reason in (("testing", ""), ("paused", "Opt-outs rose")):
        StateChange.objects.create(
            use_case=case,
            version_number=1,
            to_state=to,
            transition="x",
            reason=reason,
            changed_by_label="Olga",
            changed_at=begun,
        )
    trial = Experiment.objects.create(
        key="warm-up-test",
        name="Warm up: test",
        use_case_key="warm-up",
        state="running",
        arms=[{"key": "treated", "share": 0.5}, {"key": "control", "share": 0.5}],
        control="control",
        salt="s",
        created_by=cast["mara"],
        created_at=begun,
        started_at=begun,
    )
    people = make.customers([{} for _ in range(800)], now=begun)
    Assignment.objects.bulk_create(
        Assignment(
            experiment=trial,
            customer_id=who.pk,
            arm="treated" if n % 2 else "control",
            propensity=0.5,
            assigned_at=begun,
        )
        for n, who in enumerate(people)
    )
    buyers = [w for n, w in enumerate(people) if n % 5 == 0 or n % 10 in (1, 3, 7)]
    Event.objects.bulk_create(
        Event(
            customer_id=who.pk,
            type="track",
            name="Order Completed",
            occurred_at=begun + timedelta(days=1 + n % 12),
            received_at=begun + timedelta(days=1 + n % 12),
            value_minor=4_000,
            properties={"order_id": f"o-{who.pk}", "margin": 12},
            source="test",
        )
        for n, who in enumerate(buyers)
    )
    return case


@pytest.fixture
def complete(living):
    """Days so long ago that every outcome is in."""
    now = clock()
    first, last = (now - timedelta(days=d) for d in (62, 34))
    return f"from={first:%Y-%m-%d}&to={last:%Y-%m-%d}"


@pytest.fixture
def imported(cast):
    now = clock()
    row = Experiment.objects.create(
        key="hillstrom",
        name="Two e-mails or none",
        state="finished",
        is_imported=True,
        arms=[{"key": "mens", "share": 0.5}, {"key": "none", "share": 0.5}],
        control="none",
        metrics=[
            {"key": "visit", "label": "Visits", "kind": "proportion", "role": "primary"}
        ],
        salt="s",
        created_by=cast["anna"],
        created_at=now,
    )
    for arm, visits in (("mens", 3_894), ("none", 2_262)):
        ArmStatistics.objects.create(
            experiment=row,
            arm=arm,
            metric="visit",
            n=21_300,
            sum_x=visits,
            sum_xx=visits,
            counted_at=now,
        )
    return row


@pytest.mark.parametrize("who", SEES)
def test_who_may_read_scorecards_sees_an_empty_house_designed(who, clients):
    answer = clients[who].get("/scorecard/")

    assert answer.status_code == 200
    assert "Nothing has been counted in this period" in words(answer)
    assert "See the use cases" in words(answer)
    assert "Cannot tell yet" in words(answer)


def test_support_is_turned_away(clients):
    assert clients["sue"].get("/scorecard/").status_code == 403
    assert clients["sue"].get("/scorecard/all/scorecard.csv").status_code == 403


def test_a_scope_or_measure_that_is_not_there_is_404(clients):
    assert clients["eve"].get("/scorecard/nothing/").status_code == 404
    assert clients["eve"].get("/scorecard/nothing/scorecard.csv").status_code == 404
    assert clients["eve"].get("/scorecard/all/rows/nothing/").status_code == 404


def test_the_four_questions_are_answered_with_figures_and_reasons(clients, complete):
    told = words(clients["eve"].get(f"/scorecard/?{complete}"))

    assert "Are we helping customers?" in told
    assert "Are we helping ourselves, lastingly?" in told
    assert "Are we hurting anyone?" in told
    assert "Is it under control?" in told
    assert "Conversion quality is above the held-out group" in told
    assert "Nobody counted complaints per 10,000 contacts, trust score" in told
    assert "800 customers, 400 of them held out." in told
    assert "Do not scale" in told
    assert "None" not in told


def test_launches_and_incidents_of_the_period_are_told(clients, complete):
    told = words(clients["eve"].get(f"/scorecard/warm-up/?{complete}"))

    assert "Warm up moved to “Testing” by Olga." in told
    assert "moved to “Paused” by Olga. Opt-outs rose" in told


def test_outcomes_that_may_still_come_are_not_compared(clients, living):
    Assignment.objects.update(assigned_at=clock() - timedelta(days=2))

    told = words(clients["eve"].get("/scorecard/warm-up/?period=13w"))

    assert "Not yet, ready" in told
    assert "See the last four weeks that are complete" in told


@pytest.mark.parametrize("period", ["4w", "13w", "year", "all", "nonsense"])
def test_every_named_period_opens(period, clients, living):
    answer = clients["eve"].get(f"/scorecard/?period={period}")

    assert answer.status_code == 200


def test_all_reaches_back_to_the_first_experiment(clients, living):
    told = words(clients["eve"].get("/scorecard/?period=all"))

    assert "800 customers" in told


def test_days_the_wrong_way_round_are_refused_and_kept(clients, living):
    answer = clients["eve"].get("/scorecard/?from=2026-05-02&to=2026-04-01")

    assert answer.status_code == 422
    assert "The last day must not be before the first." in words(answer)
    assert 'value="2026-05-02"' in answer.content.decode()


def test_a_day_that_cannot_be_read_says_how_to_write_it(clients):
    answer = clients["eve"].get("/scorecard/?from=soon")

    assert answer.status_code == 422
    assert "Write a day such as 2026-11-22." in words(answer)


def test_choosing_a_use_case_leads_to_its_scorecard(clients, living):
    answer = clients["eve"].get("/scorecard/?scope=warm-up&period=13w")

    assert answer.status_code == 302
    assert answer.url == "/scorecard/warm-up/?period=13w"
    back = clients["eve"].get("/scorecard/warm-up/?scope=all", follow=True)
    assert "Is personalisation worth it?" in words(back)


def test_the_rows_behind_a_number_are_one_click_away(clients, complete):
    page = clients["eve"].get(f"/scorecard/warm-up/?{complete}")
    link = re.search(
        r'href="(/scorecard/warm-up/rows/conversion/[^"]*)"', page.content.decode()
    )

    told = words(clients["eve"].get(html.unescape(link[1])))

    assert "Customers counted in both groups" in told
    assert "400" in told
    assert "customers with an order ÷ customers" in told


def test_admin_gets_no_link_to_decisions_that_would_be_shut(clients, living):
    page = clients["ada"].get("/scorecard/all/rows/conversion/")

    assert "See the decisions" not in words(page)
    assert "See the decisions" in words(
        clients["eve"].get("/scorecard/all/rows/conversion/")
    )


def test_the_file_holds_the_same_period(clients, complete):
    answer = clients["eve"].get(f"/scorecard/warm-up/scorecard.csv?{complete}")
    lines = list(csv.reader(io.StringIO(answer.content.decode())))

    assert answer["Content-Disposition"].startswith('attachment; filename="scorecard-')
    assert any(line[3] == "Conversion rate" for line in lines if len(line) > 3)


def test_imported_evidence_says_what_was_not_recorded_and_keeps_its_verdict(
    clients, imported
):
    told = words(clients["eve"].get("/scorecard/hillstrom/"))

    assert "Not recorded: this data has no unsubscribe column" in told
    assert "Do not scale" in told
    assert "18.28" in told
    assert "10.62" in told
    assert "+7.66" in told
    assert "Is it under control?" not in told
    assert "Open the experiment" in told
    assert "Open the experiment" not in words(
        clients["ada"].get("/scorecard/hillstrom/")
    )
