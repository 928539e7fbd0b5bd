from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from governance.access.models import ApiKey
from governance.people.models import RoleAssignment, User
from governance.types import Actor, ActorKind, Role, Scope

__all__ = ["ApiKey", "actor_of", "actor_of_key", "keys"]


def actor_of(user: User) -> Actor:
    """One query: the roles count as they stand now, not as at sign-in."""
    roles = RoleAssignment.objects.filter(user=user, ended_at=None).values_list(
        "role", flat=True
    )
    return Actor(
        id=user.pk,
        username=user.username,
        label=user.display_name,
        roles=frozenset(Role(role) for role in roles),
    )


def actor_of_key(presented: str, now: datetime) -> Actor | None:
    """The actor behind an API key, or None for one that is unknown, revoked or over."""
    parts = presented.split("_")
    if len(parts) != 4:
        return None
    key = ApiKey.objects.filter(
        public_id=parts[2], revoked_at=None, expires_at__gt=now
    ).first()
    digest = hashlib.sha256(presented.encode()).hexdigest()
    if key is None or not hmac.compare_digest(key.secret_sha256, digest):
        return None
    return Actor(
        id=key.pk,
        username=key.public_id,
        label=f"API key {key.name}",
        kind=ActorKind.API_KEY,
        scopes=frozenset(Scope(scope) for scope in key.scopes),
    )


def keys() -> list[ApiKey]:
    return list(ApiKey.objects.select_related("created_by").order_by("-created_at"))
