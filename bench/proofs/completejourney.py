"""A grocer's year through the import: every total, and how fast it comes in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bench.installation import dataset, installation
from bench.proof import Proof
from bench.steps import timed

GOAL = 30_000
CENTS = 459_603_958
PEAK_HOUR = 17
TOTALS: dict[str, tuple[int, str]] = {
    "households": (2_469, "SELECT count(DISTINCT customer_id) FROM orders"),
    "customers": (2_469, "SELECT count(*) FROM decisioning_customer"),
    "lines": (1_469_307, "SELECT count(*) FROM lines"),
    "baskets": (155_848, "SELECT count(*) FROM orders"),
    "products": (68_509, "SELECT count(DISTINCT sku) FROM lines"),
    "cents of sales": (CENTS, "SELECT sum(value_minor) FROM orders"),
    "cents of lines": (CENTS, "SELECT round(sum(total) * 100) FROM lines"),
    "households with demographics": (
        801,
        "SELECT count(*) FROM decisioning_customer WHERE traits ? 'householdAge'",
    ),
    "assortment": (92_331, "SELECT count(*) FROM decisioning_product"),
    "peak hour in New York": (
        PEAK_HOUR,
        "SELECT mode() WITHIN GROUP (ORDER BY extract(hour FROM occurred_at"
        " AT TIME ZONE 'America/New_York')) FROM lines",
    ),
    "redemptions": (
        2_102,
        "SELECT count(*) FROM decisioning_event WHERE name = 'Coupon Applied'",
    ),
}
MEMBERSHIPS = {"Type A": (604, 3_647), "Type B": (154, 2_368), "Type C": (34, 574)}
ORDERS = """CREATE TEMP TABLE orders AS SELECT id, customer_id, occurred_at,
    value_minor, properties FROM decisioning_event WHERE name = 'Order Completed'"""
LINES = """CREATE TEMP TABLE lines AS SELECT o.occurred_at, line->>'product_id' AS sku,
    (line->>'total')::numeric AS total
    FROM orders o, jsonb_array_elements(o.properties->'products') line"""
BY_TYPE = """SELECT d.content->>'campaignType', count(e.decision_id), count(*)
    FROM decisioning_decision d LEFT JOIN (SELECT DISTINCT decision_id
        FROM decisioning_event WHERE name = 'Coupon Applied') e
    ON e.decision_id = d.id WHERE d.is_imported GROUP BY 1"""


def prove() -> Proof:
    with installation() as here:
        with timed() as steps:
            report, seconds = _imported(here.now())
        wrong = list(_wrong())
        again, _ = _imported(here.now())
    lines, events = report.n_rows / seconds, report.accepted / seconds
    if again.accepted:
        wrong.append(f"{again.accepted:,} events new in a second import")
    return Proof(
        claim=(
            f"Complete Journey's {len(TOTALS) + len(MEMBERSHIPS)} totals equal the "
            f"published ones to the unit, a second import adds nothing, and ≥ {GOAL:,} "
            "of its lines a second pass through identity and features"
        ),
        figure=(
            f"{lines:,.0f} lines/s: {report.n_rows:,} lines as {report.accepted:,} "
            f"events in {seconds:.1f} s ({events:,.0f} events/s of 1.4 KB each); "
            f"{steps.shares(seconds)}" + "".join(f"; wrong: {each}" for each in wrong)
        ),
        holds=not wrong and not report.bad and lines >= GOAL,
    )


def _imported(now: Any) -> tuple[Any, float]:
    from decisioning.engine.imports import import_dataset
    from governance.types import Actor

    begun = time.perf_counter()
    report = import_dataset(
        by=Actor.system("proof"),
        now=now,
        name="completejourney",
        path=dataset("completejourney"),
    )
    return report, time.perf_counter() - begun


def _wrong() -> Iterator[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(ORDERS)
        cursor.execute(LINES)
        for name, (wanted, query) in TOTALS.items():
            cursor.execute(query)
            row = cursor.fetchone()
            if row is None or int(row[0]) != wanted:
                yield f"{name} {row[0] if row else None} instead of {wanted}"
        cursor.execute(BY_TYPE)
        found = {kind: (redeemed, sent) for kind, redeemed, sent in cursor.fetchall()}
    if found != MEMBERSHIPS:
        yield f"redemption by type {found} instead of {MEMBERSHIPS}"
