"""From draft to live: asking for review, promoting what was signed, applying now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction

from decisioning.caps.models import Budget, Cap
from decisioning.offers.models import Creative, Offer, Placement
from decisioning.publishing import queries
from decisioning.publishing.queries import Part
from decisioning.revisions.actions import write_live
from decisioning.revisions.core import Kind, digest
from decisioning.revisions.queries import snapshot_of
from decisioning.segments.models import Segment
from governance.types import Actor, GovernanceError, Invalid
from governance.usecases import actions as use_cases
from governance.usecases import queries as use_case_queries
from governance.usecases.core.content import UseCaseContent

MODELS: Mapping[Kind, Any] = {
    Kind.OFFER: Offer,
    Kind.CREATIVE: Creative,
    Kind.PLACEMENT: Placement,
    Kind.SEGMENT: Segment,
    Kind.CAP: Cap,
    Kind.BUDGET: Budget,
}


@transaction.atomic
def submit(*, by: Actor, now: datetime, key: str) -> None:
    """Ask for review of the draft, pinned to everything it refers to as it stands."""
    version = use_case_queries.version(key)
    content = UseCaseContent.from_dict(version.content)
    lost = queries.missing(content)
    if lost:
        raise Invalid({"reach": "These are missing or retired: " + ", ".join(lost)})
    use_cases.submit(
        by=by,
        now=now,
        key=key,
        references=queries.references(content),
        facts=queries.facts(content, now),
    )


@transaction.atomic
def promote(*, now: datetime, key: str, number: int) -> None:
    """Put every revision that was signed into the live rows, and serve the version."""
    version = use_case_queries.version(key, number)
    content = UseCaseContent.from_dict(version.content)
    parts = queries.live_parts(content)
    for name, pin in version.references.items():
        part = parts.get(name)
        if part is not None and not _stands(part, pin):
            _write(part, int(pin["revision"]), str(pin["digest"]), now)
    use_cases.make_serving(
        by=Actor.system("publishing"), now=now, key=key, version_number=number
    )


@transaction.atomic
def apply_now(*, by: Actor, now: datetime, key: str) -> None:
    """Make waiting edits live at once.

    The signatures no longer cover what is live, so customers get the default from the
    next decision until people have signed again; a complete draft goes to review.
    """
    use_cases.apply_now(by=by, now=now, key=key)
    serving = use_case_queries.version(key)
    content = UseCaseContent.from_dict(serving.content)
    for part in queries.live_parts(content).values():
        number = part.row.draft_revision
        if number is not None:
            snapshot = snapshot_of(part.kind, part.key, number)
            _write(part, number, digest(part.kind, snapshot), now)
    # An incomplete draft stays a draft: its page says what it lacks for review.
    with suppress(GovernanceError), transaction.atomic():
        submit(by=by, now=now, key=key)


def _write(part: Part, number: int, digest_text: str, now: datetime) -> None:
    row = MODELS[part.kind].objects.select_for_update().get(pk=part.row.pk)
    write_live(
        row,
        snapshot_of(part.kind, part.key, number),
        number=number,
        digest_text=digest_text,
        now=now,
    )


def _stands(part: Part, pin: Mapping[str, Any]) -> bool:
    """Whether the live row may stay: it is what was signed, or was lowered since."""
    lowered = part.row.revision > int(pin["revision"])
    return part.digest == pin["digest"] or (
        lowered and queries.holds(part, str(pin["digest"]))
    )


def is_served(kind: Kind, key: str) -> bool:
    """Whether a serving, signed version pins this object."""
    return bool(use_case_queries.served_by(f"{kind.value}:{key}"))


def after_draft(kind: Kind, key: str, by: Actor, now: datetime) -> None:
    """Open the next version of each use case that serves the edited object.

    A new creative has not been signed by anybody: it belongs to its offer's use cases.
    """
    affected = list(use_case_queries.served_by(f"{kind.value}:{key}"))
    if kind is Kind.CREATIVE and not affected:
        affected = list(use_case_queries.served_by(f"offer:{key.split('/')[0]}"))
    for use_case_key in affected:
        use_cases.open_next_draft(
            by=by, now=now, key=use_case_key, part=f"{kind.value}:{key}"
        )
