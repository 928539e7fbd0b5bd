"""The end of both chains, written down outside the database once a day.

A chain alone cannot show that its end was cut off. What is published here can: a file
that is never written again, a line in the log, and a letter to every auditor.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail

from governance.audit import actions as audit
from governance.audit import sealing
from governance.audit.core import GENESIS
from governance.audit.models import AuditEntry, Seal
from governance.people.models import RoleAssignment
from governance.types import Actor, Role, SubjectRef

log = structlog.get_logger(__name__)
BY = Actor.system("sealing")
READ_ONLY = 0o444
LETTER = """Attune publishes the end of its records once a day. Keep this letter: it
shows, whatever happens to the database, how they stood.

Published at  {at}
Seal          {seal}
Its hash      {seal_hash}
Audit entry   {audit_seq}
Its hash      {audit_hash}

To compare:   manage.py verify_audit --root {seal}:{seal_hash}
"""


@dataclass(frozen=True, slots=True)
class PublishedRoot:
    """How far the seals and the audit log had come, and their hashes there."""

    at: str
    seal: int
    seal_hash: str
    audit_seq: int
    audit_hash: str


def folder() -> Path:
    return Path(settings.PUBLISHED_ROOTS)


def published(where: Path | None = None) -> list[PublishedRoot]:
    """Every root that was published, oldest first."""
    return sorted(_read(where or folder()), key=lambda one: one.at)


def _read(where: Path) -> Iterator[PublishedRoot]:
    for path in where.glob("*.json") if where.is_dir() else ():
        yield PublishedRoot(**json.loads(path.read_text()))


def publish(*, now: datetime) -> PublishedRoot | None:
    """Seal what waits, then write down where the chains end; None with nothing new."""
    sealing.seal(now=now)
    made = _ends(now)
    before = published()
    # The entry that a publication leaves behind is not news.
    if before and (made.seal, made.audit_seq - 1) <= (
        before[-1].seal,
        before[-1].audit_seq,
    ):
        return None
    _write(made, now)
    log.info("audit.root_published", **asdict(made))
    n_letters = _tell_auditors(made)
    _record(made, n_letters, now)
    return made


def _ends(now: datetime) -> PublishedRoot:
    last = Seal.objects.order_by("-number").values("number", "hash").first()
    head = AuditEntry.objects.order_by("-seq").values("seq", "hash").first()
    return PublishedRoot(
        at=now.astimezone(UTC).isoformat(),
        seal=last["number"] if last else 0,
        seal_hash=last["hash"] if last else GENESIS,
        audit_seq=head["seq"] if head else 0,
        audit_hash=head["hash"] if head else GENESIS,
    )


def _write(made: PublishedRoot, now: datetime) -> None:
    """A file of its own that cannot be written twice."""
    folder().mkdir(parents=True, exist_ok=True)
    name = f"{now.astimezone(UTC):%Y-%m-%dT%H%M%S}-seal-{made.seal}.json"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(folder() / name, flags, READ_ONLY), "w") as file:
        json.dump(asdict(made), file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def _tell_auditors(made: PublishedRoot) -> int:
    if not settings.EMAIL_IS_SENT:
        return 0
    told = sorted(
        RoleAssignment.objects.filter(
            role=Role.AUDITOR.value, ended_at=None, user__is_active=True
        )
        .exclude(user__email="")
        .values_list("user__email", flat=True)
        .distinct()
    )
    letter = LETTER.format(**asdict(made))
    return sum(
        send_mail(f"Attune: root of seal {made.seal}", letter, None, [address])
        for address in told
    )


def _record(made: PublishedRoot, n_letters: int, now: datetime) -> None:
    details: dict[str, Any] = {**asdict(made), "letters": n_letters}
    audit.record(
        by=BY,
        now=now,
        type="audit.root_published",
        subject=SubjectRef("seal", str(made.seal), made.seal_hash),
        details=details,
    )
