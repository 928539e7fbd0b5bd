from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.templatetags.fmt import when_text
from governance.access.queries import ApiKey


@dataclass(frozen=True, slots=True)
class KeyRow:
    public_id: str
    name: str
    scopes: str
    state: str
    tone: str
    last_used: str
    expires: str
    issued: str
    is_open: bool
    dialog: str


def row(key: ApiKey, now: datetime) -> KeyRow:
    state, tone = _state(key, now)
    return KeyRow(
        public_id=key.public_id,
        name=key.name,
        scopes=", ".join(key.scopes),
        state=state,
        tone=tone,
        last_used=when_text(key.last_used_at) if key.last_used_at else "Not yet",
        expires=when_text(key.expires_at),
        issued=f"{when_text(key.created_at)} by {key.created_by.display_name}",
        is_open=state == "Works",
        dialog=f"revoke-{key.public_id}",
    )


def _state(key: ApiKey, now: datetime) -> tuple[str, str]:
    if key.revoked_at is not None:
        return "Revoked", ""
    if key.expires_at <= now:
        return "Run out", "caution"
    return "Works", "positive"
