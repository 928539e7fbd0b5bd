from __future__ import annotations

from typing import Any

from decisioning.revisions.core import Kind, content_of
from decisioning.revisions.models import Revision

__all__ = [
    "Revision",
    "history",
    "snapshot_by_digest",
    "snapshot_of",
    "wanted_content",
]


def history(kind: Kind, object_key: str) -> list[Revision]:
    return list(
        Revision.objects.filter(kind=kind.value, object_key=object_key).order_by(
            "-number"
        )
    )


def snapshot_of(kind: Kind, object_key: str, number: int) -> dict[str, Any]:
    revision = Revision.objects.get(
        kind=kind.value, object_key=object_key, number=number
    )
    return dict(revision.snapshot)


def snapshot_by_digest(kind: Kind, digest: str) -> dict[str, Any] | None:
    found = Revision.objects.filter(kind=kind.value, digest=digest).first()
    return dict(found.snapshot) if found else None


def wanted_content(kind: Kind, object_key: str, row: Any) -> dict[str, Any]:
    """What an editor goes on from: the waiting draft where there is one, else live."""
    if row.draft_revision is None:
        return content_of(kind, row)
    return snapshot_of(kind, object_key, row.draft_revision)
