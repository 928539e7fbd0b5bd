import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from tests.console.account.conftest import PASSWORD

ACTIVATE = "/accounts/2fa/totp/activate/"


def code_of(secret):
    counter = int(timezone.now().timestamp()) // 30
    return format_hotp_value(hotp_value(secret, counter))


@pytest.fixture
def client(ada, settings):
    settings.REQUIRE_MFA = True
    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    return client


def set_up(client):
    page = client.get(ACTIVATE)
    secret = page.context["form"].secret
    return secret, client.post(ACTIVATE, {"code": code_of(secret)})


@pytest.mark.parametrize("address", ["/people/", "/keys/", "/admin/", "/search/"])
def test_without_a_second_factor_every_page_leads_to_setting_it_up(client, address):
    answer = client.get(address)

    assert answer.status_code == 302
    assert answer["Location"] == ACTIVATE


def test_setting_it_up_opens_the_console_and_gives_recovery_codes(client):
    _, answer = set_up(client)

    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    assert len(client.get(answer["Location"]).context["unused_codes"]) == 10
    assert client.get("/people/").status_code == 200


def test_a_wrong_code_sets_nothing_up(client):
    client.get(ACTIVATE)

    answer = client.post(ACTIVATE, {"code": "000000"})

    assert answer.status_code == 200
    assert not Authenticator.objects.exists()


def test_sign_in_then_asks_for_the_code_and_takes_each_code_once(client):
    secret, _ = set_up(client)
    visitors = [Client(), Client()]
    for visitor in visitors:
        first = visitor.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
        assert first["Location"] == "/accounts/2fa/authenticate/"
        assert visitor.get("/people/").status_code == 302
    code = code_of(secret)

    answers = [v.post("/accounts/2fa/authenticate/", {"code": code}) for v in visitors]

    assert [answer.status_code for answer in answers] == [302, 200]
    assert visitors[0].get("/people/").status_code == 200
    assert visitors[1].get("/people/").status_code == 302


def test_a_recovery_code_opens_once(client):
    set_up(client)
    spare = (
        Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    )
    visitors = [Client(), Client()]
    for visitor in visitors:
        visitor.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    answers = [v.post("/accounts/2fa/authenticate/", {"code": spare}) for v in visitors]

    assert [answer.status_code for answer in answers] == [302, 200]


def test_where_it_is_not_required_the_strip_says_so(ada, settings):
    settings.REQUIRE_MFA = False
    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    assert "no second factor" in client.get("/people/").content.decode()
