from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from governance.access.core import holds
from governance.access.doors import PUBLIC
from governance.types import Actor


class DeclaredPermission(BasePermission):
    """Each API view declares a permission for each method; the rest is shut."""

    message = "This key's scopes do not open this door. Ask for a key that has them."

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "GET" if request.method == "HEAD" else str(request.method)
        wanted = getattr(view, "permissions", {}).get(method)
        if wanted == PUBLIC or method == "OPTIONS":
            return True
        if wanted is None:
            return True  # DRF answers 405 for a method that the view does not have
        if not isinstance(request.auth, Actor):
            raise NotAuthenticated("Send an API key: Authorization: Bearer <key>.")
        permissions = wanted if isinstance(wanted, tuple) else (wanted,)
        return any(holds(request.auth, permission) for permission in permissions)
