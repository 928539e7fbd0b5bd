"""A cast, the public e-mail experiment as sums, and one that is running."""

from __future__ import annotations

from datetime import timedelta

import pytest

from decisioning.experiments.models import ArmStatistics, Experiment
from decisioning.stats.sufficient import SufficientStats
from governance.installation.queries import now as clock
from governance.types import Role
from tests.factories import configuration as make

N = {"mens-email": 21_307, "womens-email": 21_387, "no-email": 21_306}
VISITS = {"mens-email": 3_894, "womens-email": 3_238, "no-email": 2_262}
SPEND = {
    "mens-email": (1.42261651, 17.754205),
    "womens-email": (1.07720157, 15.116106),
    "no-email": (0.65278936, 11.5882),
}


@pytest.fixture
def cast(db, settings):
    settings.REQUIRE_MFA = False
    now = clock()
    roles = {
        "mara": Role.MARKETER,
        "olga": Role.MARKETING_OWNER,
        "anna": Role.ANALYST,
        "chen": Role.CHANNEL_OWNER,
        "priya": Role.PRIVACY_REVIEWER,
        "eve": Role.EXECUTIVE,
        "sue": Role.SUPPORT,
        "aud": Role.AUDITOR,
        "ada": Role.ADMIN,
    }
    return {name: make.person(name, role, now=now) for name, role in roles.items()}


@pytest.fixture
def clients(cast):
    return {name: make.signed_in(user) for name, user in cast.items()}


def metric(key, label, kind, unit, role="secondary", **more):
    return {
        "key": key,
        "label": label,
        "kind": kind,
        "unit": unit,
        "role": role,
        "better_when": "higher",
        "margin": 0.0,
        **more,
    }


def stored(row, arm, name, sums):
    ArmStatistics.objects.create(
        experiment=row,
        arm=arm,
        metric=name,
        n=sums.n,
        sum_x=sums.sum_values,
        sum_xx=sums.sum_squares,
        counted_at=clock(),
    )


@pytest.fixture
def imported(cast):
    now = clock()
    row = Experiment.objects.create(
        key="hillstrom",
        name="Two e-mails or none",
        hypothesis="An e-mail brings people back.",
        state="finished",
        is_imported=True,
        source="Public research data",
        arms=[
            {"key": "mens-email", "label": "Men's e-mail", "share": 1 / 3},
            {"key": "womens-email", "label": "Women's e-mail", "share": 1 / 3},
            {"key": "no-email", "label": "No e-mail", "share": 1 / 3},
        ],
        control="no-email",
        metrics=[
            metric("visit", "Visits", "proportion", "share of customers", "primary"),
            metric("spend", "Spend", "mean", "USD per customer"),
        ],
        not_recorded=["opt_out_rate", "complaint_rate", "refund_rate", "trust_score"],
        salt="s",
        created_by=cast["anna"],
        created_at=now,
        started_at=now - timedelta(days=20),
        ended_at=now - timedelta(days=6),
    )
    for arm, n in N.items():
        stored(row, arm, "visit", SufficientStats.of_counts(n, VISITS[arm]))
        mean, sd = SPEND[arm]
        stored(row, arm, "spend", SufficientStats.of_moments(n, mean, sd**2))
    return row


@pytest.fixture
def running(cast):
    now = clock()
    row = Experiment.objects.create(
        key="free-delivery",
        name="Free delivery on the home page",
        state="running",
        arms=[{"key": "treated", "share": 0.8}, {"key": "control", "share": 0.2}],
        control="control",
        metrics=[
            metric("visit", "Visit rate", "proportion", "share of customers", "primary")
        ],
        salt="s",
        planned_n=10_000,
        created_by=cast["mara"],
        created_at=now,
        started_at=now - timedelta(days=10),
    )
    stored(row, "treated", "visit", SufficientStats.of_counts(4_000, 880))
    stored(row, "control", "visit", SufficientStats.of_counts(1_000, 180))
    return row
