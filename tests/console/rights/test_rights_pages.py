"""The queue of requests under the law, and the same over REST."""

from datetime import timedelta

import pytest
from django.test import Client

from governance.access import actions as access
from governance.installation.queries import now as clock
from governance.rights import actions as rights
from governance.rights.models import RightsRequest
from governance.types import Actor, Role
from tests.decisioning.engine.world import customer
from tests.factories import configuration as make

SYSTEM = Actor.system("tests")


@pytest.fixture
def asked(clients):
    person = customer("c-1", says="")
    return rights.ask(
        by=Actor(None, "s", "S", frozenset({Role.SUPPORT})),
        now=clock() - timedelta(days=25),
        person_id=person.pk,
        kind="rectification",
        reason="The street is wrong",
    )


def take(client, request, step, words=""):
    return client.post(
        f"/rights-requests/{request.pk}/steps/",
        {"step": step, "words": words},
        follow=True,
    )


def text(answer):
    return answer.content.decode()


def test_privacy_and_support_see_who_waits_since_when_and_until_when(clients, asked):
    for who in ("priya", "sue"):
        page = clients[who].get("/rights-requests/")
        (row,) = page.context["rows"]
        told = [cell["text"] for cell in row["cells"]]
        assert told[1:4] == ["A correction", "Received", "25 days"]
        assert told[5] == "2 days left"


def test_a_request_goes_through_its_steps(clients, asked):
    take(clients["sue"], asked, "verify_identity", "By the order number")
    for step in ("approve", "begin"):
        take(clients["priya"], asked, step)
    page = take(clients["priya"], asked, "complete", "Corrected.")

    asked.refresh_from_db()
    assert asked.state == "complete"
    assert "In time" in text(page)
    ended = clients["priya"].get("/rights-requests/?state=closed")
    assert "Corrected." in text(ended)


def test_a_refusal_needs_its_reason_and_tells_how_to_complain(clients, asked):
    empty = take(clients["priya"], asked, "deny")
    assert empty.status_code == 422
    assert "Say why" in text(empty)

    page = take(clients["priya"], asked, "deny", "We hold no street of yours.")

    assert "We hold no street of yours." in text(page)
    assert "ico.org.uk/make-a-complaint" in text(page)


def test_support_is_not_offered_what_it_may_not_do(clients, asked):
    page = clients["sue"].get(f"/rights-requests/{asked.pk}/")

    offered = {button.step for button in page.context["asked"].buttons}
    assert offered == {"doubt_identity", "verify_identity", "escalate"}
    assert take(clients["sue"], asked, "deny", "No.").status_code == 200
    asked.refresh_from_db()
    assert asked.state == "received"


def api(role):
    owner = make.person(f"key-{role.value}", role, now=clock())
    _, secret = access.issue_key(
        by=SYSTEM, now=clock(), owner_id=owner.pk, name="test", scopes=["manage"]
    )
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_over_rest_in_the_name_of_the_keys_owner(db):
    person = customer("c-1", says="").pk
    privacy = api(Role.PRIVACY_REVIEWER)

    made = privacy.post(
        "/api/v1/rights-requests",
        {"kind": "access", "personId": person},
        "application/json",
    )
    one = f"/api/v1/rights-requests/{made.json()['id']}"
    denied = privacy.post(
        f"{one}/steps", {"step": "deny", "words": "Not you."}, "application/json"
    )

    assert (made.status_code, made.json()["state"]) == (201, "received")
    assert denied.json()["state"] == "denied"
    assert "ico.org.uk" in denied.json()["howToComplain"]
    assert privacy.get(one).json()["steps"] == []
    listed = privacy.get("/api/v1/rights-requests", {"open": "true"}).json()
    assert listed == {"results": [], "next": None}


def test_a_marketers_key_sees_no_requests(asked):
    marketer = api(Role.MARKETER)

    assert marketer.get("/api/v1/rights-requests").json()["results"] == []
    there = marketer.get(f"/api/v1/rights-requests/{asked.pk}")
    missing = marketer.get(f"/api/v1/rights-requests/{asked.pk + 1}")
    assert (there.status_code, there.json()) == (404, missing.json())
    told = {"personId": 1, "text": "Too much"}
    answer = marketer.post("/api/v1/complaints", told, "application/json")
    assert answer.status_code == 403


def test_a_complaint_is_taken_in_over_rest_and_its_words_stay_there(db):
    answer = api(Role.SUPPORT).post(
        "/api/v1/complaints",
        {"personId": customer("c-1", says="").pk, "text": "Too many e-mails"},
        "application/json",
    )

    assert answer.status_code == 201
    assert answer.json()["state"] == "received"
    assert "Too many" not in answer.content.decode()
    assert not RightsRequest.objects.exists()
