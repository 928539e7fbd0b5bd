from __future__ import annotations

from django.db import models

from governance.append_only import AppendOnly


class Notice(AppendOnly):
    """The exact words somebody agreed to, by version."""

    key = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["key", "version"], name="governance_notice_key_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class ConsentEvent(AppendOnly):
    """What a person allowed, refused or took back; by the customer's id."""

    person_id = models.BigIntegerField()
    purpose = models.CharField(max_length=40)
    channel = models.CharField(max_length=20, blank=True)
    topic = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=12)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, related_name="+")
    evidence = models.JSONField(default=dict)
    source = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

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
