from __future__ import annotations

from django.db import models

from governance.append_only import AppendOnly


class AuditEntry(AppendOnly):
    """One thing somebody did, chained by hash to the one before; no foreign keys."""

    seq = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    type = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                fields=["subject_kind", "subject_id"], name="governance_audit_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
