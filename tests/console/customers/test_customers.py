from datetime import timedelta

import pytest

from console.pages.customers.views import OPENED
from governance.audit.models import AuditEntry
from governance.consent.queries import head
from governance.installation.queries import now as clock
from tests.decisioning.engine.world import customer

REASON = "Complaint 12, by phone"


@pytest.fixture
def carla(cast):
    found = customer(
        "carla-77",
        contact={"email": "carla@example.org"},
        traits={"favourite_room": "kitchen"},
    )
    found.pseudonym = "p-carla"
    found.save()
    return found


def look_up(client, user_id="carla-77", reason=REASON):
    return client.post("/customers/", {"user_id": user_id, "reason": reason})


def looked_up():
    return AuditEntry.objects.filter(type="person.looked_up")


def test_a_reason_opens_the_customer_and_stands_on_record(clients, carla):
    answer = look_up(clients["sue"])

    entry = looked_up().get()
    assert answer["Location"] == "/customers/p-carla/"
    assert entry.actor_label == "Sue"
    assert entry.subject_id == str(carla.pk)
    assert entry.details["reason"] == REASON


@pytest.mark.parametrize("reason", ["", "call"])
def test_without_a_reason_nothing_opens(clients, carla, reason):
    page = look_up(clients["sue"], reason=reason)

    assert page.status_code == 422
    assert "reason" in page.context["form"].errors
    assert 'value="carla-77"' in page.content.decode()
    assert clients["sue"].get("/customers/p-carla/").status_code == 302
    assert not looked_up().exists()


def test_a_look_up_that_finds_nobody_is_on_record_too(clients, carla):
    page = look_up(clients["sue"], user_id="carla-78")

    assert page.status_code == 422
    assert looked_up().get().subject_id == "none"


def test_only_the_exact_id_finds_somebody(clients, carla):
    assert look_up(clients["priya"], user_id="carla").status_code == 422


def test_support_reads_masked_and_privacy_reads_the_whole(clients, carla):
    pages = {}
    for name in ("sue", "priya"):
        look_up(clients[name])
        pages[name] = clients[name].get("/customers/p-carla/").content.decode()

    assert "carla@example.org" in pages["priya"]
    assert "kitchen" in pages["priya"]
    assert "carla@example.org" not in pages["sue"]
    assert "carla-77" not in pages["sue"]
    assert "kitchen" not in pages["sue"]


def test_the_page_closes_half_an_hour_after_the_reason(clients, carla):
    look_up(clients["sue"])
    session = clients["sue"].session
    session[OPENED] = {"p-carla": (clock() - timedelta(minutes=31)).isoformat()}
    session.save()

    assert clients["sue"].get("/customers/p-carla/")["Location"] == "/customers/"


def test_a_reason_for_one_customer_opens_no_other(clients, carla):
    customer("dora")
    look_up(clients["sue"])

    assert clients["sue"].get("/customers/p-dora/").status_code == 302


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ({"everything": "off"}, lambda found: found.personalisation_off),
        ({"channel": "email:off"}, lambda found: "email" in found.channels_off),
        ({"pause": "30"}, lambda found: found.paused_until[""] > clock()),
    ],
)
def test_what_the_customer_asks_for_is_done(clients, carla, form, holds):
    look_up(clients["sue"])

    page = clients["sue"].post("/customers/p-carla/preferences/", form, follow=True)

    assert holds(head(carla.pk))
    assert "Saved" in page.content.decode()


def test_without_a_reason_nothing_is_changed_for_them(clients, carla):
    clients["sue"].post("/customers/p-carla/preferences/", {"everything": "off"})

    assert not head(carla.pk).personalisation_off


def test_what_the_page_does_not_offer_changes_nothing(clients, carla):
    look_up(clients["sue"])
    before = head(carla.pk)

    page = clients["sue"].post(
        "/customers/p-carla/preferences/", {"channel": "fax:off"}, follow=True
    )

    assert "Use one of the buttons" in page.content.decode()
    assert head(carla.pk) == before


def test_marketers_find_no_way_in(clients, carla):
    assert look_up(clients["mara"]).status_code == 403
    assert "/customers/" not in clients["mara"].get("/search/?q=carla").content.decode()
