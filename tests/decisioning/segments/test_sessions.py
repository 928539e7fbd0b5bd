"""A session's features hold for half an hour: every reader of a rule says the same."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from decisioning import tasks
from decisioning.customers.models import Customer
from decisioning.events.actions import ingest
from decisioning.features.queries import row_of
from decisioning.rules.core import Compare, Exists, KnownProfile, Not, evaluate
from decisioning.rules.core.codec import node_data
from decisioning.segments import actions, queries
from decisioning.segments.columns import Picture
from decisioning.segments.models import SegmentMembership
from governance.catalogue.actions import seed_standard
from governance.consent.core import ORDINARY
from governance.types import Actor, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
LOOKING = Compare("feature.session_views", "ge", 1)
LOOKING_TOLD = node_data(LOOKING)
RULES = (LOOKING, Not(LOOKING), Exists("feature.session_views"))


@pytest.fixture
def analyst(now: datetime) -> Actor:
    seed_standard(now)
    return make.actor("ana", Role.ANALYST, now=now)


def view(n: int, at: datetime) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "userId": "u",
        "messageId": f"m-{n}",
        "timestamp": at.isoformat(),
    }


@pytest.mark.parametrize(("minutes", "holds"), [(0, True), (30, True), (31, False)])
def test_memory_database_and_columns_agree(
    minutes: int, holds: bool, analyst: Actor, now: datetime
) -> None:
    ingest([view(1, now)], source="test", now=now)
    who = Customer.objects.get().pk
    at = now + timedelta(minutes=minutes)
    features = row_of(who, at=at)
    assert features is not None

    for rule, wanted in zip(RULES, (holds, not holds, holds), strict=True):
        told = {
            "memory": evaluate(rule, KnownProfile(features=features), at),
            "database": bool(queries.count(rule, now=at)),
            "columns": bool(Picture(at, ORDINARY).mask(rule).any()),
        }
        assert told == dict.fromkeys(told, wanted), rule


def test_who_is_no_longer_there_leaves_when_sessions_are_ended(
    analyst: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.segment(analyst, now, "Looking", rule=LOOKING_TOLD)
    ingest([view(1, now)], source="test", now=now)
    assert SegmentMembership.objects.filter(left_at=None).count() == 1

    later = now + timedelta(minutes=33)
    monkeypatch.setattr(tasks, "now", lambda: later)

    assert tasks.end_sessions() == 1
    assert SegmentMembership.objects.get().left_at == later


def test_another_trait_does_not_bring_back_a_session_that_is_over(
    analyst: Actor, now: datetime
) -> None:
    make.segment(analyst, now, "Looking", rule=LOOKING_TOLD)
    ingest([view(1, now)], source="test", now=now)
    who = Customer.objects.get().pk

    actions.follow({who}, now=now + timedelta(minutes=31))

    assert SegmentMembership.objects.filter(left_at=None).count() == 0
