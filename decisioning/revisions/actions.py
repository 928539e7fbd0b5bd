"""Saving a governed object: a revision always, the live row only where it may."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Model
from django.utils.text import slugify

from decisioning.revisions.core import Kind, content_of, digest, is_narrower
from decisioning.revisions.models import Revision
from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.types import Actor, ActorKind, Invalid, Refused, SubjectRef

Row = Any
IsServed = Callable[[Kind, str], bool]
AfterDraft = Callable[[Kind, str, Actor, datetime], None]

_served_by: list[IsServed] = []
_after_draft: list[AfterDraft] = []


def register(is_served: IsServed, after_draft: AfterDraft) -> None:
    """Tell this concept who knows what is being served, and what follows a draft."""
    _served_by.append(is_served)
    _after_draft.append(after_draft)


def owner_of(by: Actor, owner_id: int | None) -> int:
    """Who a new object belongs to: the person, or whom an API key names."""
    found = by.id if by.kind is ActorKind.PERSON else owner_id
    if found is None:
        raise Invalid({"owner": "Say which user the new object belongs to."})
    return found


def new_key(name: str, *, taken: Callable[[str], bool], kind: str) -> str:
    """A key for the address, made from the name; a name without letters gets a number.

    Raises
    ------
    Invalid
        Where another object of the kind has this name.
    """
    key = slugify(name)[:60].strip("-")
    if key and taken(key):
        raise Invalid({"name": f"Another {kind} has this name. Choose another."})
    return key or f"{kind}-{secrets.token_hex(4)}"


def must_write(by: Actor, permission: Permission, owner_id: int | None) -> None:
    if by.kind is ActorKind.SYSTEM:
        return
    owners = None if owner_id is None else {owner_id}
    limited = Permission(f"{permission.value}_own") if owners is None else permission
    if not allows(by, limited, owners):
        raise Refused("You may change only what you own. Ask its owner or a colleague.")


def object_key(kind: Kind, row: Row) -> str:
    if kind is Kind.CREATIVE:
        return f"{row.offer_key}/{row.placement_key}/{row.key}"
    return str(row.key)


def save(*, by: Actor, now: datetime, kind: Kind, row: Row, name: str = "") -> bool:
    """Store the row's content as a new revision; True where it is live at once.

    ``row`` carries the wanted content. What a signed use case serves stays as it is:
    the new content waits as a draft revision until the next version is signed. Content
    that provably allows less than the live one waits for nobody. Names are not content.
    """
    content, key = content_of(kind, row), object_key(kind, row)
    fresh = digest(kind, content)
    stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    if stored is not None:
        _save_names(stored, row, now)
        if digest(kind, content_of(kind, stored)) == fresh:
            _drop_draft(by, now, kind, key, row)
            return True
        if _newest_draft(kind, key, stored) == fresh:
            return False
    waits = stored is not None and _must_wait(kind, key, stored, content)
    number = _append(by, now, kind, key, content, fresh)
    if waits:
        row.draft_revision = number
        type(row)._default_manager.filter(pk=row.pk).update(
            draft_revision=number, changed_at=now
        )
    else:
        row.revision, row.digest, row.draft_revision = number, fresh, None
        row.changed_at = now
        row.created_at = row.created_at or now
        row.save()
    if waits or stored is None:
        for follow in _after_draft:
            follow(kind, key, by, now)
    audit.record(
        by=by,
        now=now,
        type=f"{kind.value}.drafted" if waits else f"{kind.value}.saved",
        subject=SubjectRef(kind.value, key, fresh),
        details={"revision": number, "name": name or key},
    )
    return not waits


def _must_wait(kind: Kind, key: str, stored: Row, wanted: dict[str, Any]) -> bool:
    if is_narrower(kind, content_of(kind, stored), wanted):
        return False
    return any(served(kind, key) for served in _served_by)


def _append(
    by: Actor,
    now: datetime,
    kind: Kind,
    key: str,
    content: dict[str, Any],
    fresh: str,
) -> int:
    number = _next_number(kind, key)
    Revision.objects.create(
        kind=kind.value,
        object_key=key,
        number=number,
        snapshot=content,
        digest=fresh,
        created_by_id=by.id if by.kind is ActorKind.PERSON else None,
        created_by_label=by.label or by.username,
        created_at=now,
    )
    return number


def _newest_draft(kind: Kind, key: str, stored: Row) -> str:
    if stored.draft_revision is None:
        return ""
    found = Revision.objects.filter(
        kind=kind.value, object_key=key, number=stored.draft_revision
    ).first()
    return found.digest if found else ""


def _drop_draft(by: Actor, now: datetime, kind: Kind, key: str, row: Row) -> None:
    """Saving what is live already takes a waiting change back."""
    if row.draft_revision is None:
        return
    dropped, row.draft_revision = row.draft_revision, None
    type(row)._default_manager.filter(pk=row.pk).update(
        draft_revision=None, changed_at=now
    )
    audit.record(
        by=by,
        now=now,
        type=f"{kind.value}.draft_dropped",
        subject=SubjectRef(kind.value, key),
        details={"revision": dropped},
    )


def _save_names(stored: Row, wanted: Row, now: datetime) -> None:
    changed = [
        field
        for field in ("name", "description")
        if hasattr(stored, field) and getattr(stored, field) != getattr(wanted, field)
    ]
    if changed:
        for field in changed:
            setattr(stored, field, getattr(wanted, field))
        stored.changed_at = now
        stored.save(update_fields=[*changed, "changed_at"])


def _next_number(kind: Kind, key: str) -> int:
    last = Revision.objects.filter(kind=kind.value, object_key=key).aggregate(
        last=Max("number")
    )["last"]
    return (last or 0) + 1


def write_live(
    row: Row,
    snapshot: dict[str, Any],
    *,
    number: int,
    digest_text: str,
    now: datetime,
    skip: Collection[str] = ("offer_key", "placement_key"),
) -> None:
    """Put a stored revision into the live row."""
    put(row, snapshot, skip=skip)
    row.revision, row.digest, row.changed_at = number, digest_text, now
    if row.draft_revision is not None and row.draft_revision <= number:
        row.draft_revision = None
    row.save()


def put(
    row: Row,
    snapshot: dict[str, Any],
    *,
    skip: Collection[str] = ("offer_key", "placement_key"),
) -> None:
    """Let the row in memory read as the revision; nothing is saved."""
    for name, value in snapshot.items():
        if name not in skip:
            setattr(row, name, _from_plain(type(row), name, value))


def _from_plain(model: type[Model], name: str, value: Any) -> Any:
    if name == "window":
        return timedelta(seconds=value)
    if name.endswith("_at") and isinstance(value, str):
        return datetime.fromisoformat(value)
    field: Any = model._meta.get_field(name)
    return field.to_python(value)
