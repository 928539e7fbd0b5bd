"""Is this process alive, and could it do its work right now."""

from collections.abc import Callable
from typing import Any

import psycopg
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from console.config.celery import app
from decisioning.events.queries import projection_lag
from governance.access.doors import public

BROKER_SECONDS = 2
_migrated: list[bool] = []


class Unready(Exception):
    """The reason, in words."""


def check_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, psycopg.Error) as error:
        raise Unready(f"PostgreSQL does not answer: {first_line(error)}") from error


def check_migrations() -> None:
    """Asked until the answer is yes: a process outlives no release."""
    if _migrated:
        return
    try:
        waiting = unapplied()
    except (DatabaseError, psycopg.Error) as error:
        raise Unready("unknown while the database is out of reach") from error
    if waiting:
        raise Unready(f"{len(waiting)} to apply, first {waiting[0]}: run migrate")
    _migrated.append(True)


def unapplied() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def check_broker() -> None:
    try:
        with app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except Exception as error:
        raise Unready(f"the broker does not answer: {first_line(error)}") from error


def check_cache() -> None:
    try:
        cache.set("readyz", "yes", 10)
        answer = cache.get("readyz")
    except Exception as error:
        raise Unready(f"the cache does not answer: {first_line(error)}") from error
    if answer != "yes":
        raise Unready("the cache does not keep what it is given")


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
    "cache": check_cache,
}


def report() -> dict[str, dict[str, Any]]:
    return {name: _outcome(check) for name, check in CHECKS.items()}


def _outcome(check: Callable[[], None]) -> dict[str, Any]:
    try:
        check()
    except Unready as reason:
        return {"ok": False, "reason": str(reason)}
    return {"ok": True}


def first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@never_cache
@public("GET", because="whoever runs the process asks whether it lives")
def healthz(_: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


@never_cache
@public("GET", because="a load balancer asks whether the work can be done")
def readyz(_: HttpRequest) -> JsonResponse:
    checks = report()
    ok = all(check["ok"] for check in checks.values())
    told: dict[str, Any] = {"ok": ok, "checks": checks}
    if checks.get("database", {}).get("ok") and checks.get("migrations", {}).get("ok"):
        told["projection"] = projection()
    return JsonResponse(told, status=200 if ok else 503)


def projection() -> dict[str, Any]:
    """How far profiles are behind the events; never a reason to be unready."""
    lag = projection_lag()
    return {"lagSeconds": lag.seconds, "eventsBehind": lag.events}
