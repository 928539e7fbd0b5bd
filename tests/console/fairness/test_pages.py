"""Who might be disadvantaged: what the page says, to whom, and what it lets them do."""

import pytest
from django.test import Client

from decisioning.fairness import actions
from governance.access import actions as access
from governance.fairness import queries
from governance.fairness.models import FairnessAnswer
from governance.people.models import User
from governance.types import Actor, Role, Scope
from tests.decisioning.fairness.conftest import (  # noqa: F401
    case_for,
    owner,
    people,
)
from tests.decisioning.fairness.test_audits import NOT_WALES, TEA
from tests.factories import configuration as make

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
REASON = "The region goes out of the rule in the next version."


@pytest.fixture
def unfair(owner, people, now):  # noqa: F811
    key = case_for(owner, now, NOT_WALES)
    actions.simulate(by=SYSTEM, now=now, key=key)
    return key


def client(role, now, name="anna"):
    return make.signed_in(make.person(name, role, now=now))


def text(answer):
    return " ".join(answer.content.decode().split())


def test_the_breach_its_group_and_what_to_do_are_named(unfair, now):
    page = client(Role.ANALYST, now)

    listed, told = text(page.get("/fairness/")), text(page.get(f"/fairness/{unfair}/"))

    assert "breach" in listed
    assert "wales (Region): 0.00" in listed
    assert "Treated worse: wales." in told
    assert "north" in told
    assert "stands in for it" in told
    assert "at least 0.80" in told


def test_few_people_read_as_not_enough_data_and_never_as_a_pass(owner, now):  # noqa: F811
    key = case_for(owner, now, TEA)
    make.customers([{"region": "wales", "taste": "tea"}] * 20, now=now)
    actions.simulate(by=SYSTEM, now=now, key=key)

    told = text(client(Role.ANALYST, now).get(f"/fairness/{key}/"))

    assert "not enough data" in told
    assert "pill--positive" not in told


def test_an_owner_puts_an_answer_on_record(unfair, now):
    page = client(Role.MARKETING_OWNER, now)

    empty = page.post(f"/fairness/{unfair}/answers/", {"option": "", "reason": ""})
    sent = page.post(
        f"/fairness/{unfair}/answers/", {"option": "drop_proxy", "reason": REASON}
    )

    assert empty.status_code == 422
    assert sent.status_code == 302
    assert FairnessAnswer.objects.get().option == "drop_proxy"
    assert REASON in text(page.get(f"/fairness/{unfair}/"))


def test_a_justification_by_somebody_else_is_refused_on_the_page(unfair, now):
    page = client(Role.MARKETING_OWNER, now)
    sent = page.post(
        f"/fairness/{unfair}/answers/",
        {"option": "human_justification", "reason": REASON},
    )
    assert sent.status_code == 422
    assert "signed by a privacy reviewer and an executive" in text(sent)


def test_an_analyst_audits_now_and_others_cannot(unfair, now):
    before = len(queries.audits(unfair))
    assert (
        client(Role.AUDITOR, now, "au").post(f"/fairness/{unfair}/audits/").status_code
        == 403
    )
    assert (
        client(Role.ANALYST, now).post(f"/fairness/{unfair}/audits/").status_code == 302
    )
    assert len(queries.audits(unfair)) == before + 1


def test_support_and_admin_do_not_read_it(unfair, now):
    for role in (Role.SUPPORT, Role.ADMIN):
        page = client(role, now, role.value)
        assert page.get(f"/fairness/{unfair}/").status_code == 403


def test_programs_read_results_without_small_cells(unfair, now):
    olga = User.objects.get(username="olga")
    _, secret = access.issue_key(
        by=SYSTEM, now=now, owner_id=olga.pk, name="r", scopes=[Scope.READ.value]
    )
    found = Client().get(
        f"/api/v1/fairness/{unfair}", headers={"authorization": f"Bearer {secret}"}
    )
    row = found.json()["results"][0]
    assert row["verdict"] == "breach"
    wales = [f for f in row["findings"] if f["group"] == "wales"]
    assert wales[0]["n"] == "300"
    assert wales[0]["interval"][0] == 0
