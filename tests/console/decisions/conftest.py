"""A cast, signed in."""

from __future__ import annotations

import pytest

from governance.installation.queries import now as clock
from governance.types import Role
from tests.factories import configuration as make

ROLES = {
    "mara": Role.MARKETER,
    "olga": Role.MARKETING_OWNER,
    "anna": Role.ANALYST,
    "chen": Role.CHANNEL_OWNER,
    "priya": Role.PRIVACY_REVIEWER,
    "eve": Role.EXECUTIVE,
    "sue": Role.SUPPORT,
    "aud": Role.AUDITOR,
    "ada": Role.ADMIN,
}


@pytest.fixture
def cast(db, settings):
    settings.REQUIRE_MFA = False
    now = clock()
    return {name: make.person(name, role, now=now) for name, role in ROLES.items()}


@pytest.fixture
def clients(cast):
    return {name: make.signed_in(user) for name, user in cast.items()}
