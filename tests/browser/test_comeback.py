"""From an idea to its scorecard: seven people, their own browsers, real customers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from decisioning.experiments.actions import refresh_statistics
from decisioning.experiments.queries import running
from governance.installation.queries import now as clock
from governance.people.models import User
from governance.types import Role
from tests.browser import comeback as does
from tests.browser.desk import Desk
from tests.browser.hillstrom import ROWS, import_slice

Answer = dict[str, Any]


class Shop:
    """The shop's own software: asks for decisions over HTTP with its key."""

    def __init__(self, base: str, key: str) -> None:
        self.base = base
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {key}"

    def decide(self, user_id: str) -> Answer:
        return self._post(
            "/api/v1/decisions",
            {
                "customer": {"userId": user_id},
                "placement": does.PLACEMENT,
                "channel": "email",
            },
        )

    def decide_all(self) -> Iterator[Answer]:
        for first in range(1, ROWS + 1, 1_000):
            ids = [f"h-{n:05d}" for n in range(first, first + 1_000)]
            body = {
                "customers": [{"userId": user_id} for user_id in ids],
                "placement": does.PLACEMENT,
                "channel": "email",
            }
            yield from self._post("/api/v1/decisions/batch", body)["decisions"]

    def trace(self, decision_id: str) -> Answer:
        found = self.http.get(f"{self.base}/api/v1/decisions/{decision_id}")
        assert found.status_code == 200, found.text
        return dict(found.json())

    def _post(self, path: str, body: Answer) -> Answer:
        answer = self.http.post(f"{self.base}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def one_of_each(shop: Shop) -> tuple[str, str]:
    """Somebody who gets a catalogue of their own, and somebody of the control arm."""
    found: dict[str, str] = {}
    for answer in shop.decide_all():
        found.setdefault(answer["mode"], answer["customer"]["userId"])
    assert {"personalised", "control", "default"} <= set(found)
    return found["personalised"], found["control"]


@pytest.fixture
def customers(staff: dict[str, User], tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "var"
    report = import_slice(tmp_path, staff["anna"])
    assert report.n_people == ROWS


def make_key(ada: Desk) -> str:
    ada.open("/keys/new/")
    ada.fill("What is the key for?", "The shop")
    for scope in ("Decide", "Read"):
        ada.page.get_by_role("checkbox", name=re.compile(f"^{scope}:")).check()
    ada.press("Make the key")
    return ada.page.locator("#key-text").inner_text()


def test_recent_buyers_are_brought_back_with_the_catalogue_they_care_about(
    customers: None,
    staff: dict[str, User],
    desk_of: Callable[..., Desk],
    sit: Callable[..., Desk],
    site: str,
) -> None:
    mara = desk_of("mara")
    does.begin(mara)
    a_click_metric_is_refused_with_the_reason(mara)
    the_parts_are_made(mara)
    does.fill_intake(mara)
    does.assess_all(desk_of("axel"))
    does.ask_for_review(mara)
    the_author_may_not_sign(mara, staff["mara"])

    priya = desk_of("priya")
    eve = desk_of("eve")
    does.assess_impact(priya)
    does.attest(priya)
    for answering in (priya, eve):
        does.justify(answering)
    signers = [desk_of("olga"), desk_of("anna"), desk_of("chen"), priya]
    for signer in signers:
        does.sign(signer, 1)
    olga, _, chen, _ = signers
    chen.open(does.CASE)
    chen.press("Start the test")
    chen.sees("Moved on.")

    shop = Shop(site, make_key(desk_of("ada")))
    guest, left_alone = one_of_each(shop)
    decision = shop.decide(guest)
    the_inspector_shows_it(olga, decision)

    edits_wait_while_what_was_signed_serves_on(mara, shop, guest)
    applied_now_everybody_gets_the_default(mara, shop, guest)
    does.confirm_impact(priya)
    does.attest(priya)
    for answering in (priya, eve):
        does.justify(answering)
    for signer in signers:
        does.sign(signer, 2)
    again = shop.decide(guest)
    assert again["mode"] == "personalised"
    assert shop.decide(left_alone)["mode"] == "control"

    experiment = running(does.KEY)
    assert experiment is not None
    refresh_statistics(experiment.key, now=clock())
    the_executive_reads_how_it_goes(eve)
    the_customer_turns_all_of_it_off(sit(), shop, guest, again)


def a_click_metric_is_refused_with_the_reason(mara: Desk) -> None:
    does.aim_at_clicks(mara)
    expect(mara.page.locator("#judge")).to_contain_text(re.compile("click", re.I))


def the_parts_are_made(mara: Desk) -> None:
    does.build_segment(mara)
    expect(mara.card("Customers in this segment")).to_contain_text("of 3,000")
    does.save(mara, does.SEGMENT)
    does.make_placement(mara)
    for (name, signal), trait in zip(
        does.OFFERS.items(),
        ("bought men's clothing", "bought women's clothing"),
        strict=True,
    ):
        does.make_offer(mara, name, signal, trait)
    does.make_limits(mara)


def the_author_may_not_sign(mara: Desk, user: User) -> None:
    """Neither as a marketer nor in a signing role that she is given later."""
    mara.open(does.REVIEW)
    decide = mara.page.locator("#decide")
    sign = decide.get_by_role("button", name=re.compile("^Sign version"))
    expect(sign).to_be_disabled()
    expect(decide).to_contain_text("None of your roles is among them")
    user.role_assignments.create(role=Role.MARKETING_OWNER, granted_at=clock())
    mara.open(does.REVIEW)
    expect(sign).to_be_disabled()
    expect(decide).to_contain_text(re.compile("You (wrote|edited)"))


def the_inspector_shows_it(olga: Desk, decision: Answer) -> None:
    assert decision["mode"] == "personalised"
    olga.open(f"/decisions/{decision['decisionId']}/")
    olga.sees(decision["items"][0]["why"])
    expect(olga.card("Every candidate")).to_contain_text("Chosen")
    expect(olga.card("Consent relied on")).to_be_visible()


def edits_wait_while_what_was_signed_serves_on(
    mara: Desk, shop: Shop, guest: str
) -> None:
    does.raise_priority(mara)
    expect(mara.card("Waits for signatures")).to_contain_text("1.5")
    assert shop.decide(guest)["mode"] == "personalised"


def applied_now_everybody_gets_the_default(mara: Desk, shop: Shop, guest: str) -> None:
    mara.open(does.CASE)
    mara.press("Apply now", within=mara.card("Edits that wait for signatures"))
    mara.press("Apply now", within=mara.page.get_by_role("dialog"))
    mara.sees(re.compile("The signatures are void"))
    answer = shop.decide(guest)
    assert answer["mode"] == "default"
    reason = shop.trace(answer["decisionId"])["reason"]["code"]
    assert reason.startswith("governance.")


def the_executive_reads_how_it_goes(eve: Desk) -> None:
    eve.open("/experiments/")
    eve.follow(does.NAME)
    expect(eve.card("The groups")).to_contain_text(re.compile("control", re.I))
    eve.open("/scorecard/")
    expect(eve.page.get_by_role("heading", level=1)).to_be_visible()
    eve.open(f"/scorecard/{does.KEY}/")
    expect(eve.page.get_by_role("heading", level=1)).to_contain_text(does.NAME)


def the_customer_turns_all_of_it_off(
    phone: Desk, shop: Shop, guest: str, decision: Answer
) -> None:
    phone.open(decision["links"]["why"])
    expect(phone.page.get_by_role("heading", level=1)).to_have_text(
        decision["items"][0]["why"]
    )
    phone.follow("All my choices")
    phone.press("Stop everything")
    phone.sees(re.compile("All is off"))
    answer = shop.decide(guest)
    assert answer["mode"] == "default"
    assert shop.trace(answer["decisionId"])["reason"]["code"].startswith("consent.")
