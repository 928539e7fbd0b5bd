"""The page of one customer: what it shows, to whom, and at what cost."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.pages.customers.views import OPENED
from decisioning.customers.models import Customer, CustomerIdentity, IdentityMerge
from decisioning.events import actions as events
from decisioning.features.queries import row_of
from governance.audit.models import AuditEntry
from governance.catalogue.actions import seed_standard
from governance.installation.queries import now as clock
from governance.rights.models import ErasureRecord, RightsRequest
from tests.factories import configuration as make

HOUR = timedelta(hours=1)
PROVEN = "account_authentication_methods"  # where the sign-in library keeps proofs
REASON = "Complaint 12, by phone"


def send(*calls):
    now = clock()
    batch = [
        {
            "messageId": f"{now.timestamp()}-{i}",
            "timestamp": (now - HOUR * (len(calls) - i)).isoformat(),
            **call,
        }
        for i, call in enumerate(calls)
    ]
    return events.ingest(batch, source="shop", now=now)


@pytest.fixture
def una(cast):
    seed_standard(clock())
    told = {"email": "una@example.org", "favouriteCategory": "flour", "region": "north"}
    order = {"event": "Order Completed", "properties": {"revenue": 12.5}}
    agrees = {"consent": {"categoryPreferences": {"direct_marketing": True}}}
    send({"type": "page", "anonymousId": "a-1"})
    send(
        {"type": "track", "userId": "una-77", **order},
        {"type": "identify", "userId": "una-77", "traits": told, "context": agrees},
        {
            "type": "identify",
            "userId": "twin-1",
            "traits": {"email": "una@example.org"},
        },
    )
    send({"type": "identify", "userId": "una-77", "anonymousId": "a-1"})
    return CustomerIdentity.objects.get(value="una-77").customer


def opened(client, person):
    session = client.session
    session[OPENED] = {person.pseudonym: clock().isoformat()}
    session.save()
    return client


def page_of(client, person):
    return opened(client, person).get(f"/customers/{person.pseudonym}/")


def test_each_kind_of_data_has_source_freshness_and_expiry(clients, una):
    page = page_of(clients["priya"], una).context["customer"]

    groups = {group.key: group for group in page.data}
    said = [
        [cell["text"] for cell in row["cells"]] for row in groups["preference"].rows
    ]
    assert list(groups) == [
        "behavioural", "transactional", "contextual", "preference", "predictive",
    ]  # fmt: skip
    assert ["Favourite category", "flour", "shop"] in [row[:3] for row in said]
    orders = [[c["text"] for c in row["cells"]] for row in groups["transactional"].rows]
    assert orders[0][:3] == ["Order Completed", "1 time", "shop"]
    assert all(row[3] and row[4] for row in (*said, *orders))
    assert groups["contextual"].rows[0]["cells"][1]["text"] == "Not kept"
    assert groups["predictive"].nothing == "Nothing has been predicted."


def test_names_devices_and_the_hash_of_the_address_are_shown(clients, una):
    page = page_of(clients["priya"], una).context["customer"]

    kinds = {row["cells"][0]["text"]: row["cells"][1]["text"] for row in page.names}
    assert kinds["Account"] == "una-77"
    assert kinds["Browser or app"] == "a-1"
    assert "una" not in kinds["E-mail, as a keyed hash"]
    twin = CustomerIdentity.objects.get(value="twin-1").customer
    told = page_of(clients["priya"], twin).context["customer"].same_address
    assert told == [una.pseudonym]


def test_support_sees_what_is_known_but_no_value(clients, una):
    page = page_of(clients["sue"], una)

    text = page.content.decode()
    for hidden in ("una@example.org", "una-77", "flour", "north"):
        assert hidden not in text
    assert "Favourite category" in text
    assert "Copy or erase" not in text
    assert not any(merge.may_undo for merge in page.context["customer"].merges)


def test_a_choice_stands_with_its_proof(clients, una):
    page = page_of(clients["priya"], una).context["customer"]

    (row,) = page.said
    assert [cell["text"] for cell in row["cells"]][1:3] == [
        "Allowed",
        "send you offers",
    ]
    row = next(r for r in page.consents if r["cells"][0]["text"] == "Send you offers")
    assert row["cells"][2]["text"] == "Yes"


def test_the_page_costs_ten_queries_and_none_while_it_renders(clients, una):
    client = opened(clients["priya"], una)
    with CaptureQueriesContext(connection) as before:
        client.get("/styleguide/")
    with CaptureQueriesContext(connection) as seen:
        client.get(f"/customers/{una.pseudonym}/")

    own = len(seen) - len(before)
    assert len(seen) <= 13
    assert own <= 10


def test_a_merge_is_undone_from_the_page(clients, una):
    merge = IdentityMerge.objects.get()
    address = f"/customers/{una.pseudonym}/separations/"

    opened(clients["priya"], una).post(address, {"merge": merge.pk})

    merge.refresh_from_db()
    visitor = CustomerIdentity.objects.get(value="a-1").customer
    features = row_of(visitor.pk)
    assert merge.undone_at is not None
    assert visitor != una
    assert features is not None
    assert features.get("visits_7d") == 1
    assert "Undone" in page_of(clients["priya"], una).content.decode()


@pytest.mark.parametrize("wanted", ["", "x", "999999"])
def test_a_merge_that_is_not_there_is_not_undone(clients, una, wanted):
    address = f"/customers/{una.pseudonym}/separations/"

    done = opened(clients["priya"], una).post(address, {"merge": wanted})

    assert done.status_code == 404
    assert not IdentityMerge.objects.exclude(undone_at=None).exists()


def test_a_merge_of_somebody_else_is_not_undone(clients, una):
    twin = CustomerIdentity.objects.get(value="twin-1").customer
    merge = IdentityMerge.objects.get()
    address = f"/customers/{twin.pseudonym}/separations/"

    done = opened(clients["priya"], twin).post(address, {"merge": merge.pk})

    assert done.status_code == 404
    assert not IdentityMerge.objects.exclude(undone_at=None).exists()


def test_somebody_is_found_by_their_e_mail_address(clients, una):
    form = {"user_id": "UNA@example.org", "reason": REASON}

    done = clients["sue"].post("/customers/", form)

    assert done["Location"] == f"/customers/{una.pseudonym}/"


def test_what_was_asked_starts_the_clock_once(clients, una):
    client, address = (
        opened(clients["sue"], una),
        f"/customers/{una.pseudonym}/requests/",
    )

    for _ in range(2):
        client.post(address, {"kind": "erasure"})
    client.post(address, {"kind": "nonsense"})

    request = RightsRequest.objects.get()
    assert request.due_at - request.received_at == timedelta(days=28)
    assert "Due" in page_of(clients["sue"], una).content.decode()


# --- copy and erasure ------------------------------------------------------------


@pytest.fixture
def priya(clients, cast, una):
    """Privacy, who typed her password a moment ago."""
    client = opened(clients["priya"], una)
    session = client.session
    session[PROVEN] = [{"method": "password", "at": clock().timestamp()}]
    session[f"{PROVEN}_user"] = str(cast["priya"].pk)
    session.save()
    return client


def test_the_copy_is_for_machines_and_for_people_and_on_record(priya, una):
    address = f"/customers/{una.pseudonym}/pack/"

    machine = priya.post(address, {"form": "json"})
    human = priya.post(address, {"form": "page"})

    made = json.loads(machine.content)
    rows = made["tables"]["decisioning.Customer"]["rows"]
    assert [row["contact"].get("email") for row in rows].count("una@example.org") == 1
    assert machine["Content-Disposition"] == 'attachment; filename="your-data.json"'
    assert "una@example.org" in human.content.decode()
    assert AuditEntry.objects.filter(type="person.pack_made").count() == 2


def test_features_in_the_copy_have_names(priya, una):
    made = json.loads(
        priya.post(f"/customers/{una.pseudonym}/pack/", {"form": "json"}).content
    )

    (row,) = made["tables"]["decisioning.CustomerFeatures"]["rows"]
    assert row["values"]["orders so far"] == 1


def test_a_copy_asked_for_is_met_when_it_is_handed_over(priya, una):
    priya.post(f"/customers/{una.pseudonym}/requests/", {"kind": "access"})

    priya.post(f"/customers/{una.pseudonym}/pack/", {"form": "json"})

    assert RightsRequest.objects.get().state == "complete"


def test_the_page_says_what_is_held_and_what_becomes_of_it(priya, una):
    page = priya.get(f"/customers/{una.pseudonym}/rights/")

    rows = {r["cells"][0]["text"]: r["cells"] for r in page.context["page"].rows}
    assert rows["What you did with us"][1]["text"] == "4"
    assert rows["Who you are to us"][3]["text"] == "Deleted"


def test_the_wrong_pseudonym_erases_nobody(priya, una):
    done = priya.post(f"/customers/{una.pseudonym}/erasure/", {"pseudonym": "p-other"})

    assert done.status_code == 422
    assert Customer.objects.filter(pk=una.pk).exists()


def test_privacy_erases_and_gets_a_certificate(priya, una):
    address = f"/customers/{una.pseudonym}/erasure/"

    done = priya.post(address, {"pseudonym": una.pseudonym})

    assert done.status_code == 200
    assert "Certificate" in done.content.decode()
    assert not Customer.objects.filter(pk=una.pk).exists()
    assert ErasureRecord.objects.count() == 1


def test_a_look_up_of_somebody_erased_says_so(priya, una):
    priya.post(f"/customers/{una.pseudonym}/erasure/", {"pseudonym": una.pseudonym})

    page = priya.post("/customers/", {"user_id": "una-77", "reason": REASON})

    assert page.status_code == 422
    assert "was erased on" in page.content.decode()


def test_without_a_fresh_password_nothing_is_handed_over(clients, una):
    client = opened(clients["priya"], una)
    session = client.session
    session.pop(PROVEN, None)
    session.save()

    for part in ("pack", "erasure"):
        done = client.post(
            f"/customers/{una.pseudonym}/{part}/", {"pseudonym": una.pseudonym}
        )
        assert done.status_code == 302
        assert "reauthenticate" in done["Location"]
    assert Customer.objects.filter(pk=una.pk).exists()


def test_support_neither_copies_nor_erases(clients, una):
    client = opened(clients["sue"], una)

    for part in ("pack", "erasure", "separations"):
        assert client.post(f"/customers/{una.pseudonym}/{part}/").status_code == 403


def test_an_empty_customer_has_a_page_too(clients, cast):
    person = make.customers([{}], now=clock())[0]

    page = page_of(clients["priya"], person)

    assert page.status_code == 200
    assert "Nothing decided yet" in page.content.decode()
