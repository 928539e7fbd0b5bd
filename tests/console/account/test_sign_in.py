from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from governance.access.middleware import BEGAN, SEEN
from governance.installation.queries import now as clock
from governance.people import actions as people
from governance.types import Actor
from tests.console.account.conftest import PASSWORD

LOGIN = "/accounts/login/"


def sign_in(client, username="ada", password=PASSWORD, **more):
    return client.post(LOGIN, {"login": username, "password": password, **more})


def masked(response):
    token = response.context["csrf_token"] if response.context else ""
    nonce = getattr(response.wsgi_request, "_csp_nonce", None)
    text = response.content.decode().replace(str(token), "")
    return text.replace(str(nonce), "") if nonce else text


def test_the_right_password_opens_the_console(ada):
    client = Client()

    answer = sign_in(client)

    assert answer.status_code == 302
    assert client.get("/people/").status_code == 200


def test_a_stranger_and_a_wrong_password_get_the_same_answer(ada):
    wrong = sign_in(Client(), password="not the meadow at all")
    stranger = sign_in(Client(), username="bob", password="not the meadow at all")

    assert wrong.status_code == stranger.status_code
    assert masked(wrong).replace("ada", "") == masked(stranger).replace("bob", "")
    assert "do not belong together" in wrong.content.decode()


def test_a_failed_sign_in_keeps_the_name_and_forgets_the_password(ada):
    page = sign_in(Client(), password="not the meadow at all").content.decode()

    assert 'value="ada"' in page
    assert "not the meadow" not in page


def test_the_session_id_changes_at_sign_in(ada):
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["kept"] = "yes"
    session.save()
    before = session.session_key

    sign_in(client)

    assert client.session.session_key != before


def test_someone_switched_off_is_out_on_the_next_request(ada):
    client = Client()
    sign_in(client)

    people.set_active(by=Actor.system(), now=clock(), username="ada", active=False)

    assert client.get("/people/").status_code == 302
    assert sign_in(Client()).status_code in (200, 302)
    fresh = Client()
    sign_in(fresh)
    assert fresh.get("/people/").status_code == 302


def test_a_role_taken_away_counts_from_the_next_request(ada):
    client = Client()
    sign_in(client)

    people.set_roles(by=Actor.system(), now=clock(), username="ada", roles=[])

    assert client.get("/people/").status_code == 403


@pytest.mark.parametrize(
    ("key", "age", "is_open"),
    [
        (SEEN, timedelta(minutes=29), True),
        (SEEN, timedelta(minutes=31), False),
        (BEGAN, timedelta(hours=11, minutes=59), True),
        (BEGAN, timedelta(hours=12, minutes=1), False),
    ],
)
def test_a_session_ends_when_idle_or_old(ada, key, age, is_open):
    client = Client()
    sign_in(client)
    client.get("/people/")
    session = client.session
    session[key] = (datetime.now(UTC) - age).isoformat()
    session.save()

    assert client.get("/people/").status_code == (200 if is_open else 302)


def test_signing_out_ends_the_session_on_the_server(ada):
    client = Client()
    sign_in(client)
    kept = client.cookies["attune_session"].value

    client.post("/accounts/logout/")
    client.cookies["attune_session"] = kept

    assert client.get("/people/").status_code == 302


def test_sign_in_does_not_lead_to_another_site(ada):
    answer = sign_in(Client(), next="https://elsewhere.example/")

    assert answer["Location"].startswith("/")


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_email", "account_reset_password", "mfa_list_webauthn"],
)
def test_what_nobody_asked_for_has_no_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_passwords_are_stored_with_argon2id(ada):
    assert ada.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    ("password", "is_accepted"),
    [
        ("short", False),
        ("password1234", False),
        ("eleven sign", False),
        ("onlylowercase letters are fine", True),
        ("a" * 10 + " long one " * 12, True),
    ],
)
def test_a_new_password_is_long_and_not_common(ada, password, is_accepted):
    client = Client()
    sign_in(client)

    answer = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": password, "password2": password},
    )

    ada.refresh_from_db()
    assert ada.check_password(password) is is_accepted
    assert (answer.status_code == 302) is is_accepted
