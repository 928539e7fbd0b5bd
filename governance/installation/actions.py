from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connections, transaction
from psycopg import sql

from governance.append_only import append_only_tables
from governance.types import Refused

READ_ONLY_TABLES = ("governance_installation", "governance_unsealed")


def grant_application_role(connection: Any, role: str) -> None:
    """Give the application's role its rights; idempotent, run after each migrate.

    It reads and writes every table, save that append-only tables take inserts only and
    the installation row and the hashes that wait for a seal are read-only to it.
    """
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
        ):
            cursor.execute(sql.SQL(statement).format(name))
        for table in append_only_tables():
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                    sql.Identifier(table), name
                )
            )
        for table in READ_ONLY_TABLES:
            cursor.execute(
                sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                    sql.Identifier(table), name
                )
            )


def mark_demo(*, note: str) -> None:
    _write("UPDATE governance_installation SET is_demo = true, demo_note = %s", [note])


def set_note(*, note: str) -> None:
    _write("UPDATE governance_installation SET demo_note = %s", [note])


def shift_clock_to(*, instant: datetime | None) -> None:
    """Move a demo installation's clock to ``instant``, or back to the true time.

    Raises
    ------
    Refused
        Where the installation is not marked as a demo.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT is_demo FROM governance_installation")
        row = cursor.fetchone()
        if not row or not row[0]:
            raise Refused(
                "Only an installation marked as a demo may shift its clock.",
                code="clock.not_demo",
            )
    if instant is None:
        _write("UPDATE governance_installation SET clock_shift = interval '0'", [])
    else:
        _write(
            "UPDATE governance_installation SET clock_shift = %s - clock_timestamp()",
            [instant],
        )


def _write(statement: str, params: list[Any]) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(statement, params)
