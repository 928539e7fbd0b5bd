from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from governance.append_only import AppendOnly
from governance.serving import raises_serving_version


class Notice(AppendOnly):
    """The exact words somebody agreed to, by version.

    A version that ``is_material`` ends every grant given to an earlier version of its
    key; ``covers_below`` says that the words named every channel and topic beneath.
    """

    key = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    text = models.TextField()
    locale = models.CharField(max_length=10, default="en")
    covers_below = models.BooleanField(default=False)
    is_material = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "version"], name="governance_notice_key_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class ConsentEvent(AppendOnly):
    """What a person allowed, refused or took back; by the customer's id.

    ``personal_digest`` is the salted hash of what an erasure takes away; a trigger
    writes both, and the seal covers the hash.
    """

    person_id = models.BigIntegerField()
    purpose = models.CharField(max_length=40)
    channel = models.CharField(max_length=20, blank=True)
    topic = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=12)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, related_name="+")
    evidence = models.JSONField(default=dict)
    source = models.CharField(max_length=40)
    recorded_by = models.CharField(max_length=60, blank=True, db_default="")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    salt = models.BinaryField(default=bytes)
    personal_digest = models.BinaryField(default=bytes)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                fields=["person_id", "recorded_at"], name="governance_consent_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.action} {self.purpose}"


class ConsentHead(models.Model):
    """What holds for a person now; derived from the ledger, read by each decision."""

    person_id = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField(default=1)
    cells = models.JSONField(default=dict)
    personalization_off = models.BooleanField(default=False)
    paused_until = models.DateTimeField(null=True)
    max_contacts_per_week = models.PositiveSmallIntegerField(null=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} v{self.version}"


class Suppression(models.Model):
    """An address that must not be written to, as a keyed hash; outlives erasure.

    Each list, and each wish of a person, has a row of its own; one in force is enough.
    None ends by itself: only somebody's own new yes or privacy lifts them all, and a
    list that is taken back lifts its own alone.
    """

    channel = models.CharField(max_length=20)
    address_hash = models.CharField(max_length=64)
    why = models.CharField(max_length=40)
    source = models.CharField(max_length=40)
    added_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address_hash", "source"],
                condition=models.Q(lifted_at=None),
                name="governance_suppression_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.address_hash[:12]}"
