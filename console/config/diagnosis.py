"""What may be wrong with an installation, one function a question."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, connections

from console.config import env, health
from console.config.celery import app

MOST_SKEW_SECONDS = 2
SHORTEST_KEY = 40
WARN_BYTES = 5_000_000_000
FAIL_BYTES = 500_000_000
PING_SECONDS = 2.0
RIGHTS = ("UPDATE", "DELETE", "TRUNCATE")


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    check: str
    level: Level
    found: str
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def settings_look_right() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(
            "settings",
            Level.WARN,
            "DEBUG is on: errors show the code to whoever meets them.",
            "Set DEBUG=0 outside development.",
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Finding(
            "settings",
            Level.FAIL,
            "ALLOWED_HOSTS lets any host name in, or none.",
            "Set ALLOWED_HOSTS to the names people type, separated by commas.",
        )
    elif not settings.DEBUG:
        yield Finding("settings", Level.OK, "DEBUG is off, hosts are named.")


def second_factor_is_required() -> Iterator[Finding]:
    if settings.REQUIRE_MFA:
        yield Finding("second factor", Level.OK, "Staff need a second factor.")
        return
    yield Finding(
        "second factor",
        Level.WARN,
        "REQUIRE_MFA is off: a password alone signs in.",
        "Set REQUIRE_MFA=1 wherever this serves more than this machine.",
    )


def secret_key_is_strong() -> Iterator[Finding]:
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield Finding(
            "secret key",
            Level.FAIL,
            f"SECRET_KEY has {len(settings.SECRET_KEY)} characters.",
            f"Set SECRET_KEY to {SHORTEST_KEY} random characters or more.",
        )
    elif env.given("SECRET_KEY"):
        yield Finding("secret key", Level.OK, "Set by the environment.")
    else:
        path = env.DATA_DIR / "secret_key"
        if path.stat().st_mode & 0o077:
            yield Finding(
                "secret key",
                Level.FAIL,
                f"{path} can be read by other users of this machine.",
                f"chmod 600 {path}",
            )
        else:
            yield Finding("secret key", Level.OK, f"Generated, in {path}.")


def roles_are_apart() -> Iterator[Finding]:
    names = {alias: _scalar(alias, "SELECT current_user") for alias in connections}
    if names["default"] != names["owner"]:
        yield Finding(
            "database roles",
            Level.OK,
            f"Serves as {names['default']}, migrates as {names['owner']}.",
        )
        return
    yield Finding(
        "database roles",
        Level.FAIL,
        f"Serving and migrating both use {names['default']}, so the application could "
        "rewrite its own audit.",
        "Create a plain role for DATABASE_URL and keep the owner for "
        "MIGRATION_DATABASE_URL; docs/guide/operators.md has the SQL.",
    )


def records_cannot_be_rewritten() -> Iterator[Finding]:
    from governance.append_only import append_only_tables

    tables = append_only_tables()
    open_ones = [
        f"{table} ({right.lower()})"
        for table in tables
        for right in RIGHTS
        if _scalar("default", "SELECT has_table_privilege(%s, %s)", [table, right])
    ]
    if open_ones:
        yield Finding(
            "append-only tables",
            Level.FAIL,
            f"The application's role may change: {', '.join(open_ones[:6])}.",
            "Run manage.py migrate: it sets the rights again.",
        )
    else:
        yield Finding(
            "append-only tables",
            Level.OK,
            f"{len(tables)} tables, insert and read only.",
        )


def migrations_are_applied() -> Iterator[Finding]:
    waiting = health.unapplied()
    if waiting:
        yield Finding(
            "migrations",
            Level.FAIL,
            f"{len(waiting)} wait, first {waiting[0]}.",
            "Run manage.py migrate.",
        )
    else:
        yield Finding("migrations", Level.OK, "All applied.")


def clocks_agree() -> Iterator[Finding]:
    there: datetime = _scalar("default", "SELECT clock_timestamp()")
    skew = abs((datetime.now(UTC) - there).total_seconds())
    if skew > MOST_SKEW_SECONDS:
        yield Finding(
            "clock",
            Level.FAIL,
            f"This machine and the database are {skew:.1f} s apart.",
            "Let both follow the same time server (chrony or systemd-timesyncd).",
        )
    else:
        yield Finding("clock", Level.OK, f"{skew * 1000:.0f} ms from the database's.")


def broker_answers() -> Iterator[Finding]:
    try:
        health.check_broker()
    except health.Unready as reason:
        yield Finding(
            "broker",
            Level.FAIL,
            str(reason),
            "Start it, or mend CELERY_BROKER_URL. Decisions go on without it.",
        )
    else:
        yield Finding("broker", Level.OK, "Answers.")


def workers_answer() -> Iterator[Finding]:
    try:
        names = sorted(
            name
            for reply in app.control.ping(timeout=PING_SECONDS) or []
            for name in reply
        )
    except Exception as error:  # noqa: BLE001 - each broker library has its own errors
        yield Finding(
            "workers", Level.FAIL, health.first_line(error), "Mend the broker first."
        )
        return
    if names:
        yield Finding("workers", Level.OK, ", ".join(names))
    else:
        yield Finding(
            "workers",
            Level.WARN,
            "No Celery worker answers: imports, scores and scorecards wait.",
            "Start one: make worker.",
        )


def cache_keeps() -> Iterator[Finding]:
    try:
        health.check_cache()
    except health.Unready as reason:
        yield Finding("cache", Level.WARN, str(reason), "Start it, or mend CACHE_URL.")
    else:
        yield Finding("cache", Level.OK, "Keeps what it is given.")


def disk_has_room() -> Iterator[Finding]:
    free = shutil.disk_usage(env.DATA_DIR).free
    told = f"{free / 1e9:.1f} GB free under {env.DATA_DIR}."
    if free < FAIL_BYTES:
        yield Finding("disk", Level.FAIL, told, "Make room before PostgreSQL stops.")
    elif free < WARN_BYTES:
        yield Finding("disk", Level.WARN, told, "Make room, or move DATA_DIR.")
    else:
        yield Finding("disk", Level.OK, told)


def api_keys_exist() -> Iterator[Finding]:
    from governance.access.models import ApiKey

    count = ApiKey.objects.count()
    if count:
        yield Finding("API keys", Level.OK, f"{count} issued.")
    else:
        yield Finding(
            "API keys",
            Level.WARN,
            "None yet: no event can come in and no decision can be asked for.",
            "An admin makes them in the console under API keys.",
        )


CHECKS: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
    ("settings", settings_look_right),
    ("second factor", second_factor_is_required),
    ("secret key", secret_key_is_strong),
    ("database roles", roles_are_apart),
    ("migrations", migrations_are_applied),
    ("append-only tables", records_cannot_be_rewritten),
    ("clock", clocks_agree),
    ("broker", broker_answers),
    ("workers", workers_answer),
    ("cache", cache_keeps),
    ("disk", disk_has_room),
    ("API keys", api_keys_exist),
)


def examine() -> Iterator[Finding]:
    for name, check in CHECKS:
        try:
            yield from check()
        except (DatabaseError, psycopg.Error) as error:
            yield Finding(
                name,
                Level.FAIL,
                f"PostgreSQL says: {health.first_line(error)}",
                "Start PostgreSQL, mend DATABASE_URL and MIGRATION_DATABASE_URL, "
                "or run manage.py migrate.",
            )


def _scalar(alias: str, query: str, params: list[Any] | None = None) -> Any:
    with connections[alias].cursor() as cursor:
        cursor.execute(query, params)
        row = cursor.fetchone()
    return row[0] if row else None
