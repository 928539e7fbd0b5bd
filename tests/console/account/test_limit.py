"""Ten failures a name in a quarter of an hour, and not one more, however they come."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connections
from django.test import Client

from tests.console.account.conftest import PASSWORD

N_ATTEMPTS = 50
LIMIT = 10


def attempt(password):
    try:
        return (
            Client()
            .post("/accounts/login/", {"login": "ada", "password": password})
            .status_code
        )
    finally:
        connections.close_all()


@pytest.fixture
def judged(monkeypatch):
    """Every password that was really compared with the stored one."""
    seen = []
    verify = Argon2PasswordHasher.verify

    def counted(self, password, encoded):
        seen.append(password)
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted)
    return seen


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cache_is_gone", [False, True])
def test_fifty_parallel_attempts_are_judged_ten_times(
    ada, judged, cache_is_gone, monkeypatch
):
    if cache_is_gone:
        monkeypatch.setattr(
            type(cache._connections["default"]), "get", lambda *_, **__: []
        )

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(attempt, [f"wrong guess {n}" for n in range(N_ATTEMPTS)]))

    assert len(judged) == LIMIT
    assert set(codes) <= {200, 429}


@pytest.mark.django_db(transaction=True)
def test_after_ten_failures_the_right_password_waits_too(ada, judged):
    for n in range(LIMIT):
        attempt(f"wrong guess {n}")
    judged.clear()

    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    assert judged == []
    assert client.get("/people/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_nine_failures_do_not_shut_the_door(ada):
    for n in range(LIMIT - 1):
        attempt(f"wrong guess {n}")

    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    assert client.get("/people/").status_code == 200
