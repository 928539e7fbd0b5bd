from datetime import timedelta

import pytest
from django.test import Client

from governance.access.models import ApiKey
from governance.installation.queries import now as clock

PROVEN = "account_authentication_methods"  # where the sign-in library keeps proofs
FORM = {"name": "Shop events", "scopes": ["read"]}


@pytest.fixture
def admin(cast, clients):
    """Somebody who has just shown their password, as issuing asks."""
    client = clients["ada"]
    session = client.session
    session[PROVEN] = [{"method": "password", "at": clock().timestamp()}]
    session[f"{PROVEN}_user"] = str(cast["ada"].pk)
    session.save()
    return client


def issued(client, **more):
    page = client.post("/keys/new/", {**FORM, **more})
    assert page.status_code == 201
    return page.context["text"], page


def asked(text):
    headers = {"Authorization": f"Bearer {text}"}
    return Client().get("/api/v1/use-cases", headers=headers).status_code


def test_a_key_is_shown_once_stored_as_a_hash_and_opens_its_doors(admin):
    text, page = issued(admin)

    assert text in page.content.decode()
    assert page["Cache-Control"]
    assert "no-store" in page["Cache-Control"]
    assert text not in admin.get("/keys/").content.decode()
    assert text not in str(ApiKey.objects.values().get())
    assert asked(text) == 200


def test_a_revoked_key_opens_nothing_on_the_next_request(admin):
    text, _ = issued(admin)

    admin.post(f"/keys/{ApiKey.objects.get().public_id}/revocation/")

    assert asked(text) == 401
    assert "Revoked" in admin.get("/keys/").content.decode()


def test_without_a_fresh_proof_the_password_is_asked_for_first(clients):
    answer = clients["ada"].post("/keys/new/", FORM)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_on": "tomorrow"}, "expires_on"),
    ],
)
def test_what_does_not_fit_is_named_and_issues_nothing(admin, more, field):
    page = admin.post("/keys/new/", {**FORM, **more})

    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("days", [-1, 400])
def test_a_last_day_lies_within_a_year_from_now(admin, days):
    day = (clock() + timedelta(days=days)).date().isoformat()

    page = admin.post("/keys/new/", {**FORM, "expires_on": day})

    assert page.status_code == 422
    assert "expires_on" in page.context["form"].errors
    assert f'value="{day}"' in page.content.decode()


def test_an_auditor_reads_the_list_and_issues_nothing(clients):
    assert clients["aud"].get("/keys/").status_code == 200
    assert clients["aud"].post("/keys/new/", FORM).status_code == 403
