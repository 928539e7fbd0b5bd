"""A house with one person a role, signed in."""

from __future__ import annotations

import pytest

from governance.installation.queries import now as clock
from governance.types import Role
from tests.factories import configuration as make

ROLES = {
    "mara": Role.MARKETER,
    "olga": Role.MARKETING_OWNER,
    "anna": Role.ANALYST,
    "priya": Role.PRIVACY_REVIEWER,
    "sue": Role.SUPPORT,
    "aud": Role.AUDITOR,
    "ada": Role.ADMIN,
}


@pytest.fixture
def cast(db, settings):
    settings.REQUIRE_MFA = False
    return {name: make.person(name, role, now=clock()) for name, role in ROLES.items()}


@pytest.fixture
def clients(cast):
    return {name: make.signed_in(user) for name, user in cast.items()}
