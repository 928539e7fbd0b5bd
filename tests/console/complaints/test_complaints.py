import pytest

from governance.audit.models import AuditEntry
from governance.rights.models import Complaint
from tests.decisioning.engine.world import customer

FORM = {"user_id": "c-1", "text": "Too many e-mails about coats", "use_case_key": ""}


@pytest.fixture
def taken(clients):
    customer("c-1", says="")
    clients["sue"].post("/complaints/new/", FORM)
    return Complaint.objects.get()


def test_support_takes_a_complaint_in_and_the_clock_runs(clients, taken):
    page = clients["sue"].get(f"/complaints/{taken.pk}/").content.decode()

    assert taken.text == FORM["text"]
    assert taken.state == "received"
    assert "29 days left" in page
    assert FORM["text"] in page


def test_an_unknown_customer_is_named_and_what_was_typed_is_kept(clients, cast):
    page = clients["sue"].post("/complaints/new/", {**FORM, "user_id": "c-9"})

    assert page.status_code == 422
    assert "letter by letter" in page.content.decode()
    assert FORM["text"] in page.content.decode()
    assert not Complaint.objects.exists()


@pytest.mark.parametrize("field", ["user_id", "text"])
def test_what_is_missing_is_named(clients, cast, field):
    page = clients["sue"].post("/complaints/new/", {**FORM, field: " "})

    assert page.status_code == 422
    assert field in page.context["form"].errors


def test_an_answer_stops_the_clock(clients, taken):
    page = clients["priya"].post(
        f"/complaints/{taken.pk}/acknowledgement/", follow=True
    )

    taken.refresh_from_db()
    assert taken.state == "acknowledged"
    assert "Stopped" in page.content.decode()


def test_it_is_closed_with_what_was_done_and_only_once(clients, taken):
    url = f"/complaints/{taken.pk}/closing/"
    empty = clients["sue"].post(url, {"outcome": ""})
    assert empty.status_code == 422

    clients["sue"].post(url, {"outcome": "We turned e-mail off."})
    again = clients["sue"].post(url, {"outcome": "Something else"}, follow=True)

    taken.refresh_from_db()
    assert (taken.state, taken.outcome) == ("closed", "We turned e-mail off.")
    assert taken.closed_by.username == "sue"
    assert "closed already" in again.content.decode()
    events = AuditEntry.objects.filter(subject_kind="complaint").order_by("seq")
    assert [e.type for e in events] == ["complaint.received", "complaint.closed"]


def test_the_list_shows_the_open_ones_first(clients, taken):
    sue = clients["sue"]
    assert FORM["text"] in sue.get("/complaints/").content.decode()

    sue.post(f"/complaints/{taken.pk}/closing/", {"outcome": "Mended."})

    assert FORM["text"] not in sue.get("/complaints/").content.decode()
    assert FORM["text"] in sue.get("/complaints/?state=closed").content.decode()


def test_marketers_see_how_many_and_no_words(clients, taken):
    page = clients["mara"].get("/complaints/").content.decode()

    assert FORM["text"] not in page
    assert "Open" in page
    assert "/complaints/new/" not in page
    assert clients["mara"].get(f"/complaints/{taken.pk}/").status_code == 403


def test_auditors_read_and_close_nothing(clients, taken):
    page = clients["aud"].get(f"/complaints/{taken.pk}/").content.decode()

    assert "closing" not in page
    assert "acknowledgement" not in page
    assert clients["aud"].post(f"/complaints/{taken.pk}/closing/").status_code == 403


def test_a_complaint_that_is_not_there_is_not_found(clients):
    assert clients["sue"].get("/complaints/987654/").status_code == 404
    assert clients["sue"].post("/complaints/987654/closing/").status_code == 404
