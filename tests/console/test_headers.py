"""What every answer says to the browser, and how cookies travel under HTTPS."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from governance.installation.queries import now as clock
from governance.types import Role
from tests.factories import configuration as make

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ("", "/accounts/login/"),
    ("", "/why/no-such"),
    ("", "/preferences/no-such"),
    ("", "/unsubscribe/no-such"),
    ("", "/no-such-page/"),
    ("admin", "/people/"),
    ("admin", "/admin/"),
    ("marketer", "/use-cases/"),
    ("marketer", "/search/"),
    ("marketer", "/keys/"),
    ("executive", "/scorecard/"),
]
NONCE = re.compile(r"'nonce-([^']+)'")
INLINE = re.compile(r"<(?:script|style)\b(?![^>]*\bsrc=)[^>]*>")
HANDLER = re.compile(r"""<[^>]+\s(?:on\w+|style)=["']""")
DEPLOYED = """
import json, django
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
print(json.dumps({name: getattr(settings, name) for name in %r}))
"""
NAMES = (
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_PATH",
    "SESSION_COOKIE_DOMAIN",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "REQUIRE_MFA",
    "DEBUG",
)


def asked(role, address):
    if not role:
        return Client().get(address)
    return make.signed_in(make.person(role, Role(role), now=clock())).get(address)


def policy(answer):
    parts = answer["Content-Security-Policy"].split(";")
    return {words[0]: words[1:] for part in parts if (words := part.split())}


@pytest.mark.parametrize(("role", "address"), PAGES)
def test_the_policy_allows_nothing_that_is_not_named(db, role, address):
    answer = asked(role, address)
    rules = policy(answer)

    assert rules["default-src"] == ["'none'"]
    assert rules["frame-ancestors"] == rules["base-uri"] == ["'none'"]
    assert set(rules["form-action"]) == {"'self'"}
    assert not any("unsafe" in word for words in rules.values() for word in words)
    assert not any("*" in word for words in rules.values() for word in words)


@pytest.mark.parametrize(("role", "address"), PAGES)
def test_each_inline_script_carries_the_answers_nonce(db, role, address):
    answer = asked(role, address)
    text = answer.content.decode()
    nonces = set(NONCE.findall(answer["Content-Security-Policy"]))

    for tag in INLINE.findall(text):
        if "application/json" not in tag:
            assert any(f'nonce="{nonce}"' in tag for nonce in nonces), tag
    assert HANDLER.search(text) is None


def test_a_nonce_is_used_once(db):
    first, second = (
        NONCE.search(Client().get("/accounts/login/")["Content-Security-Policy"])
        for _ in range(2)
    )

    assert first
    assert second
    assert first.group(1) != second.group(1)


@pytest.mark.parametrize(("role", "address"), PAGES)
def test_the_other_headers_stand_on_every_page(db, role, address):
    answer = asked(role, address)

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("area", ["why", "preferences", "unsubscribe"])
def test_a_customers_link_is_passed_on_to_nobody(db, area):
    answer = Client().get(f"/{area}/no-such")

    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "attune_session" not in answer.cookies


def test_under_https_the_deployment_check_is_clean_and_cookies_are_bound_to_the_host(
    tmp_path,
):
    environment = {
        **os.environ,
        "HTTPS": "1",
        "DEBUG": "0",
        "REQUIRE_MFA": "1",
        "ALLOWED_HOSTS": "console.example.org",
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "console.config.settings",
        "PYTHONWARNINGS": "default",
    }

    done = subprocess.run(
        [sys.executable, "-c", DEPLOYED % (NAMES,)],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["SESSION_COOKIE_NAME"] == "__Host-session"
    assert found["CSRF_COOKIE_NAME"] == "__Host-csrf"
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert found["SESSION_COOKIE_PATH"] == "/"
    assert not found["SESSION_COOKIE_DOMAIN"]
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["REQUIRE_MFA"]
    assert not found["DEBUG"]


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(db):
    client = make.signed_in(make.person("mara", Role.MARKETER, now=clock()))

    cookie = client.get("/search/").cookies.get("attune_session")

    assert cookie is not None
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
