"""Caps and budgets in the console."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from decisioning.caps.models import Budget, Cap
from decisioning.revisions import actions as revisions
from governance.types import Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
CAP = {
    "name": "Three a week",
    "scope": "all",
    "scope_key": "",
    "n": "3",
    "length": "7",
    "unit": "days",
}


@pytest.fixture
def owner(now: datetime) -> Client:
    return make.signed_in(make.person("carl", Role.CHANNEL_OWNER, now=now))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "_served_by", [lambda _k, _o: True])
    monkeypatch.setattr(revisions, "_after_draft", [])


def post(client: Client, url: str = "/caps/new/", **more: Any) -> Any:
    return client.post(url, {**CAP, **more})


def test_a_cap_reads_as_a_sentence(owner: Client) -> None:
    assert post(owner).status_code == 302

    page = owner.get("/caps/").content.decode()
    assert "At most 3 contacts with one customer in any 7 days" in page
    assert Cap.objects.get().window == timedelta(days=7)


def test_a_lower_cap_holds_at_once(owner: Client, served: None) -> None:
    post(owner)

    response = owner.post("/caps/three-a-week/", {**CAP, "n": "1"}, follow=True)

    assert Cap.objects.get().n == 1
    assert "Saved “Three a week”" in response.content.decode()


def test_a_higher_cap_waits_and_the_list_says_so(owner: Client, served: None) -> None:
    post(owner)

    response = owner.post("/caps/three-a-week/", {**CAP, "n": "9"}, follow=True)

    assert Cap.objects.get().n == 3
    page = response.content.decode()
    assert "Saved as a draft" in page
    assert "Higher one waits" in page
    assert owner.get("/caps/three-a-week/").context["form"]["n"].value() == 9


@pytest.mark.parametrize(
    ("field", "value"),
    [("n", "many"), ("n", "-1"), ("length", "0"), ("length", "367"), ("name", "")],
)
def test_a_mistake_is_told_at_its_field(owner: Client, field: str, value: str) -> None:
    response = post(owner, **{field: value})

    form = response.context["form"]
    assert response.status_code == 422
    assert field in form.errors
    assert form["unit"].value() == "days"
    assert not Cap.objects.exists()


def test_a_cap_on_a_channel_names_a_channel(owner: Client, now: datetime) -> None:
    make.offer(make.actor("olga", Role.MARKETING_OWNER, now=now), now)

    none = post(owner, scope="channel")
    other = post(owner, scope="channel", scope_key="free-delivery")
    right = post(owner, scope="channel", scope_key="web")

    assert "Say which one" in " ".join(none.context["form"].errors["scope_key"])
    assert "not one channel" in " ".join(other.context["form"].errors["scope_key"])
    assert right.status_code == 302


def test_a_budget_shows_used_against_limit(owner: Client, now: datetime) -> None:
    make.offer(make.actor("olga", Role.MARKETING_OWNER, now=now), now)
    owner.post(
        "/caps/budgets/new/",
        {
            "name": "Spring",
            "scope": "offer",
            "scope_key": "free-delivery",
            "limit": "500.00",
            "currency": "GBP",
            "starts_at": "2026-03-01T09:00",
            "ends_at": "",
        },
    )
    Budget.objects.update(used_minor=45_000)

    (row,) = owner.get("/caps/").context["budgets"]

    assert (row.used, row.limit, row.share_words) == ("£450.00", "£500.00", "90.0 %")
    assert row.tone == "caution"


def test_a_budget_below_what_is_spent_comes_back(owner: Client, now: datetime) -> None:
    by = make.actor_named("carl")
    make.offer(by, now)
    make.budget(by, now)
    Budget.objects.update(used_minor=50_000)
    form = owner.get("/caps/budgets/spring/").context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}

    response = owner.post(
        "/caps/budgets/spring/",
        {**typed, "limit": "400", "starts_at": "2026-03-01T09:00"},
    )

    assert response.status_code == 422
    assert "spent already" in " ".join(response.context["form"].errors["limit"])


@pytest.mark.parametrize(
    ("role", "writes"),
    [(Role.MARKETER, True), (Role.ANALYST, False), (Role.PRIVACY_REVIEWER, False)],
)
def test_who_writes(role: Role, writes: bool, now: datetime) -> None:
    client = make.signed_in(make.person("pat", role, now=now))

    assert post(client).status_code == (302 if writes else 403)
    assert Cap.objects.exists() is writes
    assert client.get("/caps/").status_code == 200


def test_what_is_not_there_is_not_found(owner: Client) -> None:
    assert owner.get("/caps/none/").status_code == 404
    assert owner.get("/caps/budgets/none/").status_code == 404
    assert owner.post("/caps/none/retirement/").status_code == 404
