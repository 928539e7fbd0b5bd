"""Segment's and RudderStack's own Python clients, unmodified, against a live server."""

from collections.abc import Callable
from typing import Any

import pytest
import rudderstack.analytics as rudder
from django.db import connections
from segment.analytics.client import Client as SegmentClient

from decisioning.customers.models import Customer
from decisioning.events.models import Event
from governance.access import actions as access
from governance.installation.queries import now as database_now
from governance.people.models import User
from governance.types import Actor

RudderClient = rudder.client.Client
N = 1_000

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def write_key(transactional_db: None) -> str:
    now = database_now()
    admin = User.objects.create(
        username="ada", email="ada@example.org", display_name="Ada", date_joined=now
    )
    _, text = access.issue_key(
        by=Actor.system(), now=now, owner_id=admin.pk, name="sdk", scopes=["ingest"]
    )
    return text


def send_all(client: Any) -> None:
    for i in range(N):
        if i % 10 == 0:
            client.identify(f"c-{i}", {"plan": "pro", "rank": i})
        else:
            client.track(f"c-{i - i % 10}", "Product Viewed", {"sku": f"s-{i}"})
    client.flush()
    client.join()


@pytest.mark.parametrize("client_of", [SegmentClient, RudderClient])
@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_a_thousand_events_each_arrive_once(
    client_of: Callable[..., Any], packed: bool, live_server: Any, write_key: str
) -> None:
    failed: list[Any] = []
    client = client_of(
        write_key,
        host=live_server.url,
        gzip=packed,
        on_error=lambda error, batch: failed.append(error),
        upload_interval=0.05,
        max_queue_size=2 * N,
    )

    send_all(client)

    assert failed == []
    assert Event.objects.count() == N
    assert Event.objects.filter(name="Product Viewed").count() == N - N // 10
    assert Customer.objects.filter(traits__plan="pro").count() == N // 10
    connections.close_all()
