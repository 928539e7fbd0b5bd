from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from django.db import connection, transaction
from django.http import HttpRequest

SIGN_IN_LOCK = 7_201_131


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by an admin; nobody signs up by themselves."""

    error_messages = {  # noqa: RUF012 - the library's own attribute, a plain dict
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": (
            "User name and password do not belong together. Check both; after ten "
            "failures the name is closed for 15 minutes."
        ),
        "too_many_login_attempts": (
            "Too many failed attempts. Wait 15 minutes, then try again."
        ),
        "incorrect_code": "That code is not right. Type the newest one from the app.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:  # noqa: ARG002
        """A sign-in within the last ten minutes is as good as a confirmation."""
        request = context.request
        records = get_authentication_records(request, request.user)
        latest = max((record["at"] for record in records), default=0)
        return bool(time.time() - latest > app_settings.REAUTHENTICATION_TIMEOUT)  # noqa: TID251 - the library's own clock

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Attempts on one name wait for each other, so that their count is exact."""
        name = str(credentials.get("username", "")).lower()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(%s, hashtext(%s))",
                    [SIGN_IN_LOCK, name.replace("\0", "")],
                )
            return super().authenticate(request, **credentials)
