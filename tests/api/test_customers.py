"""One customer by id, without contact details, for those who may see a person."""

from typing import Any

import pytest
from django.test import Client

from decisioning.customers.models import Customer
from decisioning.events import actions
from decisioning.segments.models import Segment
from governance.access import actions as access
from governance.audit.models import AuditEntry
from governance.installation.queries import now as database_now
from governance.people.models import User
from governance.types import Actor

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create(
        username="ada",
        email="ada@example.org",
        display_name="Ada",
        date_joined=database_now(),
    )


@pytest.fixture(autouse=True)
def _known(ada: User) -> None:
    now = database_now()
    chosen = {"consent": {"categoryPreferences": {"direct_marketing": True}}}
    actions.ingest(
        [
            {
                "type": "identify",
                "userId": "c-1",
                "anonymousId": "a-9",
                "messageId": "i",
                "traits": {"town": "York", "email": "c@example.org"},
                "context": chosen,
            },
            *(
                {
                    "type": "track",
                    "event": "Product Viewed",
                    "userId": "c-1",
                    "messageId": f"v-{n}",
                }
                for n in range(3)
            ),
        ],
        source="test",
        now=now,
    )
    for key, town in (("yorkers", "York"), ("others", "Leeds")):
        Segment.objects.create(
            key=key,
            name=key,
            rule={"field": "trait.town", "op": "eq", "value": town},
            digest="x",
            created_by=ada,
            created_at=now,
            changed_at=now,
        )


def get(ada: User, name: str, scope: str) -> Any:
    _, text = access.issue_key(
        by=Actor.system(), now=database_now(), owner_id=ada.pk, name="k", scopes=[scope]
    )
    return Client().get(
        f"/api/v1/customers/{name}", headers={"Authorization": f"Bearer {text}"}
    )


def test_a_manage_key_sees_the_person_without_contact_details(ada: User) -> None:
    answer = get(ada, "c-1", "manage")

    told = answer.json()
    assert told["identity"]["userIds"] == ["c-1"]
    assert told["identity"]["anonymousIds"] == ["a-9"]
    assert told["traits"] == {"town": "York"}
    assert told["eventCounts"] == {"Product Viewed": 3, "identify": 1}
    assert told["consent"]["direct_marketing"]["email"] == "allowed"
    assert told["consent"]["personalise_onsite"]["web"] != "allowed"
    assert told["segments"] == ["yorkers"]
    assert told["scores"] == {}
    assert "example.org" not in answer.content.decode()


def test_each_look_is_logged(ada: User) -> None:
    get(ada, "c-1", "manage")

    assert AuditEntry.objects.filter(type="customer.read").count() == 1


def test_a_read_key_knows_pseudonyms_only(ada: User) -> None:
    by_pseudonym = get(ada, Customer.objects.get().pseudonym, "read")

    assert "userIds" not in by_pseudonym.json()["identity"]
    assert get(ada, "c-1", "read").status_code == 404


def test_nobody_and_the_wrong_key_get_problems(ada: User) -> None:
    assert get(ada, "c-2", "manage").status_code == 404
    assert get(ada, "c-1", "decide").status_code == 403
