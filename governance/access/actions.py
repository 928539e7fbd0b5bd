from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from governance.access.core import Permission, holds
from governance.access.models import ApiKey
from governance.audit import actions as audit
from governance.types import (
    Actor,
    ActorKind,
    Invalid,
    NotFound,
    Refused,
    Scope,
    SubjectRef,
)

LONGEST_LIFE = timedelta(days=365)


@transaction.atomic
def issue_key(
    *,
    by: Actor,
    now: datetime,
    owner_id: int,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; the second value is its text, which is shown once and not kept."""
    _must_manage_keys(by)
    errors = {}
    if not name.strip():
        errors["name"] = "Give the key a name, so that you know whom to ask later."
    unknown = sorted(set(scopes) - {scope.value for scope in Scope})
    if unknown or not scopes:
        errors["scopes"] = "Choose at least one of: ingest, decide, read, manage."
    expires_at = expires_at or now + LONGEST_LIFE
    if not now < expires_at <= now + LONGEST_LIFE:
        errors["expires_at"] = "Choose a day within the next 365 days."
    if errors:
        raise Invalid(errors)
    public_id = secrets.token_hex(6)
    text = f"pk_live_{public_id}_{secrets.token_hex(32)}"
    key = ApiKey.objects.create(
        name=name.strip(),
        public_id=public_id,
        secret_sha256=hashlib.sha256(text.encode()).hexdigest(),
        scopes=sorted(set(scopes)),
        created_by_id=owner_id,
        created_at=now,
        expires_at=expires_at,
    )
    audit.record(
        by=by,
        now=now,
        type="api_key.issued",
        subject=SubjectRef("api_key", public_id),
        details={"name": key.name, "scopes": key.scopes},
    )
    return key, text


@transaction.atomic
def revoke_key(*, by: Actor, now: datetime, public_id: str) -> ApiKey:
    """From the next request on, the key opens nothing."""
    _must_manage_keys(by)
    key = ApiKey.objects.select_for_update().filter(public_id=public_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    if key.revoked_at is None:
        key.revoked_at = now
        key.save()
        audit.record(
            by=by,
            now=now,
            type="api_key.revoked",
            subject=SubjectRef("api_key", public_id),
        )
    return key


def _must_manage_keys(by: Actor) -> None:
    if by.kind is not ActorKind.SYSTEM and not holds(by, Permission.KEYS_MANAGE):
        raise Refused("Only an admin issues or revokes API keys.")
