from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from governance.append_only import AppendOnly


class Complaint(models.Model):
    """What a customer told us went wrong, with the clock that the law sets."""

    person_id = models.BigIntegerField()
    use_case_key = models.CharField(max_length=60, blank=True)
    decision_id = models.UUIDField(null=True)
    text = models.TextField()
    state = models.CharField(max_length=12, default="received")
    received_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    outcome = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"complaint {self.pk} ({self.state})"


class RightsRequest(models.Model):
    """What a person asked for under the law, with its clock and what came of it."""

    class Kind(models.TextChoices):
        ACCESS = "access", "A copy of their data"
        ERASURE = "erasure", "Erasure"
        RECTIFICATION = "rectification", "A correction"
        OBJECTION = "objection", "To stop a use"
        PORTABILITY = "portability", "Their data, to take elsewhere"

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        UNVERIFIED = "identity_unverified", "Waiting for proof of identity"
        REVIEW = "pending_review", "Waiting for review"
        APPROVED = "approved", "Approved"
        PROCESSING = "in_processing", "Being done"
        INPUT = "requires_input", "Waiting for the person"
        ERROR = "error", "Failed, tried again"
        COMPLETE = "complete", "Done"
        DENIED = "denied", "Refused"
        DUPLICATE = "duplicate", "Asked twice"
        CANCELLED = "cancelled", "Taken back"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    person_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=20, choices=State.choices, default="received")
    reason = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    n_tries = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["person_id"], name="governance_rights_person"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(closed_at=None),
                name="governance_rights_waiting",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["cancelled", "duplicate"])
                | models.Q(accepted_at=None),
                name="governance_rights_accepted_is_answered",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="denied")
                | ~models.Q(outcome="")
                | models.Q(person_id__lt=0),
                name="governance_rights_denied_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"


class ErasureRecord(AppendOnly):
    """The tombstone of an erased person: nothing about them but keyed hashes.

    After a restore it says whom to erase again; ``proof_id`` leads from the hash to the
    evidence of their choices, for as long as somebody may claim.
    """

    proof_id = models.BigIntegerField(unique=True)
    identity_hashes = ArrayField(models.CharField(max_length=64))
    counts = models.JSONField(default=dict)
    n_files = models.PositiveIntegerField(default=0)
    pack_digest = models.CharField(max_length=64)
    erased_by_label = models.CharField(max_length=120)
    erased_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [
            GinIndex(fields=["identity_hashes"], name="governance_erasure_hashes")
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"
