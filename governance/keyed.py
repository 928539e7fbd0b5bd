"""Keyed hashes of identities: know a name again without keeping it.

HMAC-SHA-256 (RFC 2104) under the key of the suppression list, which outlives every
other key. Whoever has the database but not the key can neither read nor guess.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def identity_hash(kind: str, value: str) -> str:
    """64 hexadecimal digits for one name of one kind, the same for ever."""
    message = f"identity.{kind}\n{value}".encode()
    key = settings.SUPPRESSION_KEY.encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
