"""Segment's, RudderStack's and OpenFeature's own Python clients, against the server."""

from __future__ import annotations

import time
from typing import Any

from bench.installation import Installation, installation
from bench.proof import Proof

N = 1_000
PLACE = "home.hero"


def prove() -> Proof:
    with installation(has_web=True) as here:
        import rudderstack.analytics as rudder
        from segment.analytics.client import Client as SegmentClient

        segment = _send(here, "segment", SegmentClient)
        rudderstack = _send(here, "rudderstack", rudder.client.Client)
        variant, reason, content = _resolve(here)
    return Proof(
        claim=(
            f"{N:,} events of Segment's and of RudderStack's Python client each arrive "
            "once; the OFREP provider resolves a placement"
        ),
        figure=(
            f"{segment:,} and {rudderstack:,} events; {PLACE} is {reason} "
            f"{variant} with {', '.join(sorted(content)) or 'no content'}"
        ),
        holds=segment == rudderstack == N and "headline" in content,
    )


def _send(here: Installation, name: str, make: Any) -> int:
    """Sent by the unmodified client; how many are stored, counted in the table."""
    from django.db import connection

    failed: list[Any] = []
    client = make(
        here.secrets["writeKey"],
        host=here.url,
        gzip=True,
        on_error=lambda error, _batch: failed.append(error),
        upload_interval=0.05,
        max_queue_size=2 * N,
    )
    for i in range(N):
        if i % 10 == 0:
            client.identify(f"{name}-{i}", {"plan": "pro", "rank": i})
        else:
            client.track(f"{name}-{i - i % 10}", "Product Viewed", {"sku": f"s-{i}"})
    client.flush()
    client.join()
    assert not failed, failed
    time.sleep(0.1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM decisioning_event e"
            " JOIN decisioning_customeridentity i ON i.customer_id = e.customer_id"
            " AND i.kind = 'user' AND i.value LIKE %s",
            [f"{name}-%"],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _resolve(here: Installation) -> tuple[str, str, dict[str, Any]]:
    from openfeature import api
    from openfeature.contrib.provider.ofrep import OFREPProvider
    from openfeature.evaluation_context import EvaluationContext

    key = here.secrets["apiKey"]
    provider = OFREPProvider(
        here.url, headers_factory=lambda: {"Authorization": f"Bearer {key}"}
    )
    api.set_provider_and_wait(provider)
    told = api.get_client().get_object_details(
        PLACE, {}, EvaluationContext(targeting_key="segment-0")
    )
    assert told.error_code is None, told
    content: dict[str, Any] = dict(told.value)  # type: ignore[arg-type]
    return str(told.variant), str(told.reason), content
