from __future__ import annotations

from datetime import datetime, timedelta

from decisioning.customers.actions import Stock
from decisioning.experiments.models import Experiment
from decisioning.scorecards import queries
from decisioning.scorecards.models import ScorecardSnapshot
from decisioning.scorecards.queries import ALL, default_period
from decisioning.types import Period

KEEP_FOR = timedelta(days=400)
AHEAD = timedelta(minutes=20)


def refresh(scope: str, period: Period, *, now: datetime) -> ScorecardSnapshot:
    """Count the sums of a scope and period from the rows and store them."""
    counted = queries.count(scope, period, now)
    row, _ = ScorecardSnapshot.objects.update_or_create(
        scope=scope,
        starts_at=counted.starts_at,
        ends_at=counted.ends_at,
        defaults={
            "groups": counted.groups,
            "trend": counted.trend,
            "entered": counted.entered,
            "facts": counted.facts,
            "computed_at": now,
        },
    )
    return row


def refresh_all(*, now: datetime) -> int:
    """The overall scorecard and that of whatever was tested, over the usual period.

    Shortly before midnight the next day's period is counted too, so that nobody waits
    for the first page of the day.
    """
    Stock().take()
    started = Experiment.objects.exclude(started_at=None).exclude(use_case_key="")
    keys = started.filter(is_imported=False).values_list("use_case_key", flat=True)
    scopes = [ALL, *sorted(set(keys))]
    periods = dict.fromkeys((default_period(now), default_period(now + AHEAD)))
    for period in periods:
        for scope in scopes:
            refresh(scope, period, now=now)
    ScorecardSnapshot.objects.filter(computed_at__lt=now - KEEP_FOR).delete()
    return len(scopes)
