"""Data quality in the console: the weakest part on top, alarms, thresholds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from decisioning.events import actions as events
from decisioning.quality import actions, queries
from decisioning.quality.core import Check
from decisioning.quality.models import QualityAlert
from governance.installation.queries import now as clock
from governance.types import Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
PAGE = "/data-quality/"


@pytest.fixture
def analyst(now: datetime) -> Client:
    return make.signed_in(make.person("ana", Role.ANALYST, now=now))


def counted_orders(n: int = 60) -> datetime:
    at = clock()
    order = {"type": "track", "event": "Order Completed"}
    for back in (1, 0):
        events.ingest(
            [
                {
                    **order,
                    "userId": f"c-{i}",
                    "messageId": f"m-{back}-{i}",
                    "properties": {"revenue": -5, "orderId": f"{back}-{i}"},
                }
                for i in range(n)
            ],
            source="api:shop",
            now=at - timedelta(days=back),
        )
    actions.roll_up(now=at, settles_after=timedelta())
    actions.watch(now=at)
    return at


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_an_installation_without_events_says_what_to_do(analyst: Client) -> None:
    page = text(analyst.get(PAGE))

    assert "No events are counted yet" in page
    assert "No alarm is open." in page


def test_the_weakest_part_stands_on_top_with_what_helps(analyst: Client) -> None:
    counted_orders()

    answer = analyst.get(PAGE)

    told = answer.context["weakest"]
    assert told.sentence == "Impossible values: Order Completed from api:shop"
    assert "It touches about 120 events of the week." in told.figure
    assert told.remedy in text(answer)


def test_a_signal_shows_its_checks_its_history_and_its_fields(
    analyst: Client,
) -> None:
    counted_orders()
    query = urlencode({"source": "api:shop", "name": "Order Completed"})

    answer = analyst.get(f"{PAGE}signal/?{query}")

    assert [c.title for c in answer.context["charts"]] == [
        "Events",
        "Impossible values",
    ]
    assert "revenue" in text(answer)
    assert "100.0" in text(answer)
    assert analyst.get(f"{PAGE}signal/?source=none").status_code == 404


def test_thresholds_are_saved_in_the_units_of_the_page(analyst: Client) -> None:
    now_set = {c.value: v for c, v in queries.thresholds().items()}
    shares = {"silence", "drift"}
    sent = {k: v if k in shares else round(v * 100, 4) for k, v in now_set.items()}

    answer = analyst.post(f"{PAGE}thresholds/", {**sent, "late": "7.5"})

    assert answer.status_code == 302
    moved = {k for k, v in queries.thresholds().items() if v != now_set[k.value]}
    assert moved == {Check.LATE}
    assert queries.thresholds()[Check.LATE] == pytest.approx(0.075)


def test_a_threshold_that_cannot_be_comes_back_with_the_reason(
    analyst: Client,
) -> None:
    answer = analyst.post(f"{PAGE}thresholds/", {"late": "often"})

    assert answer.status_code == 422
    assert "Give a number such as 2.5." in text(answer)


def test_an_alarm_is_looked_after_by_somebody(analyst: Client) -> None:
    counted_orders()
    alert = QualityAlert.objects.get(check_key="impossible")

    analyst.post(f"{PAGE}alarms/{alert.pk}/acknowledgement/")

    assert "Ana" in text(analyst.get(PAGE))
    assert QualityAlert.objects.get(pk=alert.pk).closed_at is None


def test_readers_see_it_and_change_nothing(now: datetime) -> None:
    counted_orders()
    auditor = make.signed_in(make.person("aud", Role.AUDITOR, now=now))

    page = auditor.get(PAGE)

    assert page.status_code == 200
    assert "I look after it" not in page.content.decode()
    assert auditor.post(f"{PAGE}thresholds/", {}).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_signals(
    analyst: Client, django_assert_max_num_queries: Any
) -> None:
    counted_orders()

    with django_assert_max_num_queries(16):
        analyst.get(PAGE)


def test_an_alarm_that_nobody_looks_after_stands_on_the_analysts_home(
    analyst: Client, now: datetime
) -> None:
    counted_orders()
    support = make.signed_in(make.person("sup", Role.SUPPORT, now=now))

    before = text(analyst.get("/"))
    for alert in QualityAlert.objects.all():
        analyst.post(f"{PAGE}alarms/{alert.pk}/acknowledgement/")

    assert "nobody looks after" in before
    assert "nobody looks after" not in text(analyst.get("/"))
    assert "nobody looks after" not in text(support.get("/"))
