from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.people.models import RoleAssignment, User
from governance.types import (
    Actor,
    ActorKind,
    Invalid,
    NotFound,
    Refused,
    Role,
    SubjectRef,
)


@transaction.atomic
def add(
    *,
    by: Actor,
    now: datetime,
    username: str,
    email: str,
    display_name: str,
    password: str,
    roles: Collection[Role],
) -> User:
    _must_manage_people(by)
    user = User(
        username=username.strip(),
        email=email.strip(),
        display_name=display_name.strip(),
        date_joined=now,
    )
    user.set_password(password)
    _check(user, password)
    user.save()
    audit.record(
        by=by,
        now=now,
        type="user.added",
        subject=SubjectRef("user", user.username),
        details={"roles": sorted(role.value for role in roles)},
    )
    for role in roles:
        _grant(by, now, user, role)
    return user


@transaction.atomic
def set_roles(
    *, by: Actor, now: datetime, username: str, roles: Collection[Role]
) -> User:
    """Takes effect on the person's next request."""
    _must_manage_people(by)
    user = _locked(username)
    held = {a.role: a for a in user.role_assignments.filter(ended_at=None)}
    for role in sorted(set(roles) - set(held)):
        _grant(by, now, user, Role(role))
    for gone in sorted(set(held) - set(roles)):
        held[gone].ended_at = now
        held[gone].save()
    audit.record(
        by=by,
        now=now,
        type="user.roles_set",
        subject=SubjectRef("user", user.username),
        details={"from": sorted(held), "to": sorted(role.value for role in roles)},
    )
    return user


@transaction.atomic
def set_active(*, by: Actor, now: datetime, username: str, active: bool) -> User:
    """Someone who is switched off is signed out on their next request."""
    _must_manage_people(by)
    user = _locked(username)
    user.is_active = active
    user.save()
    audit.record(
        by=by,
        now=now,
        type="user.activated" if active else "user.deactivated",
        subject=SubjectRef("user", user.username),
    )
    return user


def _grant(by: Actor, now: datetime, user: User, role: Role) -> None:
    RoleAssignment.objects.create(
        user=user,
        role=role.value,
        granted_by_id=by.id if by.kind is ActorKind.PERSON else None,
        granted_at=now,
    )


def _check(user: User, password: str) -> None:
    errors = {}
    for field in ("username", "email", "display_name"):
        if not getattr(user, field):
            errors[field] = "Fill this in."
    if User.objects.filter(username__iexact=user.username).exists():
        errors["username"] = "Somebody has this name already. Choose another."
    if User.objects.filter(email__iexact=user.email).exists():
        errors["email"] = "Somebody has this address already."
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors["password"] = " ".join(error.messages)
    if errors:
        raise Invalid(errors)


def _locked(username: str) -> User:
    user = User.objects.select_for_update().filter(username__iexact=username).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user


def _must_manage_people(by: Actor) -> None:
    if by.kind is not ActorKind.SYSTEM and not holds(by, Permission.USERS_MANAGE):
        raise Refused("Only an admin adds people or changes their roles.")
