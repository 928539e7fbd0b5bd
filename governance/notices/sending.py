"""What waits in the outbox goes out by e-mail, one letter at a time.

A letter is leased before it is handed over and written down as sent afterwards. A
worker that is stopped in between leaves a lease that ends; the letter then goes out
again under the same Message-ID, by which a mailbox knows it for the same letter.
"""

from __future__ import annotations

from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from governance.notices.core import LEASE, pause_after
from governance.notices.models import Letter
from governance.notices.queries import waiting

AT_ONCE = 200
SIGNATURE = "You can switch letters of this kind off on your account page"
log = structlog.get_logger(__name__)


def send_waiting(*, now: datetime) -> int:
    """Send what is due, until nothing is left or the round is full."""
    if not settings.EMAIL_IS_SENT:
        return 0
    sent = 0
    for _ in range(AT_ONCE):
        letter = _lease(now)
        if letter is None:
            break
        sent += _send(letter, now)
    return sent


@transaction.atomic
def _lease(now: datetime) -> Letter | None:
    found = waiting(now).select_for_update(skip_locked=True, of=("self",)).first()
    if found is None:
        return None
    found.n_tries += 1
    found.next_try_at = now + max(LEASE, pause_after(found.n_tries))
    found.save(update_fields=["n_tries", "next_try_at"])
    return found


def _send(letter: Letter, now: datetime) -> bool:
    ours = Letter.objects.filter(pk=letter.pk, n_tries=letter.n_tries)
    try:
        _message(letter).send()
    except (SMTPException, OSError) as error:
        log.warning("letter.not_sent", letter=letter.pk, tries=letter.n_tries)
        pause = pause_after(letter.n_tries)
        ours.update(next_try_at=now + pause, error=type(error).__name__)
        return False
    Letter.objects.filter(pk=letter.pk, sent_at=None).update(sent_at=now, error="")
    return True


def _message(letter: Letter) -> EmailMessage:
    base = settings.PUBLIC_URL.rstrip("/")
    account = f"{base}/accounts/"
    body = f"{letter.body}\n\n{base}{letter.path}\n\n{SIGNATURE}: {account}\n"
    return EmailMessage(
        f"Attune: {' '.join(letter.subject.split())}",
        body,
        None,
        [letter.reader.email],
        headers={"Message-ID": f"<letter-{letter.pk}@attune>"},
    )
