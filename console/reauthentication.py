"""Whether a person proved just now who they are: for signatures and exports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.urls import reverse

from governance.signoffs.core import REAUTH_WITHIN


def proved_at(request: Any) -> datetime | None:
    """When this person last proved who they are."""
    times = [record["at"] for record in get_authentication_records(request)]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def is_fresh(at: datetime | None, now: datetime) -> bool:
    if not settings.REQUIRE_MFA:
        return True
    return at is not None and now - REAUTH_WITHIN <= at


def address(back: str) -> str:
    """Where to prove it again, and then come back."""
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}"
