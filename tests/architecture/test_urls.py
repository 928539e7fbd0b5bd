"""Every URL, by every role, scope and method, against the hand-written table."""

from __future__ import annotations

import logging
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.pages.navigation import AREAS, ON_TOP
from governance.access import actions as access
from governance.access.core import PERMISSIONS
from governance.access.doors import declared
from governance.catalogue.actions import seed_standard
from governance.installation.queries import now as clock
from governance.types import Actor, Role
from tests.architecture.authz_table import (
    API,
    EVERYBODY,
    FOREIGN_TO_MK,
    PAGES,
    ROLES,
    SCOPES,
)
from tests.architecture.doors import (
    METHODS,
    OURS,
    ROUTES,
    address,
    ask,
    fits,
    furnish,
    may,
    told,
)
from tests.factories import configuration as make

WRITES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?', re.IGNORECASE)
BOOKKEEPING = {"django_session"}
TRIES_ALL = "AD"  # who tries the methods that nobody may use, and HEAD


@pytest.fixture(autouse=True)
def _unlogged():
    """Thousands of refusals, each of which would be told at length."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def enter(db):
    """Signs in somebody with a role, once."""
    seed_standard(clock())

    def by(letters):
        return make.signed_in(
            make.person(letters.lower(), Role(ROLES[letters]), now=clock())
        )

    return by


@pytest.fixture
def issue(db):
    """Gives a bearer of a new key with one scope."""

    def of(scope):
        owner = make.person(f"owner-of-{scope}", Role.ADMIN, now=clock())
        _, text = access.issue_key(
            by=Actor.system(),
            now=clock(),
            owner_id=owner.pk,
            name=scope,
            scopes=[scope],
        )
        return {"Authorization": f"Bearer {text}"}

    return of


def test_every_url_stands_in_the_table_and_nothing_else_does():
    assert set(OURS) == set(PAGES) | set(API)


def test_every_view_declares_its_permissions():
    assert [route for route in OURS if declared(ROUTES[route]) is None] == []


@pytest.mark.parametrize("letters", sorted(ROLES))
def test_each_page_opens_to_those_in_its_row_and_to_nobody_else(letters, enter):
    client = enter(letters)
    wrong = []

    for route, row in PAGES.items():
        for method in METHODS:
            is_open = may(row, method, letters)
            if letters != TRIES_ALL and (is_open is None or method == "HEAD"):
                continue
            answer = ask(client, method, address(route))
            if not fits(answer, is_open):
                wrong.append(told(method, route, answer))

    assert wrong == [], wrong


@pytest.mark.parametrize("letters", sorted(ROLES))
def test_what_is_there_is_shown_to_those_in_its_row_and_to_nobody_else(letters, enter):
    client, things = enter(letters), furnish()
    wrong = []

    for route, row in PAGES.items():
        start = route.partition("<")[0]
        if route.count("<") != 1 or start not in things or "GET" not in row:
            continue
        answer = ask(client, "GET", address(route, things))
        shown = 200 if may(row, "GET", letters) else 403
        if letters == "MK":
            shown = FOREIGN_TO_MK.get(route, shown)
        if answer.status_code != shown and not (
            shown == 200 and is_led_on(route, answer)
        ):
            wrong.append(told("GET", route, answer))

    assert wrong == [], wrong


def is_led_on(route, answer):
    """A fragment's address, asked for without script, leads to its page."""
    return route.endswith("/progress/") and answer.status_code == 302


def test_a_stranger_is_led_to_sign_in(db):
    stranger = Client()
    wrong = []

    for route, row in PAGES.items():
        for method in METHODS:
            answer = ask(stranger, method, address(route))
            if EVERYBODY in row.values():
                good = fits(answer, may(row, method, EVERYBODY))
            else:
                good = answer.get("Location", "").startswith("/accounts/login/")
            if not good:
                wrong.append(told(method, route, answer))

    assert wrong == [], wrong


@pytest.mark.parametrize("scope", SCOPES)
def test_each_api_door_opens_to_its_scopes_and_to_nobody_else(scope, issue):
    client, bearer = Client(), issue(scope)
    wrong = []

    for route, row in API.items():
        for method in METHODS:
            if method == "OPTIONS":
                continue  # describes the door, opens nothing
            answer = ask(client, method, address(route), **bearer)
            if not fits(answer, may(row, method, scope)):
                wrong.append(told(method, route, answer))

    assert wrong == [], wrong


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_without_a_key_no_api_door_opens_not_even_to_an_admin(is_signed_in, enter):
    client = enter("AD") if is_signed_in else Client()
    wrong = []

    for route, row in API.items():
        for method in METHODS:
            is_open = may(row, method, "")
            if is_open or method == "OPTIONS":
                continue
            answer = ask(client, method, address(route))
            if answer.status_code != (405 if is_open is None else 401):
                wrong.append(told(method, route, answer))

    assert wrong == [], wrong


def test_a_revoked_key_opens_nothing_from_the_next_request_on(issue):
    bearer = issue("read")
    assert ask(Client(), "GET", "/api/v1/use-cases", **bearer).status_code == 200

    access.revoke_key(
        by=Actor.system(),
        now=clock(),
        public_id=bearer["Authorization"].split("_")[2],
    )

    assert ask(Client(), "GET", "/api/v1/use-cases", **bearer).status_code == 401


@pytest.mark.parametrize("letters", ["MO", "PR", "AU", "AD"])
def test_reading_a_page_writes_nothing(letters, enter):
    client, things = enter(letters), furnish()

    assert written(PAGES, letters, things, client) == {}


@pytest.mark.parametrize("scope", ["read", "manage"])
def test_reading_the_api_writes_nothing(scope, issue):
    bearer, things = issue(scope), furnish()

    assert written(API, scope, things, Client(), **bearer) == {}


def written(table, who, things, client, **headers):
    """The tables that answering a GET writes to, by route."""
    wrote = {}
    for route, row in table.items():
        if not may(row, "GET", who):
            continue
        with CaptureQueriesContext(connection) as seen:
            ask(client, "GET", address(route, things), **headers)
        found = (WRITES.match(query["sql"]) for query in seen.captured_queries)
        if tables := {match.group(1) for match in found if match} - BOOKKEEPING:
            wrote[route] = tables
    return wrote


@pytest.mark.parametrize("key", sorted(AREAS))
def test_a_link_is_shown_exactly_to_those_who_may_follow_it(key):
    area = AREAS[key]
    route = reverse(area.url_name).lstrip("/")
    offered = {
        letters
        for letters, role in ROLES.items()
        if any(Role(role) in PERMISSIONS[p] for p in area.permissions)
    }

    assert offered == set(PAGES[route]["GET"].split())


@pytest.mark.parametrize("letters", sorted(ROLES))
def test_the_foot_of_the_page_leads_to_all_that_a_role_may_open(letters, enter):
    client = enter(letters)
    open_areas = {
        reverse(area.url_name)
        for area in AREAS.values()
        if any(Role(ROLES[letters]) in PERMISSIONS[p] for p in area.permissions)
    }

    page = client.get("/search/").content.decode()

    foot = page.partition('<footer class="foot">')[2]
    assert set(re.findall(r'href="([^"]+)"', foot)) == open_areas


def test_every_role_has_its_links_and_none_that_is_shut():
    assert set(ON_TOP) == set(Role)
    for role, links in ON_TOP.items():
        letters = next(short for short, name in ROLES.items() if name == role.value)
        for key in links:
            route = reverse(AREAS[key].url_name).lstrip("/")
            assert letters in PAGES[route]["GET"].split(), (role, key)
