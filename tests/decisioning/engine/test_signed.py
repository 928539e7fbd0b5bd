"""A use case signed by four people is served; whatever moves after that is not."""

from typing import Any

import pytest
from django.db import connection

from decisioning.engine import snapshot
from decisioning.experiments.core import uniform
from decisioning.experiments.models import Experiment
from decisioning.publishing import queries as publishing
from governance.installation.queries import now as database_now
from governance.usecases import actions as use_cases
from governance.usecases.core import UseCaseContent
from tests.decisioning.engine import world as shop
from tests.decisioning.engine.world import ask
from tests.governance.conftest import House, build_house

REACH = {
    "channels": ["web"],
    "placements": ["home.hero"],
    "segment": "all",
    "offers": ["coats"],
    "max_contacts": 3,
    "window_days": 7,
}


@pytest.fixture
def house(db: None, settings: Any) -> Any:
    settings.REQUIRE_MFA = False
    snapshot.forget()
    made = build_house(database_now())
    place = shop.placement()
    shop.offer("coats", [place])
    shop.segment("all", {"all": []})
    shop.customer("c-1")
    yield made
    snapshot.forget()


@pytest.fixture
def running(house: House) -> str:
    use = {
        "element": "recency",
        "purpose": "personalise_onsite",
        "role": "eligibility",
        "reason": "Recent buyers know us",
        "granularity": "bucketed",
        "max_age_days": 30,
        "could_work_without": False,
        "why_not": "We would be guessing",
    }
    key = house.drafted()
    content = house.content(
        reach={**REACH, "caps": [shop.cap(5).key]},
        data_uses=[use],
        lawful_basis={"personalise_onsite": "consent"},
        eprivacy_basis={"web": "not_device_storage"},
    )
    content["lawful_basis"].pop("direct_marketing", None)
    content["eprivacy_basis"].pop("email", None)
    use_cases.save_draft(by=house["mara"], now=house.now, key=key, content=content)
    house.assess(key)
    by = {"by": house["mara"], "now": house.now, "key": key}
    use_cases.transition(transition="to_data_needs", **by)
    references = publishing.references(UseCaseContent.from_dict(content))
    use_cases.submit(references=references, **by)
    house.sign_all(key)
    use_cases.transition(
        by=house["chris"], now=house.now, key=key, transition="start_test"
    )
    Experiment.objects.create(
        key="test",
        name="test",
        use_case_key=key,
        state="running",
        arms=[{"key": "new", "share": 1.0, "role": "treated"}],
        control="control",
        salt=reaching("p-c-1"),
        created_by=shop.user(),
        created_at=house.now,
    )
    return key


def reaching(pseudonym: str) -> str:
    """A salt under which even the first, small exposure reaches this customer."""
    salts = (f"salt-{n}" for n in range(10_000))
    return next(s for s in salts if uniform(f"{s}:allocation", pseudonym) < 0.01)


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def test_it_serves_and_stops_serving_with_a_pause(house: House, running: str) -> None:
    told = ask("c-1")
    assert told["mode"] == "personalised", told
    assert "We did not use your personal data" in told["items"][0]["why"]
    use_cases.pause(by=house["petra"], now=house.now, key=running, reason="Look again.")
    assert ask("c-1")["reason"] == "governance.paused"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE governance_usecaseversion SET content ="
        " jsonb_set(content, '{reach,max_contacts}', '99')",
        "UPDATE governance_usecaseversion SET \"references\" = '{}'",
        "UPDATE governance_usecaseversion SET expires_at = now() - interval '1 day'",
        "UPDATE decisioning_offer SET margin_minor = margin_minor - 1",
        'UPDATE decisioning_creative SET content = \'{"headline": "Other"}\'',
    ],
)
def test_a_change_by_sql_is_not_served(running: str, change: str) -> None:
    assert ask("c-1")["reason"] == "chosen"
    sql(change)
    told = ask("c-1")
    assert told["mode"] == "default"
    assert told["reason"].startswith("governance.")
