"""Handing over in the console: who may, what is shown once, what a file holds."""

from datetime import datetime

import pytest
from django.test import Client

from decisioning.customers.models import CustomerIdentity
from decisioning.segments.models import Audience
from governance.consent import actions as consent
from governance.types import Actor, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Mailer",
    "url": "https://hooks.example.com/in",
    "purpose": "direct_marketing",
    "channel": "email",
}
FILE = {"csv-purpose": "direct_marketing", "csv-channel": "email"}


@pytest.fixture
def owner(now: datetime) -> Client:
    make.element("history", now=now, label="Past spend")
    user = make.person("olga", Role.MARKETING_OWNER, now=now)
    make.segment(make.actor_named("olga"), now)
    return make.signed_in(user)


def allowing(names: list[str], now: datetime) -> None:
    rows = make.customers([{"history": 500}] * len(names), now=now)
    for name, row in zip(names, rows, strict=True):
        CustomerIdentity.objects.create(
            kind="user", value=name, customer=row, created_at=now
        )
    grants = [
        consent.ConsentRow(
            person_id=row.pk,
            purpose="direct_marketing",
            channel="email",
            action="grant",
            occurred_at=now,
            evidence={
                "purposes": ["direct_marketing"],
                "channels": ["email"],
                "wording": "Send me offers",
                "mechanism": "form",
                "collectedAt": "2026-01-01",
                "validUntil": "2027-01-01",
                "declaredBy": "test",
            },
        )
        for row in rows[:-1]
    ]
    consent.record_bulk(by=Actor.system(), now=now, rows=grants, source="test")


def test_the_secret_is_shown_once(owner: Client) -> None:
    made = owner.post("/segments/good-buyers/audiences/new/", FORM)
    again = owner.get("/segments/good-buyers/audiences/")

    assert made.status_code == 200
    assert made.context["secret"].startswith("whsec_")
    assert made.context["secret"] in made.content.decode()
    assert "whsec_" not in again.content.decode()
    assert "Mailer" in again.content.decode()


def test_a_bad_address_keeps_the_form_and_says_why(owner: Client) -> None:
    page = owner.post(
        "/segments/good-buyers/audiences/new/", FORM | {"url": "http://localhost/"}
    )

    assert page.status_code == 422
    assert "must begin with https" in page.content.decode()
    assert not Audience.objects.exists()


def test_a_file_holds_user_ids_of_those_who_allow_it(
    owner: Client, now: datetime
) -> None:
    allowing(["ann", "=cmd()", "no"], now)

    answer = owner.post("/segments/good-buyers/customers.csv", FILE)

    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode().split() == ["userId", "'=cmd()", "ann"]


def test_a_file_asks_first_who_is_there(
    owner: Client, now: datetime, settings: pytest.FixtureRequest
) -> None:
    settings.REQUIRE_MFA = True  # type: ignore[attr-defined]
    page = owner.post("/segments/good-buyers/customers.csv", FILE)

    assert page.status_code == 302
    assert "csv" not in page["Content-Type"]


def test_stopping_is_said(owner: Client) -> None:
    owner.post("/segments/good-buyers/audiences/new/", FORM)
    audience = Audience.objects.get()

    page = owner.post(
        f"/segments/good-buyers/audiences/{audience.pk}/stop/", follow=True
    )

    assert "remove everybody" in page.content.decode()
    assert Audience.objects.get().stopped_at is not None


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADMIN])
def test_who_may_not_export_meets_a_closed_door(
    owner: Client, now: datetime, role: Role
) -> None:
    client = make.signed_in(make.person("other", role, now=now))

    assert client.get("/segments/good-buyers/audiences/").status_code == 403
    assert client.post("/segments/good-buyers/customers.csv", FILE).status_code == 403
    added = client.post("/segments/good-buyers/audiences/new/", FORM)
    assert added.status_code == 403


def test_a_reader_of_exports_adds_no_system(owner: Client, now: datetime) -> None:
    client = make.signed_in(make.person("pia", Role.PRIVACY_REVIEWER, now=now))

    assert client.get("/segments/good-buyers/audiences/").status_code == 200
    added = client.post("/segments/good-buyers/audiences/new/", FORM)
    assert added.status_code == 403


def test_the_tab_is_there_for_those_who_may(owner: Client, now: datetime) -> None:
    analyst = make.signed_in(make.person("ana", Role.ANALYST, now=now))

    assert "Hand-over" in owner.get("/segments/good-buyers/members/").content.decode()
    page = analyst.get("/segments/good-buyers/members/")
    assert "Hand-over" not in page.content.decode()
