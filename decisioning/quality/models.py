from __future__ import annotations

from django.conf import settings
from django.db import models


class SignalDay(models.Model):
    """What one kind of event from one source was like on one day of receipt."""

    source = models.CharField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    day_date = models.DateField()
    n = models.BigIntegerField(default=0)
    n_late = models.BigIntegerField(default=0)
    n_missing = models.BigIntegerField(default=0)
    n_impossible = models.BigIntegerField(default=0)
    n_unresolved = models.BigIntegerField(default=0)
    n_repeated = models.BigIntegerField(default=0)
    n_duplicates = models.BigIntegerField(default=0)
    n_rejected = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "name", "day_date"],
                name="decisioning_signalday_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.name} {self.day_date}"


class SignalField(models.Model):
    """A field of a signal's events with the kind of value that it held."""

    source = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    field = models.CharField(max_length=120)
    kind = models.CharField(max_length=10)
    n = models.BigIntegerField(default=0)
    first_date = models.DateField()
    last_date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "name", "field", "kind"],
                name="decisioning_signalfield_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}.{self.field}: {self.kind}"


class RepeatedMessages(models.Model):
    """How many messages of a batch had come before; written beside the batch."""

    source = models.CharField(max_length=60)
    n = models.IntegerField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source}: {self.n}"


class CountedUntil(models.Model):
    """How far a table's rows are counted: rows up to ``done_id`` are in the days."""

    table = models.CharField(max_length=40, primary_key=True)
    done_id = models.BigIntegerField(default=0)
    seen_id = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.table} until {self.done_id}"


class QualityThreshold(models.Model):
    """Where a check alarms, once somebody has moved it from its default."""

    check_key = models.CharField(max_length=20, primary_key=True)
    value = models.FloatField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.check_key}: {self.value}"


class QualityAlert(models.Model):
    """A check that went over its threshold, until it no longer is."""

    check_key = models.CharField(max_length=20)
    source = models.CharField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    value = models.FloatField()
    threshold = models.FloatField()
    n_touched = models.BigIntegerField(default=0)
    detail = models.CharField(max_length=400, blank=True)
    opened_at = models.DateTimeField()
    judged_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_key", "source", "name"],
                condition=models.Q(closed_at=None),
                name="decisioning_qualityalert_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_key} {self.source} {self.name}"
