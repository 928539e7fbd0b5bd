from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.append_only import AppendOnly


class Decision(AppendOnly):
    """What was decided for a customer, and everything needed to say why.

    ``candidates`` is the packed trace: one entry for each candidate with its reason and
    factors, in the order of the served table named by ``snapshot_digest``.
    ``personal_digest`` is the salted hash of what erasure and retention take away; a
    trigger writes both, and the seal covers the hash.
    """

    id = models.UUIDField(primary_key=True)
    customer_id = models.BigIntegerField(null=True)
    placement_key = models.CharField(max_length=60)
    channel = models.CharField(max_length=20)
    mode = models.CharField(max_length=14)
    reason = models.CharField(max_length=60)
    use_case_key = models.CharField(max_length=60, blank=True)
    config_hash = models.CharField(max_length=64, blank=True)
    offer_key = models.CharField(max_length=60, blank=True)
    creative_key = models.CharField(max_length=40, blank=True)
    content = models.JSONField(default=dict)
    score = models.FloatField(null=True)
    propensity = models.FloatField(null=True)
    experiment_key = models.CharField(max_length=60, blank=True)
    arm = models.CharField(max_length=60, blank=True)
    consent_version = models.BigIntegerField(null=True)
    model_digest = models.CharField(max_length=64, blank=True)
    snapshot_digest = models.CharField(max_length=64, blank=True)
    why = models.CharField(max_length=300, blank=True)
    candidates = models.JSONField(default=list)
    inputs = models.JSONField(default=dict)
    request = models.JSONField(default=dict)
    degraded = ArrayField(models.CharField(max_length=20), default=list)
    is_imported = models.BooleanField(default=False)
    decided_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    salt = models.BinaryField(default=bytes)
    personal_digest = models.BinaryField(default=bytes)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                fields=["customer_id", "-decided_at"], name="decisioning_decision_who"
            ),
            models.Index(
                fields=["use_case_key", "decided_at"], name="decisioning_decision_case"
            ),
            models.Index(fields=["-decided_at"], name="decisioning_decision_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.mode}"


class ServedTable(AppendOnly):
    """Everything that was live on one placement while decisions rested on it.

    ``content`` is the text whose digest the decisions carry; with their own row it is
    enough to decide again.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    placement_key = models.CharField(max_length=60)
    content = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.placement_key} {self.digest[:12]}"


class StandingDecision(models.Model):
    """The decision that holds for a customer in a placement until it expires."""

    customer_id = models.BigIntegerField()
    placement_key = models.CharField(max_length=60)
    decision_id = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "placement_key"],
                name="decisioning_standing_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.placement_key}"


class IdempotentAnswer(models.Model):
    """The first answer to a request that carried an Idempotency-Key."""

    key_id = models.BigIntegerField()
    route = models.CharField(max_length=60)
    idempotency_key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_id", "route", "idempotency_key"],
                name="decisioning_idempotent_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.idempotency_key}"


class SavedMapping(models.Model):
    """What the columns of a file are, for the next file that has the same columns."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    columns = models.JSONField()
    mapping = models.JSONField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"], name="decisioning_savedmapping_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
