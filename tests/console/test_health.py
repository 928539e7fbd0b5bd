from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from console.config import health
from console.config.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_migrations() -> None:
    health._migrated.clear()


def test_healthz_answers_without_asking_any_service(monkeypatch):
    monkeypatch.setattr(health, "CHECKS", {})
    assert Client().get("/healthz").json() == {"ok": True}


def test_readyz_names_all_four_when_everything_is_fine():
    response = Client().get("/readyz")
    assert response.status_code == 200
    checks = response.json()["checks"]
    assert set(checks) == {"database", "broker", "cache", "migrations"}
    assert all(check == {"ok": True} for check in checks.values())


def test_readyz_asks_nobody_to_sign_in():
    assert Client().get("/readyz").status_code in {200, 503}


def test_readyz_names_a_broker_that_does_not_answer(monkeypatch, unused_tcp_port):
    monkeypatch.setattr(
        app,
        "connection_for_write",
        _broker_at(f"redis://127.0.0.1:{unused_tcp_port}/0"),
    )
    response = Client().get("/readyz")
    assert response.status_code == 503
    checks = response.json()["checks"]
    assert not checks["broker"]["ok"]
    assert "broker" in checks["broker"]["reason"]
    assert checks["database"]["ok"]


def test_readyz_names_a_cache_that_does_not_answer(settings, unused_tcp_port):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{unused_tcp_port}/0",
        }
    }
    with pytest.raises(health.Unready, match="cache"):
        health.check_cache()


def test_readyz_names_a_database_that_does_not_answer(monkeypatch):
    def refuse(*_, **__):
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "closed the connection" in response.json()["checks"]["database"]["reason"]


def test_readyz_names_the_first_migration_that_waits(monkeypatch):
    monkeypatch.setattr(health, "unapplied", lambda: ["decisioning.0002_more"])
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "decisioning.0002_more" in response.json()["checks"]["migrations"]["reason"]


def test_migrations_that_are_applied_are_not_asked_about_again(monkeypatch):
    health.check_migrations()
    monkeypatch.setattr(health, "unapplied", lambda: ["decisioning.0002_more"])
    health.check_migrations()


def _broker_at(url):
    from kombu import Connection

    return lambda **options: Connection(url, **options)


@pytest.fixture
def unused_tcp_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_readyz_tells_how_far_profiles_are_behind_the_events(now):
    from decisioning.events.actions import ingest
    from decisioning.features.models import CustomerFeatures

    event = {"type": "track", "event": "Cart Viewed", "userId": "c-1"}
    ingest([{**event, "messageId": "1"}], source="test", now=now)
    fresh = Client().get("/readyz").json()["projection"]
    CustomerFeatures.objects.update(computed_at=now - timedelta(seconds=1))
    behind = Client().get("/readyz").json()["projection"]

    assert fresh == {"lagSeconds": 0.0, "eventsBehind": 0}
    assert behind["eventsBehind"] == 1
    assert behind["lagSeconds"] > 0
