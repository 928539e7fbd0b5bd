"""A million made-up customers with features, consent and events, written by COPY.

Values are drawn from a seed; the stored features are drawn too and not computed from
the events, because here only the time that work takes is measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np

CHUNK = 20_000
CHANNELS = ("Web", "Phone", "Multichannel")
NAMES = ("Page Viewed", "Product Viewed", "Product Added", "Order Completed")
SHARES = (0.5, 0.35, 0.1, 0.05)
MEAN_EVENTS = 3.0
NULL = "\\N"


def populate(n: int, *, now: datetime, seed: int = 20260302) -> int:
    """Write n customers after those there are; gives the number of their events."""
    from django.db import connection

    rng = np.random.default_rng(seed)
    n_events = 0
    connection.ensure_connection()
    for start in range(0, n, CHUNK):
        ids = _new_ids(min(CHUNK, n - start))
        copy(
            "decisioning_customer (id, pseudonym, traits, contact, timezone, locale,"
            " basis, created_at, last_seen_at)",
            _customers(ids, now, rng),
        )
        copy(
            "decisioning_customerfeatures (customer_id, values, computed_at)",
            _features(ids, now, rng),
        )
        copy(
            "governance_consenthead (person_id, version, cells, personalization_off,"
            " updated_at)",
            _heads(ids, now, rng),
        )
        counts = rng.poisson(MEAN_EVENTS, ids.size)
        n_events += int(counts.sum())
        copy(
            "decisioning_event (customer_id, type, name, occurred_at, received_at,"
            " properties, source)",
            events(np.repeat(ids, counts), now, rng),
        )
    _take_stock()
    return n_events


def events(
    owners: np.ndarray[Any, Any], now: datetime, rng: np.random.Generator
) -> Iterator[str]:
    names = rng.choice(NAMES, owners.size, p=SHARES)
    ages = rng.uniform(0, 90 * 86_400, owners.size)
    for owner, name, age in zip(owners, names, ages, strict=True):
        at = (now - timedelta(seconds=float(age))).isoformat()
        yield f"{owner}\ttrack\t{name}\t{at}\t{at}\t{{}}\tbench\n"


def _customers(
    ids: np.ndarray[Any, Any], now: datetime, rng: np.random.Generator
) -> Iterator[str]:
    spent = rng.lognormal(4, 1, ids.size).round(2)
    channels = rng.choice(CHANNELS, ids.size)
    months = rng.integers(1, 13, ids.size)
    is_new = rng.random(ids.size) < 0.3
    at = now.isoformat()
    for i, customer_id in enumerate(ids):
        traits = {
            "history": float(spent[i]),
            "channel": str(channels[i]),
            "recency": int(months[i]),
            "newbie": bool(is_new[i]),
        }
        yield (
            f"{customer_id}\tm-{customer_id:09d}\t{json.dumps(traits)}\t{{}}\t\t\t\t"
            f"{at}\t{at}\n"
        )


def _features(
    ids: np.ndarray[Any, Any], now: datetime, rng: np.random.Generator
) -> Iterator[str]:
    from decisioning.features.core import FEATURE_INDEX, FEATURES

    table = rng.poisson(2.0, (ids.size, len(FEATURES))).astype(np.float32)
    table[:, FEATURE_INDEX["days_since_last_order"]] = rng.uniform(0, 400, ids.size)
    is_unknown = rng.random(table.shape) < 0.1
    at = now.isoformat()
    for customer_id, row, gaps in zip(ids, table, is_unknown, strict=True):
        values = ",".join(
            "NULL" if gap else f"{value:g}"
            for value, gap in zip(row.tolist(), gaps.tolist(), strict=True)
        )
        yield f"{customer_id}\t{{{values}}}\t{at}\n"


def _heads(
    ids: np.ndarray[Any, Any], now: datetime, rng: np.random.Generator
) -> Iterator[str]:
    from governance.consent.core import Cell, Choice, Head, Key

    at = now - timedelta(days=30)
    key = Key("direct_marketing", "email")
    texts = [
        json.dumps(Head({key: Cell(choice, at)}).to_dict()).replace("\\", "\\\\")
        for choice in (Choice.GRANT, Choice.DENY)
    ]
    refuses = (rng.random(ids.size) < 0.4).astype(int)
    for customer_id, place in zip(ids, refuses, strict=True):
        yield f"{customer_id}\t1\t{texts[place]}\tf\t{now.isoformat()}\n"


def copy(target: str, lines: Iterable[str]) -> None:
    from django.db import connection

    statement = f"COPY {target} FROM STDIN"
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("".join(lines))


def _new_ids(n: int) -> np.ndarray[Any, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('decisioning_customer', 'id'))"
            " FROM generate_series(1, %s)",
            [n],
        )
        return np.array([row[0] for row in cursor.fetchall()])


def _take_stock() -> None:
    """Let the planner see what there is."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT attune_take_stock()")
