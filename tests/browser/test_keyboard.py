"""Without a mouse: sign in, search, open a use case, not stop it after all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from governance.people.models import User
from tests.browser.conftest import PASSWORD
from tests.browser.desk import Desk
from tests.browser.world import World

MOST_TABS = 60


def tab_to(page: Page, **wanted: Any) -> None:
    """Press Tab until the focus is on it, as somebody without a mouse would."""
    goal = page.get_by_role(**wanted)
    for _ in range(MOST_TABS):
        if goal.evaluate_all("(all) => all.includes(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} was not reached in {MOST_TABS} steps")


def test_the_way_from_sign_in_to_a_dialog_and_back_needs_no_mouse(
    sit: Callable[..., Desk], world: World
) -> None:
    page = sit().page
    page.goto("/accounts/login/")
    keys = page.keyboard
    tab_to(page, role="textbox", name="Username")
    keys.type("olga")
    tab_to(page, role="textbox", name="Password")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    keys.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    keys.type("buyers")
    keys.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=buyers"))
    tab_to(page, role="link", name=re.compile("^Bring back recent buyers"))
    keys.press("Enter")
    expect(page).to_have_url(re.compile(f"{world.case_url}$"))

    tab_to(page, role="button", name="Stop and roll back")
    keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Stop it now?")
    expect(dialog).to_be_visible()
    tab_to(page, role="button", name="Keep as it is")
    keys.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Stop and roll back")).to_be_focused()
    assert world.state() == "testing"


def test_the_skip_link_is_first_and_leads_to_the_content(
    sit: Callable[..., Desk], staff: dict[str, User]
) -> None:
    desk = sit().sign_in("mara", PASSWORD)
    desk.open("/use-cases/")

    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    desk.page.keyboard.press("Enter")

    expect(desk.page.locator("main")).to_be_focused()


def test_escape_closes_a_dialog_and_nothing_has_happened(
    sit: Callable[..., Desk], world: World
) -> None:
    desk = sit().sign_in("chen", PASSWORD)
    desk.open(world.case_url)
    desk.press("Stop and roll back")
    dialog = desk.page.get_by_role("dialog", name="Stop it now?")
    expect(dialog).to_be_visible()

    desk.page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    assert world.state() == "testing"
