from __future__ import annotations

from datetime import datetime

from django.db import connection

from governance.installation.models import Installation


def now() -> datetime:
    """The database's clock, shifted where a demo installation plays its past."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT attune_now()")
        row = cursor.fetchone()
    assert row is not None
    instant: datetime = row[0]
    return instant


def installation() -> Installation:
    return Installation.objects.get(pk=1)
