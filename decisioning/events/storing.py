"""Rows in and out of the tables of this concept, a fixed number of statements each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from django.db import IntegrityError, connection, transaction

from decisioning.events.core import Incoming, Taken

NULL = b"\\N"
COPY_EVENTS = (
    "COPY decisioning_event (customer_id, identity_id, type, name, occurred_at,"
    " received_at, value_minor, decision_id, properties, source) FROM STDIN"
)
COPY_LEDGER = "COPY decisioning_messageledger (message_hash) FROM STDIN"
PRODUCT_FIELDS = (
    "sku",
    "name",
    "department",
    "category",
    "brand",
    "manufacturer",
    "size",
    "price_minor",
    "currency",
    "stock",
)
KEEP_PRODUCTS = """
INSERT INTO decisioning_product AS p (source, sku, name, department, category, brand,
    manufacturer, size, price_minor, currency, stock, file, recorded_at)
SELECT %s, sku, COALESCE(name, ''), COALESCE(department, ''), COALESCE(category, ''),
    COALESCE(brand, ''), COALESCE(manufacturer, ''), COALESCE(size, ''), price_minor,
    COALESCE(currency, ''), stock, %s, %s
FROM json_to_recordset(%s::json) AS q(sku text, name text, department text,
    category text, brand text, manufacturer text, size text, price_minor bigint,
    currency text, stock bigint)
ON CONFLICT (source, sku) DO UPDATE SET name = EXCLUDED.name,
    department = EXCLUDED.department, category = EXCLUDED.category,
    brand = EXCLUDED.brand, manufacturer = EXCLUDED.manufacturer, size = EXCLUDED.size,
    price_minor = EXCLUDED.price_minor, currency = EXCLUDED.currency,
    stock = EXCLUDED.stock, file = EXCLUDED.file, recorded_at = EXCLUDED.recorded_at,
    previous = CASE WHEN p.file = EXCLUDED.file THEN p.previous
        ELSE to_jsonb(p) - 'previous' END
WHERE (p.name, p.department, p.category, p.brand, p.manufacturer, p.size, p.price_minor,
    p.currency, p.stock) IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.department,
    EXCLUDED.category, EXCLUDED.brand, EXCLUDED.manufacturer, EXCLUDED.size,
    EXCLUDED.price_minor, EXCLUDED.currency, EXCLUDED.stock)
"""
MANY = 500
Entry = bytes | Incoming
Reject = tuple[int | None, Entry, str, str]


def be_patient(limit: timedelta) -> None:
    """Give up what waits longer than this, in this transaction: nothing is kept."""
    milliseconds = str(round(limit.total_seconds() * 1000))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, true),"
            " set_config('statement_timeout', %s, true)",
            [milliseconds, milliseconds],
        )


def claim(hashes: Collection[str]) -> set[str]:
    """Remember message hashes for ever; the answer is those seen for the first time.

    Sorted, so that two batches that share messages wait for each other and never lock
    each other out. Many at once are first taken to be new altogether, which is the rule
    and three times as fast; one that is not sends them the careful way.
    """
    ordered = sorted(hashes)
    if len(ordered) >= MANY and _all_new(ordered):
        return set(ordered)
    return _claimed(ordered) if ordered else set()


def _all_new(ordered: Sequence[str]) -> bool:
    try:
        with transaction.atomic():
            _copy(COPY_LEDGER, "\n".join(ordered).encode() + b"\n")
    except IntegrityError:
        return False
    return True


def _claimed(ordered: Sequence[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO decisioning_messageledger (message_hash)"
            " SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING"
            " RETURNING encode(uuid_send(message_hash), 'hex')",
            [f"{{{','.join(ordered)}}}"],
        )
        return {message_hash for (message_hash,) in cursor.fetchall()}


def release(hashes: Iterable[str]) -> None:
    """Forget messages that were refused after all, so that they can be replayed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM decisioning_messageledger"
            " WHERE message_hash = ANY(%s::text[]::uuid[])",
            [list(hashes)],
        )


def note_repeats(n: int, *, source: str, now: datetime) -> None:
    """Leave word that messages came again; a row a batch, so that nobody waits."""
    if n:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO decisioning_repeatedmessages (source, n, received_at)"
                " VALUES (%s, %s, %s)",
                [source, n, now],
            )


