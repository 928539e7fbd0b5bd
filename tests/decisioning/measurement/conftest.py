"""People who measure, and a key that may read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from decisioning.engine.imports import import_dataset
from governance.access.actions import issue_key
from governance.catalogue.actions import seed_standard
from governance.people.models import RoleAssignment, User
from governance.types import Actor, Role, Scope
from tests.datasets import dataset

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def staff(name: str, *roles: Role) -> Actor:
    user, _ = User.objects.get_or_create(
        username=name,
        defaults={
            "email": f"{name}@example.org",
            "display_name": name.capitalize(),
            "date_joined": NOW,
        },
    )
    return Actor(user.pk, name, name.capitalize(), frozenset(roles))


def grant(who: Actor, role: Role = Role.ANALYST) -> None:
    """The role as a row, for work that looks up its starter's roles by itself."""
    RoleAssignment.objects.create(
        user_id=who.id, role=role.value, granted_by_id=who.id, granted_at=NOW
    )


@pytest.fixture
def analyst(db: None) -> Actor:
    return staff("ana", Role.ANALYST, Role.MARKETING_OWNER)


@pytest.fixture
def reader(db: None) -> dict[str, str]:
    """Headers of a key that may read."""
    from governance.installation.queries import now

    admin = staff("ada", Role.ADMIN)
    _, presented = issue_key(
        by=admin, now=now(), owner_id=admin.id, name="read", scopes=[Scope.READ]
    )
    return {"Authorization": f"Bearer {presented}"}


def loaded(blocker: Any, name: str) -> Iterator[Actor]:
    """The data set in a transaction around all tests of the module that use it."""
    folder = dataset(name)
    with blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        by = staff("ana", Role.ANALYST, Role.MARKETING_OWNER)
        seed_standard(NOW)
        import_dataset(by=by, now=NOW, name=name, path=folder)
    yield by
    with blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)
