import pytest

from governance.audit.models import AuditEntry
from governance.people.models import User
from governance.types import Role

BOB = {
    "display_name": "Bob Fern",
    "username": "bob",
    "email": "bob@example.org",
    "password": "a lantern over the harbour",
    "roles": ["marketer", "analyst"],
}


def test_a_person_is_added_with_roles_and_on_record(clients):
    answer = clients["ada"].post("/people/new/", BOB)

    bob = User.objects.get(username="bob")
    assert answer["Location"] == "/people/bob/"
    assert set(bob.roles()) == {Role.MARKETER, Role.ANALYST}
    assert bob.check_password(BOB["password"])
    assert AuditEntry.objects.filter(subject_kind="user", subject_id="bob").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ada"),
        ("username", "b o b"),
        ("username", "new"),
        ("email", "not an address"),
        ("password", "short"),
        ("display_name", ""),
    ],
)
def test_what_does_not_fit_is_named_kept_and_adds_nobody(clients, field, value):
    before = User.objects.count()

    page = clients["ada"].post("/people/new/", {**BOB, field: value})

    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert 'value="bob@example.org"' in page.content.decode() or field == "email"
    assert User.objects.count() == before


def test_roles_are_changed_and_count_from_the_next_click(clients, cast):
    assert clients["mara"].get("/keys/").status_code == 403

    clients["ada"].post("/people/mara/roles/", {"roles": ["auditor"]})

    assert clients["mara"].get("/keys/").status_code == 200
    assert clients["mara"].get("/segments/new/").status_code == 403


def test_an_admin_cannot_shut_their_own_door(clients, cast):
    answer = clients["ada"].post("/people/ada/roles/", {"roles": ["marketer"]})
    clients["ada"].post("/people/ada/activity/", {"active": "off"})

    assert answer.status_code == 422
    assert "cannot take the admin role from yourself" in answer.content.decode()
    assert clients["ada"].get("/people/").status_code == 200


def test_somebody_switched_off_is_out_at_once_and_can_be_let_in_again(clients):
    clients["ada"].post("/people/mara/activity/", {"active": "off"})
    assert clients["mara"].get("/use-cases/").status_code == 302

    clients["ada"].post("/people/mara/activity/", {"active": "on"})

    assert User.objects.get(username="mara").is_active


def test_an_auditor_reads_and_finds_no_button(clients):
    page = clients["aud"].get("/people/mara/").content.decode()

    assert "/people/mara/roles/" not in page
    assert "/people/mara/activity/" not in page


def test_a_person_who_is_not_there_is_not_found(clients):
    assert clients["ada"].get("/people/nobody/").status_code == 404
    assert clients["ada"].post("/people/nobody/roles/", {}).status_code == 404
