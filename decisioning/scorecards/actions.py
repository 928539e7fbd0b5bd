from __future__ import annotations

from datetime import datetime, timedelta

from decisioning.experiments.models import Experiment
from decisioning.scorecards import counting
from decisioning.scorecards.models import ScorecardSnapshot
from decisioning.scorecards.queries import ALL, default_period
from decisioning.types import Period

KEEP_FOR = timedelta(days=400)


def refresh(scope: str, period: Period, *, now: datetime) -> ScorecardSnapshot:
    """Count the sums of a scope and period from the rows and store them."""
    starts, ends = period.starts_at, period.ends_at or now
    weeks = counting.weeks(scope, starts, ends, now)
    row, _ = ScorecardSnapshot.objects.update_or_create(
        scope=scope,
        starts_at=starts,
        ends_at=ends,
        defaults={
            "groups": counting.stored(counting.totals(scope, starts, ends, now)),
            "trend": [
                {"week": week, "groups": counting.stored(strata)}
                for week, strata in weeks.items()
            ],
            "computed_at": now,
        },
    )
    return row


def refresh_all(*, now: datetime) -> int:
    """The overall scorecard and that of whatever was tested, over the usual period."""
    period = default_period(now)
    started = Experiment.objects.exclude(started_at=None).exclude(use_case_key="")
    keys = started.filter(is_imported=False).values_list("use_case_key", flat=True)
    scopes = [ALL, *sorted(set(keys))]
    for scope in scopes:
        refresh(scope, period, now=now)
    ScorecardSnapshot.objects.filter(computed_at__lt=now - KEEP_FOR).delete()
    return len(scopes)
