"""Caps and budgets: a lower one holds at once, a higher one is signed first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from decisioning.caps.core import budget_problems, cap_problems
from decisioning.caps.models import Budget, Cap
from decisioning.revisions import actions as revisions
from decisioning.revisions.actions import must_write, new_key, owner_of
from decisioning.revisions.core import Kind
from governance.access.core import Permission
from governance.audit import actions as audit
from governance.types import Actor, Invalid, NotFound, SubjectRef


@transaction.atomic
def save_cap(
    *,
    by: Actor,
    now: datetime,
    name: str,
    scope: str,
    n: int,
    window: timedelta,
    scope_key: str = "",
    key: str | None = None,
    owner_id: int | None = None,
) -> Cap:
    row = _find(Cap, key)
    must_write(by, Permission.CAPS_WRITE, row.created_by_id if row else None)
    problems = cap_problems(
        name=name, scope=scope, scope_key=scope_key, n=n, window=window
    )
    if problems:
        raise Invalid(problems)
    row = row or Cap(key=_key(Cap, name), created_by_id=owner_of(by, owner_id))
    row.name, row.scope = name.strip(), scope
    row.scope_key = "" if scope == "all" else scope_key
    row.n, row.window = n, window
    revisions.save(by=by, now=now, kind=Kind.CAP, row=row, name=name)
    return row


@transaction.atomic
def save_budget(
    *,
    by: Actor,
    now: datetime,
    name: str,
    scope: str,
    scope_key: str,
    limit_minor: int,
    currency: str,
    starts_at: datetime | None,
    ends_at: datetime | None = None,
    key: str | None = None,
    owner_id: int | None = None,
) -> Budget:
    row = _find(Budget, key)
    must_write(by, Permission.CAPS_WRITE, row.created_by_id if row else None)
    wanted: dict[str, Any] = {
        "name": name,
        "scope": scope,
        "scope_key": scope_key,
        "limit_minor": limit_minor,
        "currency": currency,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }
    problems = budget_problems(used_minor=row.used_minor if row else 0, **wanted)
    if problems:
        raise Invalid(problems)
    row = row or Budget(key=_key(Budget, name), created_by_id=owner_of(by, owner_id))
    for field, value in wanted.items():
        setattr(row, field, value)
    revisions.save(by=by, now=now, kind=Kind.BUDGET, row=row, name=name)
    return row


@transaction.atomic
def retire_cap(*, by: Actor, now: datetime, key: str) -> Cap:
    """Without this cap more contacts are possible, so a signed use case notices."""
    row: Cap = _find(Cap, key)
    must_write(by, Permission.CAPS_WRITE, row.created_by_id)
    if row.retired_at is None:
        row.retired_at = row.changed_at = now
        row.save()
        audit.record(by=by, now=now, type="cap.retired", subject=SubjectRef("cap", key))
    return row


def _key(model: type[Cap] | type[Budget], name: str) -> str:
    return new_key(
        name,
        taken=lambda key: model._default_manager.filter(key=key).exists(),
        kind=model.__name__.lower(),
    )


def _find(model: type[Any], key: str | None) -> Any:
    if key is None:
        return None
    row = model.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound(f"There is no such {model.__name__.lower()}.")
    return row
