"""One person through all four: told, heard, looked at by a person, decided again."""

from typing import Any

import pytest
from django.test import Client

from decisioning.engine import snapshot
from decisioning.engine.hearing import decide_hearing
from decisioning.engine.links import make_why_token
from decisioning.engine.models import Decision
from governance.assessments import actions, hearings
from governance.audit.models import AuditEntry
from governance.installation.queries import now as database_now
from governance.types import Invalid, Refused
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import ask
from tests.governance.conftest import House, build_house

pytestmark = pytest.mark.django_db
TOLD = "I looked at your orders, and you are right."


@pytest.fixture
def house(db: None, settings: Any) -> Any:
    settings.REQUIRE_MFA = False
    snapshot.forget()
    yield build_house(database_now())
    snapshot.forget()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, house: House) -> shop.World:
    made = shop.World()
    monkeypatch.setattr(snapshot, "serving_cases", made.serving_cases)
    return made


def everybody_is_safe(house: House, *names: str) -> None:
    actions.safeguards_for_all(
        by=house["petra"],
        now=house.now,
        is_on=True,
        reviewers=[house[name].id or 0 for name in names],
        reason="When in doubt, the safeguards are for all.",
    )


def test_a_person_is_told_heard_looked_at_and_decided_again(
    house: House, world: shop.World
) -> None:
    place = shop.placement()
    shop.use_case(world, [shop.offer("coats", [place], topic="clothes")], [place])
    shop.customer("c-1")
    first = ask("c-1")
    assert first["mode"] == "personalised"
    address = f"/why/{make_why_token(first['decisionId'])}"
    visitor = Client()
    assert "No person chose this" not in visitor.get(address).content.decode()
    assert visitor.post(address, {"do": "contest", "text": "No"}).status_code == 422

    everybody_is_safe(house, "sam")

    assert "No person chose this" in visitor.get(address).content.decode()
    assert visitor.post(address, {"do": "contest", "text": ""}).status_code == 422
    sent = visitor.post(address, {"do": "contest", "text": "I never wear coats."})
    assert sent.status_code == 302
    assert "within five working days" in visitor.get(sent["Location"]).content.decode()
    (row,) = hearings.hearings("waiting")
    assert (row.due_at - row.received_at).days >= 5

    given = {"now": house.now, "hearing_id": row.pk, "told": TOLD}
    with pytest.raises(Refused, match="named in the safeguards"):
        decide_hearing(by=house["petra"], outcome="topic_off", **given)
    with pytest.raises(Refused):
        decide_hearing(by=house["mara"], outcome="topic_off", **given)
    with pytest.raises(Invalid):
        decide_hearing(by=house["sam"], outcome="nonsense", **given)
    decide_hearing(by=house["sam"], outcome="topic_off", **given)

    done = hearings.hearing(row.pk)
    assert (done.state, done.outcome) == ("decided", "topic_off")
    again = Decision.objects.get(pk=done.new_decision_id)
    assert again.mode != "personalised"
    assert ask("c-1")["mode"] != "personalised"
    types = set(AuditEntry.objects.values_list("type", flat=True))
    assert {"hearing.received", "hearing.decided", "consent.topic_off"} <= types
    with pytest.raises(Refused, match="decided it already"):
        decide_hearing(by=house["sam"], outcome="upheld", **given)


def test_what_stands_changes_nothing(house: House, world: shop.World) -> None:
    place = shop.placement()
    shop.use_case(world, [shop.offer("coats", [place])], [place])
    person = shop.customer("c-1")
    first = ask("c-1")
    everybody_is_safe(house, "sam", "petra")
    row = hearings.receive(
        by=house["sam"],
        now=house.now,
        person_id=person.pk,
        use_case_key="warm-up",
        decision_id=first["decisionId"],
        wish="person",
    )
    decide_hearing(
        by=house["petra"],
        now=house.now,
        hearing_id=row.pk,
        outcome="upheld",
        told="Nothing stands against it; you asked for coats.",
    )
    assert hearings.hearing(row.pk).new_decision_id is None
    assert ask("c-1")["decisionId"] == first["decisionId"]
