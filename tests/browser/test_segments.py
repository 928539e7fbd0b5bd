"""A segment from the builder to its members and its hand-over, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from governance.installation.queries import now as clock
from governance.people.models import User
from tests.browser.conftest import session_of
from tests.browser.desk import Desk
from tests.browser.test_every_page import faults
from tests.factories import configuration as make

PICTURES = os.environ.get("ATTUNE_PICTURES", "")


def picture(desk: Desk, name: str) -> None:
    if PICTURES:
        path = Path(PICTURES) / f"{name}.png"
        desk.page.screenshot(path=path, full_page=True)


def test_a_segment_is_built_saved_and_looked_into(
    sit: Callable[..., Desk], site: str, cast: dict[str, User]
) -> None:
    now = clock()
    make.element("history", now=now, label="Past spend", proxy_for=["income"])
    make.customers([{"history": 500}] * 60 + [{"history": 5}] * 20, now=now)
    make.segment(make.actor_named("olga"), now)
    olga = sit(cookies=session_of(cast["olga"], site))

    olga.open("/segments/new/")
    olga.press("Add another segment")
    olga.press("Add what they did")
    olga.page.get_by_label("What came after").select_option("then_not")
    olga.page.get_by_label("Within how many days").fill("7")
    olga.press("Add what they allow")
    olga.page.get_by_label("Condition 2: in or left out").select_option("out")
    olga.page.get_by_label("Condition 3: in or left out").select_option("out")
    olga.page.get_by_text("60 of 80").first.wait_for()
    olga.fill("What is it called?", "Silent buyers")
    olga.fill("Which business goal does it serve?", "Fewer lapsed buyers")
    picture(olga, "segment-builder")
    olga.press("Save")
    olga.page.get_by_text("Saved “Silent buyers”.").first.wait_for()

    saved = olga.page.get_by_label("The rule as JSON").input_value()
    assert '"then_not"' in saved
    assert '"segment": "good-buyers"' in saved
    assert '"may": "direct_marketing"' in saved

    olga.page.get_by_role("link", name="Members").click()
    olga.fill("Pseudonym of the customer", "p-00000")
    olga.press("Ask")
    olga.page.get_by_text("is in “Good buyers”").first.wait_for()
    picture(olga, "segment-members")
    olga.page.get_by_role("link", name="Hand-over").click()
    olga.page.get_by_text("Systems that are told").wait_for()
    picture(olga, "segment-hand-over")

    found: list[str] = []
    for path in ("", "members/", "audiences/"):
        found += faults(olga, f"/segments/silent-buyers/{path}")
    found += faults(olga, "/segments/look-alike/")
    assert found == []
