from datetime import UTC, datetime

import pytest
from django.test import Client

from governance.access import actions as access
from governance.people import actions as people
from governance.types import Actor, Role

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SYSTEM = Actor.system("tests")
pytestmark = pytest.mark.django_db
OFFER = {
    "name": "Winter coats",
    "starts_at": "2026-03-01T00:00:00Z",
    "value_minor": 1600,
    "margin_minor": 640,
    "currency": "GBP",
}


@pytest.fixture
def owner_id() -> int:
    user = people.add(
        by=SYSTEM,
        now=NOW,
        username="olga",
        email="olga@shop.example",
        display_name="Olga",
        password="a long enough password",
        roles=[Role.MARKETING_OWNER],
    )
    return int(user.pk)


def client(owner_id: int, *scopes: str) -> Client:
    _, text = access.issue_key(
        by=SYSTEM,
        now=datetime.now(UTC),
        owner_id=owner_id,
        name="test",
        scopes=scopes,
    )
    return Client(headers={"Authorization": f"Bearer {text}"})


def test_an_offer_is_made_read_and_changed_by_its_etag(owner_id: int) -> None:
    api = client(owner_id, "manage")

    made = api.post(
        "/api/v1/offers", {**OFFER, "owner_id": owner_id}, "application/json"
    )
    read = api.get("/api/v1/offers/winter-coats")
    changed = api.put(
        "/api/v1/offers/winter-coats",
        {**OFFER, "value_minor": 2000},
        "application/json",
        headers={"If-Match": read.headers["ETag"]},
    )

    assert made.status_code == 201
    assert read.json()["value_minor"] == 1600
    assert changed.status_code == 200
    assert changed.json()["revision"] == 2


def test_a_lost_update_is_refused_and_changes_nothing(owner_id: int) -> None:
    api = client(owner_id, "manage")
    api.post("/api/v1/offers", {**OFFER, "owner_id": owner_id}, "application/json")

    answer = api.put(
        "/api/v1/offers/winter-coats",
        {**OFFER, "value_minor": 2000},
        "application/json",
        headers={"If-Match": '"something else"'},
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict.lost_update"
    assert api.get("/api/v1/offers/winter-coats").json()["value_minor"] == 1600


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value_minor": "much"}, "value_minor"),
        ({"margin_minor": 9_999}, "margin_minor"),
        ({"currency": "pounds"}, "currency"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_input_names_the_field(
    owner_id: int, body: dict[str, object], field: str
) -> None:
    api = client(owner_id, "manage")

    answer = api.post(
        "/api/v1/offers", {**OFFER, "owner_id": owner_id, **body}, "application/json"
    )

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in answer.json()["fields"]
    assert api.get("/api/v1/offers").json()["results"] == []


def test_a_key_opens_only_what_its_scopes_say(owner_id: int) -> None:
    assert Client().get("/api/v1/offers").status_code == 401
    assert client(owner_id, "ingest").get("/api/v1/offers").status_code == 403
    assert client(owner_id, "manage").delete("/api/v1/offers").status_code == 405
    wrong_place = client(owner_id, "manage").post(
        "/api/v1/offers/winter-coats", OFFER, "application/json"
    )
    assert wrong_place.status_code == 405


def test_a_cap_comes_in_seconds_and_a_segment_as_a_rule(owner_id: int) -> None:
    api = client(owner_id, "manage")

    cap = api.post(
        "/api/v1/caps",
        {
            "name": "Weekly",
            "scope": "all",
            "n": 3,
            "window_seconds": 604_800,
            "owner_id": owner_id,
        },
        "application/json",
    )
    segment = api.post(
        "/api/v1/segments",
        {
            "name": "Everyone who bought",
            "goal": "Keep those who bought",
            "rule": {"version": 1, "rule": {"did": "Order Completed"}},
            "owner_id": owner_id,
        },
        "application/json",
    )

    assert cap.json()["window"] == 604_800
    assert segment.status_code == 201
    assert api.get("/api/v1/segments/everyone-who-bought").status_code == 200