def append(rows: Iterable[tuple[int, int | None, Taken]]) -> None:
    """Add events whose rows `written` has prepared: whose, and by which device."""
    _copy(
        COPY_EVENTS,
        b"".join(
            b"%d\t\\N\t%b\n" % (customer, event.stored)
            if device is None
            else b"%d\t%d\t%b\n" % (customer, device, event.stored)
            for customer, device, event in rows
        ),
    )


def _copy(statement: str, rows: bytes) -> None:
    # Errors of COPY pass by Django's cursor and its words for them.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        copy.write(rows)


def keep_months(*, now: datetime, ahead: int) -> int:
    """Make room for the events of this month and the next ones; how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE attune_event_month("
            " (%s::timestamptz + make_interval(months => n))::date))"
            " FROM generate_series(0, %s) n",
            [now, ahead],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def written(event: Taken, *, received_at: bytes, source: bytes) -> bytes:
    """The event's row in PostgreSQL's text format, all but whose it is."""
    properties = event.properties
    return b"\t".join(
        (
            event.type.encode(),
            escaped(event.name),
            event.occurred_at.isoformat().encode(),
            received_at,
            NULL if event.value_minor is None else b"%d" % event.value_minor,
            NULL if event.decision_id is None else event.decision_id.encode(),
            properties.replace(b"\\", b"\\\\") if b"\\" in properties else properties,
            source,
        )
    )


@lru_cache(maxsize=4096)
def escaped(text: str) -> bytes:
    """Text as COPY reads it; the names of events are few, and come again and again."""
    data = text.encode()
    if b"\\" in data or b"\t" in data or b"\n" in data or b"\r" in data:
        for sign, written in (
            (b"\\", b"\\\\"),
            (b"\t", b"\\t"),
            (b"\n", b"\\n"),
            (b"\r", b"\\r"),
        ):
            data = data.replace(sign, written)
    return data


def bury(rejects: Sequence[Reject], *, source: str, now: datetime) -> None:
    """Keep what could not be taken; a row of a file is kept only once."""
    if not rejects:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO decisioning_deadletter"
            " (raw, code, message, source, row, received_at)"
            " SELECT raw::jsonb, code, message, %s, row, %s"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])"
            " AS q(row, raw, code, message)"
            " WHERE row IS NULL OR NOT EXISTS (SELECT 1 FROM decisioning_deadletter d"
            "   WHERE d.source = %s AND d.row = q.row)",
            [
                source,
                now,
                [row for row, _, _, _ in rejects],
                [_as_json(entry) for _, entry, _, _ in rejects],
                [code for _, _, code, _ in rejects],
                [message[:300] for _, _, _, message in rejects],
                source,
            ],
        )


def _as_json(entry: Entry) -> str:
    """The event as it came; as text where PostgreSQL cannot keep it as JSON."""
    try:
        raw = entry if isinstance(entry, bytes) else msgspec.json.encode(entry)
        text = raw.decode(errors="replace")
        value: Any = msgspec.json.decode(raw)
    except (UnicodeDecodeError, msgspec.DecodeError, OverflowError):
        text = entry.decode(errors="replace") if isinstance(entry, bytes) else ""
        value = None
    if isinstance(value, dict) and "\\u0000" not in text:
        return text
    readable = text.replace("\\u0000", "\ufffd").replace("\x00", "\ufffd")
    return msgspec.json.encode({"unreadable": readable}).decode()


def keep_products(
    products: Sequence[Mapping[str, Any]], *, source: str, now: datetime, file: str = ""
) -> int:
    """Add products, or bring them up to date; how many rows were written.

    Each has a sku and any of `PRODUCT_FIELDS`. ``file`` says which file it is that
    speaks: what stood before it is kept beside the product.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP_PRODUCTS, [source, file, now, msgspec.json.encode(products).decode()]
        )
        return int(cursor.rowcount)


def mark_shown(shown: Sequence[tuple[str, int, datetime]]) -> None:
    """Decision Shown keeps a reservation, if it came before the reservation lapsed."""
    if not shown:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE decisioning_contact c SET shown_at = q.shown_at"
            " FROM (SELECT decision_id, customer_id, min(shown_at) AS shown_at"
            "   FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[])"
            "   AS r(decision_id, customer_id, shown_at) GROUP BY 1, 2) q"
            " WHERE c.decision_id = q.decision_id AND c.customer_id = q.customer_id"
            " AND c.shown_at IS NULL AND c.released_at IS NULL"
            " AND q.shown_at <= c.release_at",
            list(map(list, zip(*shown, strict=True))),
        )
