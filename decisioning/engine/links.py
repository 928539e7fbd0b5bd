"""Links of the customer's own pages: signed, for one purpose, with nothing to read."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django.core.signing import BadSignature, Signer

WHY, PREFERENCES = "attune.why", "attune.preferences"
UNSUBSCRIBE = "attune.unsubscribe"


@cache
def _signer(purpose: str) -> Signer:
    return Signer(salt=purpose, sep=".")


def make_why_token(decision_id: UUID | str) -> str:
    return _signer(WHY).sign(str(decision_id).replace("-", ""))


def read_why_token(token: str) -> UUID | None:
    """The decision a link speaks of, or None for a link that we did not make."""
    value = _read(WHY, token)
    return UUID(hex=value) if value else None


def make_preferences_token(person_id: int) -> str:
    return _signer(PREFERENCES).sign(f"{person_id:x}")


def read_preferences_token(token: str) -> int | None:
    """The person whose preferences a link opens, or None."""
    value = _read(PREFERENCES, token)
    return int(value, 16) if value else None


def make_unsubscribe_token(person_id: int) -> str:
    """For the List-Unsubscribe header; opens nothing but that."""
    return _signer(UNSUBSCRIBE).sign(f"{person_id:x}")


def read_unsubscribe_token(token: str) -> int | None:
    """The person who wants no more e-mail, or None."""
    value = _read(UNSUBSCRIBE, token)
    return int(value, 16) if value else None


def _read(purpose: str, token: str) -> str | None:
    try:
        return _signer(purpose).unsign(token)
    except BadSignature:
        return None
