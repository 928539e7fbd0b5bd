from __future__ import annotations

from django.conf import settings
from django.db import models


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
