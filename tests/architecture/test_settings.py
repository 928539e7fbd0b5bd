"""Settings come from the environment alone, and every name is written down."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from console.config import env

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / ".env.example").read_text()
READS = re.compile(
    r"""(?:env\.(?:env\.)?(?:bool|list|str|int|email|float|json|url)\(\s*|given\(\s*"""
    r"""|environ\.get\(\s*|environ\[)["']([A-Z][A-Z0-9_]+)["']"""
)
INTERNAL = {"DJANGO_SETTINGS_MODULE"}


def names_read():
    files = [*ROOT.glob("console/**/*.py"), *ROOT.glob("governance/**/*.py")]
    files += ROOT.glob("decisioning/**/*.py")
    found = {}
    for path in files:
        for name in READS.findall(path.read_text()):
            found.setdefault(name, path.relative_to(ROOT))
    return {name: path for name, path in found.items() if name not in INTERNAL}


def test_every_name_read_from_the_environment_is_in_the_example():
    listed = set(re.findall(r"^([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))
    missing = {n: str(p) for n, p in names_read().items() if n not in listed}
    assert missing == {}


def test_the_search_for_names_finds_them():
    assert {"DATABASE_URL", "SECRET_KEY", "DEBUG", "PORT"} <= set(names_read())


def test_every_name_in_the_example_says_what_it_does():
    lines = EXAMPLE.splitlines()
    for before, line in pairwise(lines):
        if re.match(r"[A-Z][A-Z0-9_]+=", line) and not line.startswith(
            "ATTUNE_SIMULATE"
        ):
            assert before.startswith("# "), line


def test_an_empty_value_counts_as_unset(monkeypatch):
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "CACHE_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://guest@127.0.0.1//")
    assert env.service_urls()["DATABASE_URL"].startswith("postgres://attune_app@/")
    assert env.service_urls()["CELERY_BROKER_URL"].startswith("amqp://")
    assert env.embedded_services() == {"postgres", "valkey"}


def test_no_service_is_embedded_once_all_have_urls(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://app@db/attune")
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://guest@127.0.0.1//")
    monkeypatch.setenv("CACHE_URL", "redis://127.0.0.1/1")
    assert env.embedded_services() == frozenset()


def test_a_migration_role_without_a_serving_role_is_refused(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", "postgres://owner@db/attune")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        env.service_urls()


def test_a_socket_folder_in_the_address_becomes_the_host():
    config = env.database_dict("postgres://someone@/attune?host=/run/here")
    assert (config["HOST"], config["USER"], config["NAME"]) == (
        "/run/here",
        "someone",
        "attune",
    )


def test_an_address_keeps_its_other_options():
    config = env.database_dict("postgres://a:b@db:5433/attune?sslmode=require")
    assert config["PORT"] == 5433
    assert config["OPTIONS"] == {"sslmode": "require"}


def test_another_database_than_postgresql_is_refused():
    with pytest.raises(ImproperlyConfigured, match="not a PostgreSQL address"):
        env.database_dict("sqlite:///there.db")


def test_an_unknown_cache_is_refused():
    with pytest.raises(ImproperlyConfigured, match="CACHE_URL"):
        env.cache_dict("memcached://there")


def test_a_generated_secret_key_is_kept_and_private(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setattr(env, "DATA_DIR", tmp_path)
    first = env.secret_key()
    assert len(first) >= 50
    assert env.secret_key() == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_deep_data_folder_gets_a_short_socket_path(tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    assert len(str(env.socket_dir(deep))) < 60
    assert env.socket_dir(deep) == env.socket_dir(deep)
    assert env.socket_dir(deep) != env.socket_dir(deep / "x")
