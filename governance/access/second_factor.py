"""Whether somebody still has to set up a second factor before anything else."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings

SET_UP = "mfa_activate_totp"


def is_missing(user: Any) -> bool:
    """One query where ``REQUIRE_MFA`` is set, none elsewhere."""
    if not settings.REQUIRE_MFA:
        return False
    return not is_mfa_enabled(user, [Authenticator.Type.TOTP])
