"""The picture that this process counts on, renewed behind the scenes."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from django.db import connection, connections

from decisioning.segments.columns import Picture
from governance.consent import queries as consent
from governance.installation.queries import now as database_now

# Below this the database counts every row within the time that a page may take.
COUNTED_BY_DATABASE: Final = 10_000
# A picture is good for thirty times as long as it took to draw, within these limits.
TIMES_ITS_COST: Final = 30
FRESH: Final = (timedelta(seconds=10), timedelta(minutes=10))
USABLE: Final = timedelta(hours=1)

_lock = threading.Lock()
_renewing = threading.Event()
_current: Picture | None = None


def current(now: datetime) -> Picture | None:
    """Columns of all customers; None where the database counts fast enough itself.

    One that is no longer fresh is given a last time while the next one is drawn.
    """
    if _n_customers() < COUNTED_BY_DATABASE:
        return None
    found = _current
    age = now - found.at if found else None
    if found is None or age is None or not timedelta(0) <= age <= USABLE:
        return draw(now)
    if age > _fresh_for(found) and not _renewing.is_set():
        _renewing.set()
        threading.Thread(target=_renew, daemon=True).start()
    return found


def draw(now: datetime) -> Picture:
    """A new picture with the columns that the one before held."""
    global _current
    with _lock:
        if _current is not None and _current.at == now:
            return _current
        before = _current.column_keys if _current else []
        begun = perf_counter()
        picture = Picture(now, consent.policy())
        for key in before:
            picture.fetch(key)
        picture.cost = timedelta(seconds=perf_counter() - begun)
        _current = picture
    return picture


def _fresh_for(picture: Picture) -> timedelta:
    least, most = FRESH
    return min(max(least, TIMES_ITS_COST * picture.cost), most)


def forget() -> None:
    global _current
    _current = None


def _renew() -> None:
    try:
        draw(database_now())
    finally:
        _renewing.clear()
        connections.close_all()


def _n_customers() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples FROM pg_class"
            " WHERE oid = 'decisioning_customer'::regclass"
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
