from __future__ import annotations

from governance.people.models import User
from governance.types import Role

__all__ = ["User", "everyone", "holders_of", "person"]


def everyone() -> list[User]:
    return list(
        User.objects.prefetch_related("role_assignments").order_by("display_name")
    )


def person(username: str) -> User | None:
    return User.objects.filter(username__iexact=username).first()


def holders_of(role: Role) -> list[User]:
    return list(
        User.objects.filter(
            is_active=True,
            role_assignments__role=role.value,
            role_assignments__ended_at=None,
        ).order_by("display_name")
    )
