"""Audiences over REST: as on the page, in the name of the key's owner."""

import pytest
from django.test import Client

from decisioning.segments.models import Audience, AudienceMember
from governance.access import actions as access
from governance.audit.models import AuditEntry
from governance.installation.queries import now as clock
from governance.types import Actor, Role
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/audiences"


def api(username, role, *scopes):
    owner = make.person(username, role, now=clock())
    _, text = access.issue_key(
        by=Actor.system(),
        now=clock(),
        owner_id=owner.pk,
        name="test",
        scopes=scopes or ("manage",),
    )
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def segment():
    make.element("history", now=clock(), label="Past spend")
    owner = make.actor("olga", Role.MARKETING_OWNER, now=clock())
    return make.segment(owner, clock()).key


def body(segment, **changes):
    return {
        "segment": segment,
        "name": "Mailer",
        "url": "https://mailer.example/hook",
        "purpose": "direct_marketing",
        "channel": "email",
        **changes,
    }


def post(client, told):
    return client.post(ADDRESS, told, "application/json")


def test_an_audience_is_added_read_changed_and_stopped(segment):
    client = api("mo", Role.MARKETING_OWNER)

    added = post(client, body(segment))
    one = f"{ADDRESS}/{added.json()['id']}"
    read = client.get(one)
    changed = client.put(
        one,
        {"name": "Post", "url": "https://post.example/hook"},
        "application/json",
        headers={"If-Match": read.headers["ETag"]},
    )
    AudienceMember.objects.create(
        audience_id=added.json()["id"], customer_id=1, external_id="a",
        added_at=clock(),
    )  # fmt: skip
    stopped = client.delete(one)

    assert added.status_code == 201
    assert added.json()["signingSecret"].startswith("whsec_")
    assert "signingSecret" not in read.json()
    assert changed.json()["url"] == "https://post.example/hook"
    assert changed.headers["ETag"] != read.headers["ETag"]
    assert stopped.json()["stoppedAt"]
    assert not AudienceMember.objects.exists()
    types = AuditEntry.objects.filter(type__startswith="audience.").order_by("seq")
    told = [(entry.type, entry.actor_label) for entry in types]
    assert [kind for kind, _ in told] == [
        "audience.added", "audience.changed", "audience.stopped",
    ]  # fmt: skip
    assert len({label for _, label in told}) == 1


def test_a_lost_update_is_refused_and_changes_nothing(segment):
    client = api("mo", Role.MARKETING_OWNER)
    one = f"{ADDRESS}/{post(client, body(segment)).json()['id']}"

    answer = client.put(
        one,
        {"name": "Post", "url": "https://post.example/hook"},
        "application/json",
        headers={"If-Match": '"old"'},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict.lost_update")
    assert Audience.objects.get().name == "Mailer"


def test_an_address_inside_the_house_is_refused_by_field(segment):
    client = api("mo", Role.MARKETING_OWNER)

    answer = post(client, body(segment, url="http://127.0.0.1/x"))

    assert answer.status_code == 422
    assert "url" in answer.json()["fields"]
    assert not Audience.objects.exists()


def test_a_key_is_worth_no_more_than_its_owner(segment):
    """An analyst writes segments but hands nobody over; so does an analyst's key."""
    answer = post(api("ana", Role.ANALYST), body(segment))

    assert answer.status_code == 403
    assert not Audience.objects.exists()


def test_a_stopped_audience_is_not_changed_any_more(segment):
    client = api("mo", Role.MARKETING_OWNER)
    one = f"{ADDRESS}/{post(client, body(segment)).json()['id']}"
    client.delete(one)

    told = {"name": "Post", "url": "https://post.example/hook"}
    assert client.put(one, told, "application/json").status_code == 403


def test_the_list_goes_on_from_its_cursor_and_by_segment(segment):
    client = api("mo", Role.MARKETING_OWNER)
    ids = [post(client, body(segment, name=f"M{i}")).json()["id"] for i in range(3)]

    first = client.get(ADDRESS, {"limit": 2}).json()
    rest = client.get(ADDRESS, {"limit": 2, "cursor": first["next"]}).json()

    assert [row["id"] for row in first["results"] + rest["results"]] == ids[::-1]
    assert rest["next"] is None
    assert client.get(ADDRESS, {"segment": "another"}).json()["results"] == []


def test_the_document_describes_audiences(segment):
    paths = Client().get("/api/schema/?format=json").json()["paths"]

    assert set(paths[ADDRESS]) == {"get", "post"}
    assert {"get", "put", "delete"} <= set(paths[f"{ADDRESS}/{{audience_id}}"])
