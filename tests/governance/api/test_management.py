"""The governance objects over HTTP: scopes, lost updates, cursors, the document."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import include, path
from rest_framework.test import APIClient

from governance.access import actions as access
from governance.consent import actions as consent
from governance.types import Actor

urlpatterns = [
    path("api/v1/", include("governance.api.urls")),
    path("api/", include("governance.api.schema_urls")),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client_of(house) -> Any:
    def client(*scopes: str, owner: str = "owen") -> APIClient:
        _, text = access.issue_key(
            by=house["ada"],
            now=house.now,
            owner_id=house[owner].id,
            name="test",
            scopes=scopes,
        )
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return api

    return client


def test_without_a_key_or_with_the_wrong_scope_nothing_opens(client_of):
    assert APIClient().get("/api/v1/use-cases").status_code == 401
    assert client_of("ingest").get("/api/v1/use-cases").status_code == 403
    posted = client_of("read").post("/api/v1/use-cases", {"name": "x"}, format="json")
    assert posted.status_code == 403


def test_a_key_writes_a_draft_in_its_owners_name(house, client_of):
    api = client_of("manage")
    made = api.post(
        "/api/v1/use-cases",
        {"name": "By key", "content": house.content()},
        format="json",
    )
    assert (made.status_code, made.json()["state"]) == (201, "define")
    there = f"/api/v1/use-cases/{made.json()['key']}"
    shown = api.get(there)
    change = {"content": {"reach": {"max_contacts": 2}}}
    assert api.patch(there, change, format="json").status_code == 428
    saved = api.patch(there, change, format="json", HTTP_IF_MATCH=shown["ETag"])
    assert saved.status_code == 200, saved.json()
    assert saved.json()["draft"]["content"]["reach"]["max_contacts"] == 2
    lost = api.patch(
        there,
        {"content": {"reach": {"max_contacts": 4}}},
        format="json",
        HTTP_IF_MATCH=shown["ETag"],
    )
    assert lost.status_code == 409
    wrong = api.patch(
        there,
        {"content": {"reach": {"max_contacts": "many"}}},
        format="json",
        HTTP_IF_MATCH=saved["ETag"],
    )
    assert wrong.status_code == 422
    assert "reach.max_contacts" in wrong.json()["fields"]


def test_a_running_use_case_is_stopped_in_one_call(house, client_of):
    key = house.running()
    answer = client_of("manage").post(
        f"/api/v1/use-cases/{key}/stop", {"reason": "Complaints rise"}, format="json"
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "rolled_back")
    assert not house.serving(key).may_serve


def test_steps_out_of_order_are_refused_with_their_reason(house, client_of):
    key = house.drafted()
    answer = client_of("manage").post(
        f"/api/v1/use-cases/{key}/transition",
        {"transition": "start_test"},
        format="json",
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "lifecycle.not_from_here"


def test_lists_go_on_from_their_cursor(house, client_of):
    house.submitted()
    api = client_of("read")
    first = api.get("/api/v1/audit?limit=5").json()
    second = api.get(f"/api/v1/audit?limit=5&cursor={first['next']}").json()
    numbers = [row["seq"] for row in first["results"] + second["results"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 10
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/api/v1/data-elements?limit=7&cursor={cursor}").json()
        seen += [row["key"] for row in page["results"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) > 30
    assert api.get("/api/v1/audit?limit=0").status_code == 422


def test_consent_is_read_by_person_and_only_by_manage(house, client_of):
    consent.record(
        by=Actor.system(),
        now=house.now,
        person_id=7,
        purpose="direct_marketing",
        action="grant",
        channel="email",
        source="preferences",
    )
    assert client_of("read").get("/api/v1/consents?personId=7").status_code == 403
    api = client_of("manage")
    found = api.get("/api/v1/consents?personId=7").json()["standing"]
    allowed = {(c["purpose"], c["channel"]) for c in found if c["allowed"]}
    assert ("direct_marketing", "email") in allowed
    assert ("direct_marketing", "sms") not in allowed
    assert api.get("/api/v1/consents?personId=8").status_code == 404


@pytest.mark.parametrize("where", ["sign-offs", "purposes", "complaints"])
def test_readers_read(house, client_of, where):
    house.running()
    answer = client_of("read").get(f"/api/v1/{where}")
    assert answer.status_code == 200
    assert answer.json()


def test_the_document_describes_every_operation(house):
    document = APIClient().get("/api/schema/?format=json")
    assert document.status_code == 200
    found = document.json()
    assert found["openapi"].startswith("3.1")
    assert "UseCaseShape" in str(found["components"]["schemas"])
    assert "/api/v1/use-cases/{key}/stop" in found["paths"]
    assert APIClient().get("/api/docs/").status_code == 200
