"""A real chromium against a live server, and people of every role with a password."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from decisioning.engine import snapshot
from governance.catalogue.actions import seed_standard
from governance.installation.queries import now as clock
from governance.people import actions as people
from governance.people.models import User
from governance.types import Actor, Role
from tests.browser.desk import Desk
from tests.browser.world import World, first_decisions
from tests.factories.intake import (  # noqa: F401
    answers,
    clients,
    draft,
    in_review,
    ready,
    running,
    shop,
)

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "a lighthouse keeps its own hours"
FAILED = pytest.StashKey[bool]()
CAST = {
    "mara": ("Mara Lind", Role.MARKETER),
    "olga": ("Olga Brandt", Role.MARKETING_OWNER),
    "anna": ("Anna Weiss", Role.ANALYST),
    "axel": ("Axel Moor", Role.ANALYST),
    "chen": ("Chen Rowe", Role.CHANNEL_OWNER),
    "priya": ("Priya Nair", Role.PRIVACY_REVIEWER),
    "eve": ("Eve Castell", Role.EXECUTIVE),
    "sue": ("Sue Park", Role.SUPPORT),
    "aud": ("Aud Berg", Role.AUDITOR),
    "ada": ("Ada Cole", Role.ADMIN),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


def _executable() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found:
        return found
    missing = "No chromium on this machine: sudo apt-get install chromium"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a file; while it runs, Django meets its event loop in our thread."""
    executable = _executable()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(transactional_db: None, live_server: Any, settings: Any) -> Iterator[str]:
    settings.REQUIRE_MFA = False
    snapshot.forget()
    yield live_server.url
    snapshot.forget()
    connections.close_all()


@pytest.fixture
def staff(site: str) -> dict[str, User]:
    now = clock()
    seed_standard(now)
    return {name: _add(now, name, *who) for name, who in CAST.items()}


def _add(now: datetime, username: str, full_name: str, role: Role) -> User:
    return people.add(
        by=Actor.system(),
        now=now,
        username=username,
        email=f"{username}@example.org",
        display_name=full_name,
        password=PASSWORD,
        roles=[role],
    )


@pytest.fixture
def sit(
    chromium: Browser, site: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Desk]]:
    """Open a browser of one's own; nothing may have gone wrong in it by the end."""
    desks: list[Desk] = []

    def opened(**more: Any) -> Desk:
        desks.append(Desk.opened(chromium, site, **more))
        return desks[-1]

    yield opened
    if request.node.stash.get(FAILED, False):
        _leave_pictures(desks, tmp_path)
    problems = [problem for desk in desks for problem in desk.problems]
    for desk in desks:
        desk.page.context.close()
    assert problems == []


def _leave_pictures(desks: list[Desk], folder: Path) -> None:
    for n, desk in enumerate(desks):
        path = folder / f"desk-{n}.png"
        desk.page.screenshot(path=path, full_page=True)
        print(f"{desk.page.url} when it failed: {path}")


@pytest.fixture
def desk_of(sit: Callable[..., Desk], staff: dict[str, User]) -> Callable[..., Desk]:
    """Somebody's own browser, signed in by the form."""
    return lambda name, **more: sit(**more).sign_in(name, PASSWORD)


def session_of(user: User, site: str) -> list[dict[str, Any]]:
    """The cookie of a session of this user, for tests that are not about signing in."""
    client = Client()
    client.force_login(user)
    found = client.cookies["attune_session"].value
    return [{"name": "attune_session", "value": found, "url": site}]


@pytest.fixture
def cast(staff: dict[str, User]) -> dict[str, User]:
    """The people whom the shared steps of a use case ask for."""
    return staff


@pytest.fixture
def world(site: str, cast: dict[str, User], running: str) -> World:  # noqa: F811
    return first_decisions(site, cast["ada"])
