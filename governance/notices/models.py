from __future__ import annotations

from django.conf import settings
from django.db import models


class Letter(models.Model):
    """One notice to one member of staff, written with what it tells of; sent later."""

    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=20)
    once = models.CharField(max_length=120)
    subject = models.CharField(max_length=250)
    body = models.TextField()
    path = models.CharField(max_length=120)
    written_at = models.DateTimeField()
    n_tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reader", "once"], name="governance_letter_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(sent_at=None),
                name="governance_letter_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.reader_id}"


class SilencedKind(models.Model):
    """A kind of letter that somebody has switched off for themselves."""

    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=20)
    silenced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reader", "kind"], name="governance_silencedkind_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reader_id}: no {self.kind}"
