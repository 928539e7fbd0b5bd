"""Writing a use case: the draft, its next version, who wrote in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from governance.access.core import Permission, allows, holds
from governance.access.models import ApiKey
from governance.audit import actions as audit
from governance.people.models import User
from governance.types import (
    Actor,
    ActorKind,
    Conflict,
    Digest,
    Invalid,
    NotFound,
    Refused,
    State,
    SubjectRef,
    digest_of,
)
from governance.usecases.core import UseCaseContent
from governance.usecases.models import (
    StateChange,
    UseCase,
    UseCaseVersion,
    VersionEditor,
)
from governance.usecases.queries import etag, open_version, owner_ids

Status = UseCaseVersion.Status
DATA_BLOCKS = frozenset(
    {"data_uses", "lawful_basis", "eprivacy_basis", "logic", "retention"}
)
CARRIED = "carried over"
OWNER_FIELDS = ("marketing_owner", "channel_owner", "reviewer", "stop_person")


def locked(key: str) -> UseCase:
    """The use case, held until the transaction ends; every write starts here."""
    case = UseCase.objects.select_for_update().filter(key=key).first()
    if case is None:
        raise NotFound("There is no such use case.")
    return case


def user_id_of(by: Actor) -> int | None:
    """The person who answers for an act: for a key, whoever owns it."""
    if by.kind is ActorKind.PERSON:
        return by.id
    if by.kind is ActorKind.API_KEY and by.id is not None:
        return ApiKey.objects.values_list("created_by_id", flat=True).get(pk=by.id)
    return None


def subject_of(version: UseCaseVersion) -> SubjectRef:
    return SubjectRef("use_case", version.use_case.key, version.config_hash)


@transaction.atomic
def create(
    *,
    by: Actor,
    now: datetime,
    name: str,
    content: Mapping[str, Any] | None = None,
) -> UseCase:
    """A new use case with its first draft, written by the actor."""
    author_id = user_id_of(by)
    if author_id is None or not holds(by, Permission.USE_CASES_WRITE_OWN):
        raise Refused("Only marketing starts use cases.")
    if not name.strip():
        raise Invalid({"name": "Give it a name that colleagues will recognise."})
    if len(name.strip()) > 120:
        raise Invalid({"name": "Keep the name to 120 characters."})
    data = _read({**(content or {}), "cosmetic": _named(content, name.strip())})
    case = UseCase.objects.create(
        key=_free_key(name),
        name=name.strip(),
        created_by_id=author_id,
        created_at=now,
        changed_at=now,
    )
    version = UseCaseVersion.objects.create(
        use_case=case,
        number=1,
        content=data.to_dict(),
        author_id=author_id,
        created_at=now,
        saved_at=now,
    )
    take_owners(case, data)
    case.save()
    StateChange.objects.create(
        use_case=case,
        version_number=1,
        to_state=State.DEFINE,
        transition="create",
        changed_by_label=str(by)[:120],
        changed_by_id=author_id,
        changed_at=now,
    )
    audit.record(
        by=by,
        now=now,
        type="use_case.created",
        subject=subject_of(version),
        details={"name": case.name},
    )
    return case


def _named(content: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    given = (content or {}).get("cosmetic")
    return {**(given if isinstance(given, Mapping) else {}), "name": name}


def _free_key(name: str) -> str:
    base = slugify(name)[:50] or "use-case"
    taken = set(
        UseCase.objects.filter(key__startswith=base).values_list("key", flat=True)
    )
    if base not in taken:
        return base
    return next(f"{base}-{n}" for n in range(2, 10_000) if f"{base}-{n}" not in taken)


def _read(content: Mapping[str, Any]) -> UseCaseContent:
    data, problems = UseCaseContent.read(content)
    ids = {getattr(data.owners, name) for name in OWNER_FIELDS} - {None}
    known = set(
        User.objects.filter(pk__in=ids, is_active=True).values_list("pk", flat=True)
    )
    for name in OWNER_FIELDS:
        if getattr(data.owners, name) not in known | {None}:
            problems[f"owners.{name}"] = "Choose somebody who works here."
    if problems:
        raise Invalid(problems)
    return data


def take_owners(case: UseCase, content: UseCaseContent) -> None:
    """Owners as written; the caller saves."""
    case.marketing_owner_id = content.owners.marketing_owner
    case.channel_owner_id = content.owners.channel_owner


@transaction.atomic
def save_draft(
    *,
    by: Actor,
    now: datetime,
    key: str,
    content: Mapping[str, Any],
    part: str = "intake",
    expected: str = "",
) -> UseCaseVersion:
    """Write the whole content of the draft.

    What is in review or signed is never written to: the next version opens, and what
    was signed serves on. ``expected`` is the ``etag`` the writer last saw.

    Raises
    ------
    Conflict
        Where somebody else saved in the meantime.
    """
    case = locked(key)
    data = _read(content)
    standing = open_version(case) or latest(case)
    if expected and expected != etag(standing):
        raise Conflict(
            "Somebody else saved this in the meantime. Reload it, look at what "
            "changed, and put your changes in again.",
            details={"etag": etag(standing)},
        )
    before = UseCaseContent.from_dict(standing.content).to_dict()
    after = data.to_dict()
    changed = sorted(name for name in after if after[name] != before.get(name))
    must_be_allowed(by, case, changed)
    if not changed:
        return standing
    version = draft_of(case, by=by, now=now)
    version.content, version.saved_at = after, now
    version.save()
    note_editor(version, by=by, now=now, part=part)
    case.name = data.cosmetic.name or case.name
    if case.serving_version_id is None:
        take_owners(case, data)
    case.changed_at = now
    case.save()
    audit.record(
        by=by,
        now=now,
        type="use_case.draft_saved",
        subject=SubjectRef("use_case", key, content_digest(version)),
        details={"version": version.number, "part": part, "blocks": changed},
    )
    return version


def content_digest(version: UseCaseVersion) -> Digest:
    return digest_of(version.content, domain="pc/usecase-draft/v1")


def must_be_allowed(by: Actor, case: UseCase, changed: list[str]) -> None:
    if by.kind is ActorKind.SYSTEM:
        return
    if allows(by, Permission.USE_CASES_WRITE, owner_ids(case)):
        return
    if not holds(by, Permission.USE_CASES_WRITE_DATA):
        raise Refused("Only its owners and the marketing owner write this use case.")
    beyond = sorted(set(changed) - DATA_BLOCKS)
    if beyond:
        raise Refused(
            f"You may write the data part; {', '.join(beyond)} is for its owners."
        )


def latest(case: UseCase) -> UseCaseVersion:
    """The serving version, or the last one where nothing serves."""
    found = case.serving_version or case.versions.order_by("-number").first()
    if found is None:
        raise NotFound("There is no such version.")
    return found


def draft_of(case: UseCase, *, by: Actor, now: datetime) -> UseCaseVersion:
    """The open draft; where there is none, the next version opens as one."""
    standing = open_version(case)
    if standing is not None and standing.status == Status.DRAFT:
        return standing
    author_id = user_id_of(by)
    if standing is None:
        return next_version(case, latest(case), author_id=author_id, now=now)
    close(standing, Status.VOID, "Edited while in review.")
    if case.state == State.GOVERNANCE:
        move(case, State.DEFINE, "withdraw", by=by, now=now, reason="Edited.")
    return next_version(case, standing, author_id=author_id, now=now)


def next_version(
    case: UseCase, base: UseCaseVersion, *, author_id: int | None, now: datetime
) -> UseCaseVersion:
    """A draft with the content of ``base``.

    Whoever wrote in a version that was never signed stays barred from signing what
    they wrote: their names are carried over.
    """
    last = case.versions.order_by("-number").values_list("number", flat=True)[0]
    version = UseCaseVersion.objects.create(
        use_case=case,
        number=last + 1,
        content=base.content,
        author_id=author_id or base.author_id,
        created_at=now,
        saved_at=now,
    )
    if base.signed_at is None:
        writers = {base.author_id, *base.editors.values_list("user_id", flat=True)}
        for user_id in sorted(writers - {version.author_id}):
            VersionEditor.objects.create(
                version=version, user_id=user_id, part=CARRIED, edited_at=now
            )
    return version


def close(version: UseCaseVersion, status: str, reason: str) -> None:
    version.status, version.void_reason = status, reason[:300]
    version.save()


def note_editor(
    version: UseCaseVersion, *, by: Actor, now: datetime, part: str
) -> None:
    user_id = user_id_of(by)
    if user_id is not None:
        VersionEditor.objects.get_or_create(
            version=version,
            user_id=user_id,
            part=part[:40],
            defaults={"edited_at": now},
        )


def move(
    case: UseCase,
    to: State,
    transition: str,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Write the state and its row of history."""
    version = open_version(case) or latest(case)
    StateChange.objects.create(
        use_case=case,
        version_number=version.number,
        from_state=case.state,
        to_state=to,
        transition=transition,
        reason=reason[:500],
        changed_by_label=str(by)[:120],
        changed_by_id=user_id_of(by),
        changed_at=now,
    )
    case.state, case.changed_at = to, now
    case.save()


@transaction.atomic
def open_next_draft(*, by: Actor, now: datetime, key: str, part: str) -> UseCaseVersion:
    """A draft because something it refers to was edited; the editor is noted."""
    case = locked(key)
    version = draft_of(case, by=by, now=now)
    version.saved_at = now
    version.save()
    note_editor(version, by=by, now=now, part=part)
    audit.record(
        by=by,
        now=now,
        type="use_case.draft_opened",
        subject=SubjectRef("use_case", key, content_digest(version)),
        details={"version": version.number, "part": part},
    )
    return version
