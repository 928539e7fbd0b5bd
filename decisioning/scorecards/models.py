from __future__ import annotations

from django.db import models


class ScorecardSnapshot(models.Model):
    """Sufficient statistics of a scope and period, computed by Celery from the rows."""

    scope = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    groups = models.JSONField()
    trend = models.JSONField(default=list)
    entered = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "starts_at", "ends_at"],
                name="decisioning_scorecard_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.starts_at:%Y-%m-%d}"
