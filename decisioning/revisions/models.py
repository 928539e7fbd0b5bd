from __future__ import annotations

from django.db import models

from governance.append_only import AppendOnly


class Revision(AppendOnly):
    """Every saved version of an offer, creative, placement, segment, cap or budget."""

    kind = models.CharField(max_length=16)
    object_key = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    digest = models.CharField(max_length=64)
    created_by_id = models.BigIntegerField(null=True)
    created_by_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_key", "number"],
                name="decisioning_revision_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_key} v{self.number}"
