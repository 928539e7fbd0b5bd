"""Django's admin: for the admin role alone, and what is governed is only read there."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from governance.installation.queries import now as clock
from governance.types import Role
from tests.architecture.authz_table import ROLES
from tests.architecture.doors import ADMIN, ROUTES, address, ask, told
from tests.factories import configuration as make

DOORS = [route for route in ROUTES if route.startswith(ADMIN)]
GOVERNED = re.compile(r"admin/(governance|decisioning)/\w+/add/")


@pytest.fixture
def enter(db):
    def by(letters):
        return make.signed_in(
            make.person(letters.lower(), Role(ROLES[letters]), now=clock())
        )

    return by


def url_of(route):
    return address(re.sub(r"\^\(\?P<app_label>.*", "governance/", route))


@pytest.mark.parametrize("letters", sorted(set(ROLES) - {"AD"}))
def test_no_other_role_enters_the_admin(letters, enter):
    client = enter(letters)
    others = sorted(set(ROLES) - {"AD"})
    mine = DOORS[others.index(letters) :: len(others)]

    answers = [
        (method, route, ask(client, method, url_of(route)))
        for route in mine
        for method in ("GET", "POST")
    ]

    assert len(DOORS) > 50
    assert [told(*one) for one in answers if one[2].status_code != 403] == []


def test_a_stranger_is_led_to_sign_in(db):
    stranger = Client()

    places = {ask(stranger, "GET", url_of(route)).get("Location") for route in DOORS}

    assert all(place and place.startswith("/accounts/login/") for place in places)


def test_the_admin_deletes_nothing_by_the_method_of_that_name(enter):
    client = enter("AD")

    statuses = {ask(client, "DELETE", url_of(route)).status_code for route in DOORS}

    assert statuses == {405}


def test_the_admin_adds_nothing_governed(enter):
    client = enter("AD")
    wrong = []

    for route in filter(GOVERNED.match, ROUTES):
        for method, url, expected in (
            ("GET", "/" + route.removesuffix("add/"), 200),
            ("POST", f"/{route}", 403),
        ):
            answer = ask(client, method, url)
            if answer.status_code != expected:
                wrong.append(told(method, url, answer))

    assert wrong == []


def test_the_admin_changes_no_user_and_shows_no_password(enter):
    client = enter("AD")
    user = make.person("mk", Role.MARKETER, now=clock())
    url = f"/admin/governance/user/{user.pk}/change/"

    page = ask(client, "GET", url)

    assert page.status_code == 200
    assert "password" not in page.content.decode().lower()
    assert ask(client, "POST", url).status_code == 403
