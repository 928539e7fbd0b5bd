"""Offers and placements in the console."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from decisioning.offers.models import Creative, Offer, Placement
from decisioning.revisions import actions as revisions
from governance.types import Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Free delivery",
    "topic": "delivery",
    "benefit": "benefit",
    "starts_at": "2026-03-01T09:00",
    "ends_at": "",
    "currency": "gbp",
    "value": "12.35",
    "margin": "4",
    "cost": "0.07",
    "priority": "1",
    "why_signal": "",
    "rule": "",
}
CREATIVE = {
    "placement": "home.hero",
    "key": "standard",
    "headline": "Free delivery today",
    "body": "",
    "button": "",
    "url": "",
    "image": "",
}


@pytest.fixture
def owner(now: datetime) -> Client:
    return make.signed_in(make.person("olga", Role.MARKETING_OWNER, now=now))


def post(client: Client, url: str = "/offers/new/", **more: Any) -> Any:
    return client.post(url, {**FORM, **more})


def test_money_is_written_in_pounds_and_kept_in_pence(owner: Client) -> None:
    assert post(owner).status_code == 302

    row = Offer.objects.get()
    assert (row.value_minor, row.margin_minor, row.cost_minor) == (1235, 400, 7)
    assert row.currency == "GBP"
    page = owner.get("/offers/free-delivery/").content.decode()
    assert 'value="12.35"' in page
    assert "£12.35" in owner.get("/offers/").content.decode()


def test_saving_the_page_unchanged_changes_nothing(owner: Client) -> None:
    post(owner)
    form = owner.get("/offers/free-delivery/").context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    again |= {"starts_at": "2026-03-01T09:00"}

    assert owner.post("/offers/free-delivery/", again).status_code == 302
    assert Offer.objects.get().revision == 1


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("value", "lots", "such as 12.50"),
        ("value", "1.234", "two digits"),
        ("value", "-1", "0 or more"),
        ("margin", "99", "more than the value"),
        ("ends_at", "2026-02-01T09:00", "later than the start"),
        ("rule", "{", "write the rule as JSON"),
        ("rule", '{"field": "trait.none", "op": "exists"}', "rule › field"),
        ("currency", "12", "three letters"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_keeps_what_was_typed(
    owner: Client, field: str, value: str, told: str
) -> None:
    response = post(owner, **{field: value})

    form = response.context["form"]
    assert response.status_code == 422
    assert told in " ".join(form.errors[field])
    assert form[field].value() == value
    assert form["name"].value() == "Free delivery"
    assert not Offer.objects.exists()


def test_a_creative_is_written_for_a_placement_and_previewed(
    owner: Client, now: datetime
) -> None:
    post(owner)
    owner.post(
        "/offers/placements/new/",
        {**CREATIVE, "key": "home.hero", "name": "Home", "channel": "web"},
    )

    response = owner.post(
        "/offers/free-delivery/creatives/", {**CREATIVE, "url": "/d"}, follow=True
    )

    assert Creative.objects.get().content == {
        "headline": "Free delivery today",
        "url": "/d",
    }
    assert "As a customer sees it" in response.content.decode()


def test_a_creative_with_a_bad_address_comes_back_as_typed(
    owner: Client, now: datetime
) -> None:
    post(owner)
    make.placement(make.actor_named("olga"), now)

    response = owner.post(
        "/offers/free-delivery/creatives/", {**CREATIVE, "url": "javascript:x"}
    )

    form = response.context["creative_form"]
    assert response.status_code == 422
    assert "https://" in " ".join(form.errors["url"])
    assert form["headline"].value() == "Free delivery today"
    assert not Creative.objects.exists()


def test_retiring_stops_at_once_and_needs_no_signature(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(owner)
    monkeypatch.setattr(revisions, "_served_by", [lambda _k, _o: True])

    owner.post("/offers/free-delivery/retirement/")

    assert Offer.objects.get().retired_at is not None


def test_an_edit_of_a_served_offer_waits_with_a_diff(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(owner)
    monkeypatch.setattr(revisions, "_served_by", [lambda _k, _o: True])
    monkeypatch.setattr(revisions, "_after_draft", [])

    response = owner.post(
        "/offers/free-delivery/", {**FORM, "value": "15"}, follow=True
    )

    assert Offer.objects.get().value_minor == 1235
    page = response.content.decode()
    assert "<del>£12.35</del>" in page
    assert "<ins>£15.00</ins>" in page
    assert "Draft waiting" in owner.get("/offers/").content.decode()


@pytest.mark.parametrize(
    ("role", "lists", "makes"),
    [
        (Role.MARKETER, 200, 200),
        (Role.CHANNEL_OWNER, 200, 200),
        (Role.ANALYST, 200, 403),
        (Role.EXECUTIVE, 200, 403),
        (Role.ADMIN, 200, 403),
        (Role.SUPPORT, 403, 403),
    ],
)
def test_who_reads_and_who_writes(
    role: Role, lists: int, makes: int, now: datetime
) -> None:
    client = make.signed_in(make.person("pat", role, now=now))

    for url in ("/offers/", "/offers/placements/"):
        assert client.get(url).status_code == lists
    for url in ("/offers/new/", "/offers/placements/new/"):
        assert client.get(url).status_code == makes
    assert post(client).status_code == (302 if makes == 200 else 403)


def test_what_is_not_there_is_not_found(owner: Client) -> None:
    for url in ("/offers/none/", "/offers/placements/none/"):
        assert owner.get(url).status_code == 404
    assert owner.post("/offers/none/retirement/").status_code == 404
    assert owner.post("/offers/none/creatives/1/retirement/").status_code == 404


def test_a_placement_keeps_its_key_and_shows_its_default(
    owner: Client, now: datetime
) -> None:
    made = {**CREATIVE, "key": "home.hero", "name": "Home", "channel": "web"}
    owner.post("/offers/placements/new/", made)

    taken = owner.post("/offers/placements/new/", made)
    owner.post("/offers/placements/home.hero/", {**made, "headline": "Hello"})

    assert taken.status_code == 422
    row = Placement.objects.get()
    assert (row.key, row.default_content) == ("home.hero", {"headline": "Hello"})


def test_an_empty_list_shows_the_first_step(owner: Client) -> None:
    assert "Make the first offer" in owner.get("/offers/").content.decode()
    assert "first placement" in owner.get("/offers/placements/").content.decode()
