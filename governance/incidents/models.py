from __future__ import annotations

from django.conf import settings
from django.db import models

from governance.append_only import AppendOnly


class Incident(AppendOnly):
    """The system paused a use case or rolled it back by itself: the facts of it."""

    use_case = models.ForeignKey(
        "governance.UseCase", models.PROTECT, related_name="incidents"
    )
    version_number = models.PositiveIntegerField()
    config_hash = models.CharField(max_length=64, blank=True)
    act = models.CharField(max_length=16)
    code = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    first_harm_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField()
    noticed_by_label = models.CharField(max_length=120)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                fields=["use_case", "-noticed_at"], name="governance_incident_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.use_case}: {self.act} {self.code}"


class IncidentClosing(AppendOnly):
    """What was learned, and the counts as they stood when it was written down."""

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="closing")
    learned = models.TextField()
    n_decisions = models.PositiveIntegerField()
    n_customers = models.PositiveIntegerField()
    first_default_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.incident} closed"
