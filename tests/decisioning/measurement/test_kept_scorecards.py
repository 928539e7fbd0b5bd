"""Pages read a scorecard from what is kept; only the first to ask waits for a count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from decisioning.experiments.models import Experiment
from decisioning.scorecards import actions, queries
from decisioning.scorecards.models import ScorecardSnapshot
from decisioning.scorecards.queries import ALL, default_period
from decisioning.types import Period
from governance.types import Actor
from tests.decisioning.measurement.world import populate, started

pytestmark = pytest.mark.django_db
LOGS = ("decisioning_event", "decisioning_decision", "decisioning_assignment")


@pytest.fixture
def running(analyst: Actor, now: datetime) -> Experiment:
    row = started(analyst, now)
    populate(row, now)
    return row


def page(period: Period, now: datetime) -> queries.Scorecard:
    return queries.scorecard(ALL, period, now, may_be_cached=True)


def test_the_first_to_ask_counts_and_the_next_reads_no_log(
    running: Experiment, now: datetime
) -> None:
    later = now + timedelta(days=5)
    period = default_period(later)

    first = page(period, later)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        second = page(period, later + timedelta(minutes=9))

    assert second == first
    assert not [q["sql"] for q in asked if any(log in q["sql"] for log in LOGS)]
    assert len(asked) <= 10


def test_what_is_kept_is_what_is_counted(running: Experiment, now: datetime) -> None:
    later = now + timedelta(days=5)
    period = default_period(later)
    counted = queries.scorecard("picks", period, later)

    actions.refresh("picks", period, now=later)

    assert queries.scorecard("picks", period, later) == counted
    assert counted.facts.n_decisions == 0
    assert counted.rows


def test_old_sums_of_a_period_that_goes_on_are_counted_anew(
    running: Experiment, now: datetime
) -> None:
    later = now + timedelta(days=5)
    period = default_period(later)
    page(period, later)

    told = page(period, later + timedelta(minutes=16))

    assert told.fresh_at == later + timedelta(minutes=16)


def test_tomorrow_is_counted_before_it_begins(running: Experiment) -> None:
    late = datetime(2026, 3, 9, 23, 50, tzinfo=UTC)

    actions.refresh_all(now=late)

    ends = set(ScorecardSnapshot.objects.values_list("ends_at", flat=True))
    assert ends == {
        datetime(2026, 3, 10, tzinfo=UTC),
        datetime(2026, 3, 11, tzinfo=UTC),
    }


def test_a_page_is_read_without_a_cache(
    running: Experiment, now: datetime, settings: Any
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    assert page(default_period(now), now).rows
