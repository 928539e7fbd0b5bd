"""One database cluster a session, two roles, no network, a fixed clock."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from psycopg import sql

from console.config import env
from console.config.embedded import Services

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
SHARED_FOLDER = "ATTUNE_TEST_SERVICES"
SEEDS = "test_seeds"
NEVER_EMPTIED = {"django_migrations"}

_services: list[Services] = []


def pytest_configure(config: pytest.Config) -> None:
    config.option.allow_hosts = ",".join(LOOPBACK)
    config.option.allow_unix_socket = True
    config.option.disable_socket = False
    if not env.given("DATABASE_URL"):
        _point_at(_shared_cluster(config))
    settings.DATABASES["default"].setdefault("TEST", {})["MIRROR"] = "owner"
    settings.CACHES["default"] = env.cache_dict("locmem://attune-tests")
    settings.CELERY_BROKER_URL = "memory://"
    settings.REQUIRE_MFA = False
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    _cheapen_argon2()
    TransactionTestCase._fixture_teardown = _empty_by_owner


def pytest_unconfigure() -> None:
    for services in _services:
        services.stop()
        shutil.rmtree(services.data_dir, ignore_errors=True)
        shutil.rmtree(services.sockets, ignore_errors=True)
        os.environ.pop(SHARED_FOLDER, None)
    _services.clear()


def _shared_cluster(config: pytest.Config) -> Path:
    if hasattr(config, "workerinput"):
        return Path(os.environ[SHARED_FOLDER])
    folder = Path(tempfile.mkdtemp(prefix="attune-tests-"))
    services = Services(folder, only=frozenset({"postgres"}), durable=False)
    _services.append(services)
    services.start()
    os.environ[SHARED_FOLDER] = str(folder)
    return folder


def _point_at(folder: Path) -> None:
    urls = env.embedded_urls(folder)
    for alias, name in (
        ("default", "DATABASE_URL"),
        ("owner", "MIGRATION_DATABASE_URL"),
    ):
        there = env.database_dict(urls[name])
        place = {
            key: there[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")
        }
        settings.DATABASES[alias].update(place)


def _cheapen_argon2() -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 64
    Argon2PasswordHasher.parallelism = 1


@contextlib.contextmanager
def _owner() -> Iterator[psycopg.Connection]:
    """The migration role, beside Django's own connections and their test guards."""
    there = settings.DATABASES["owner"]
    with psycopg.connect(
        host=there["HOST"] or None,
        port=there["PORT"] or None,
        user=there["USER"],
        password=there["PASSWORD"] or None,
        dbname=there["NAME"],
    ) as connection:
        connection.execute("SET lock_timeout = '20s'")
        yield connection


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
    )
    return [name for (name,) in rows if name not in NEVER_EMPTIED]


def _keep_seeds(connection: psycopg.Connection) -> None:
    """Copies what migrations wrote, so that emptying a table can put it back."""
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(_name(SEEDS)))
    for table in _tables(connection):
        query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(_name(table))
        row = connection.execute(query).fetchone()
        if row and row[0]:
            connection.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} AS TABLE {}").format(
                    _name(SEEDS, table), _name(table)
                )
            )


def _empty_by_owner(_: TransactionTestCase) -> None:
    with _owner() as connection:
        tables = _tables(connection)
        if not tables:
            return
        with _triggers_off(connection):
            connection.execute(
                sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(_name, tables)))
            )
            for (table,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s", [SEEDS]
            ).fetchall():
                _put_back(connection, table)


def _put_back(connection: psycopg.Connection, table: str) -> None:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        [f'public."{table}"'],
    )
    columns = sql.SQL(", ").join(_name(column) for (column,) in rows)
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}").format(
            _name(table), columns, columns, _name(SEEDS, table)
        )
    )


@contextlib.contextmanager
def _triggers_off(connection: psycopg.Connection) -> Iterator[None]:
    triggers = connection.execute(
        "SELECT relname, tgname, tgenabled FROM pg_trigger"
        " JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND tgparentid = 0 AND tgenabled <> 'D'"
        " AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    for table, trigger, _ in triggers:
        _switch(connection, table, trigger, "DISABLE")
    yield
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    words = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}
    for table, trigger, enabled in triggers:
        _switch(connection, table, trigger, words[enabled])


def _switch(connection: psycopg.Connection, table: str, trigger: str, how: str) -> None:
    connection.execute(
        sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
            _name(table), sql.SQL(how), _name(trigger)
        )
    )


def _name(*parts: str) -> sql.Identifier:
    return sql.Identifier(*parts)


def _grant_application_role() -> None:
    try:
        from governance.installation.actions import grant_application_role
    except ModuleNotFoundError:
        return
    grant_application_role(connections["owner"], settings.DATABASES["default"]["USER"])


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """The migration role makes the database; tests meet it as the application's."""
    verbosity = request.config.option.verbose
    with django_db_blocker.unblock():
        made = setup_databases(
            verbosity=verbosity,
            interactive=False,
            aliases={"default", "owner"},
            serialized_aliases=set(),
            keepdb=django_db_keepdb and not django_db_createdb,
        )
        _grant_application_role()
        with _owner() as connection:
            _keep_seeds(connection)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        if env.given("DATABASE_URL") and not django_db_keepdb:
            teardown_databases(made, verbosity=verbosity)


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260302)


@pytest.fixture
def eager_celery() -> Iterator[None]:
    """Tasks run in the caller, and what they raise reaches it."""
    from console.config.celery import app

    before = (app.conf.task_always_eager, app.conf.task_eager_propagates)
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=before[0], task_eager_propagates=before[1])


@pytest.fixture
def owner_connection(db: None) -> Iterator[psycopg.Connection]:
    """Raw SQL as the migration role, committed at the end of the block."""
    with _owner() as connection:
        yield connection
