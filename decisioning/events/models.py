from __future__ import annotations

from django.db import models


class Event(models.Model):
    """Something that happened, as its source sent it."""

    customer_id = models.BigIntegerField()
    type = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    value_minor = models.BigIntegerField(null=True)
    decision_id = models.UUIDField(null=True)
    properties = models.JSONField(default=dict)
    source = models.CharField(max_length=60)

    class Meta:
        indexes = [
            models.Index(
                fields=["customer_id", "occurred_at"],
                name="decisioning_event_customer",
            ),
            models.Index(fields=["name", "occurred_at"], name="decisioning_event_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.occurred_at:%Y-%m-%d}"


class MessageLedger(models.Model):
    """Hashes of every message id ever taken, so that each counts once for ever."""

    message_hash = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.message_hash)


class DeadLetter(models.Model):
    """An event or a row that could not be taken, with the reason."""

    raw = models.JSONField()
    code = models.CharField(max_length=60)
    message = models.CharField(max_length=300)
    source = models.CharField(max_length=60)
    row = models.BigIntegerField(null=True)
    received_at = models.DateTimeField()
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["source", "row"], name="decisioning_dead_source")
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
