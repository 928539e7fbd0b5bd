"""What bringing one customer's features up to date costs, by the length of history.

``python -m bench.feature_cost`` prints the shortest of repeated computations, as the
server measures its execution, for customers with 10 to 100,000 events.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from bench.installation import installation

HISTORIES = (10, 100, 1_000, 10_000, 100_000)
REPEATS = 25
FILL = """
INSERT INTO decisioning_event (customer_id, type, name, occurred_at, received_at,
    value_minor, properties, source)
SELECT %s, 'track', (ARRAY['Product Viewed', 'Order Completed', 'Page Viewed',
    'Product Added'])[1 + i %% 4], %s::timestamptz - i * (%s::interval / %s),
    %s, CASE i %% 4 WHEN 1 THEN 2500 END,
    jsonb_build_object('category', 'c' || i %% 9, 'sku', 's' || i %% 50), 'bench'
FROM generate_series(0, %s - 1) i
"""


def main() -> None:
    with installation() as here:
        from django.db import connection

        from decisioning.customers.models import Customer
        from decisioning.features.sql import features_statement

        now = here.now()
        print("events of the customer    ms to plan    ms to compute")
        for n in HISTORIES:
            who = Customer.objects.create(pseudonym=f"p-{n}", created_at=now)
            with connection.cursor() as cursor:
                span = timedelta(days=700)
                cursor.execute(FILL, [who.pk, now, span, n, now, n])
                cursor.execute("SELECT attune_take_stock()")
            statement, params = features_statement([who.pk], as_of=now)
            spent = [_spent(statement, params) for _ in range(REPEATS)]
            plan, run = (min(part) for part in zip(*spent, strict=True))
            print(f"{n:>22,}    {plan:>10.2f}    {run:>13.2f}")


def _spent(statement: str, params: list[Any]) -> tuple[float, float]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", params
        )
        row = cursor.fetchone()
    assert row is not None
    told = json.loads(row[0]) if isinstance(row[0], str) else row[0]
    return told[0]["Planning Time"], told[0]["Execution Time"]


if __name__ == "__main__":
    main()
