"""The people and keys of the demo, with passwords made at first start."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from governance.access import actions as access
from governance.access import queries as access_queries
from governance.people import actions as people
from governance.people import queries as people_queries
from governance.types import Actor, Role, Scope

SYSTEM = Actor.system("demo")
SIGN_INS: tuple[tuple[Role, str], ...] = (
    (Role.MARKETER, "Demo Marketer"),
    (Role.MARKETING_OWNER, "Demo Marketing Owner"),
    (Role.ANALYST, "Demo Analyst"),
    (Role.CHANNEL_OWNER, "Demo Channel Owner"),
    (Role.PRIVACY_REVIEWER, "Demo Privacy Reviewer"),
    (Role.EXECUTIVE, "Demo Executive"),
    (Role.SUPPORT, "Demo Support"),
    (Role.AUDITOR, "Demo Auditor"),
    (Role.ADMIN, "Demo Admin"),
)
KEYS: tuple[tuple[str, str, tuple[Scope, ...]], ...] = (
    ("writeKey", "Shop events", (Scope.INGEST,)),
    ("apiKey", "Shop decisions", (Scope.DECIDE, Scope.READ)),
    ("manageKey", "Configuration scripts", (Scope.MANAGE, Scope.READ)),
)


def add_people(now: datetime) -> dict[str, dict[str, str]]:
    """One sign-in a role; gives user names and passwords by role."""
    sign_ins = {}
    for role, label in SIGN_INS:
        username = role.value.replace("_", ".")
        password = f"{secrets.token_urlsafe(12)}-demo"
        people.add(
            by=SYSTEM,
            now=now,
            username=username,
            email=f"{username}@kestrel.example",
            display_name=label,
            password=password,
            roles=[role],
        )
        sign_ins[role.value] = {"username": username, "password": password}
    return sign_ins


def issue_keys(now: datetime) -> dict[str, str]:
    owner = people_queries.person("admin")
    assert owner is not None
    issued: dict[str, str] = {}
    for name, label, scopes in KEYS:
        _, issued[name] = access.issue_key(
            by=SYSTEM, now=now, owner_id=owner.pk, name=label, scopes=scopes
        )
    return issued


def actor(role: Role) -> Actor:
    user = people_queries.person(role.value.replace("_", "."))
    if user is None:
        raise LookupError(f"The demo has no sign-in for {role.label}.")
    return access_queries.actor_of(user)


def secrets_of(
    sign_ins: dict[str, dict[str, str]], keys: dict[str, str]
) -> dict[str, Any]:
    return {**keys, "users": sign_ins}
