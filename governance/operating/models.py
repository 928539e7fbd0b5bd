from __future__ import annotations

from django.conf import settings
from django.db import models


class RegulatoryReference(models.Model):
    """A source that the product's rules rest on, and how fresh our reading of it is.

    ``checked_by`` is empty for a reading that came with the product.
    """

    class Status(models.TextChoices):
        IN_FORCE = "in_force", "In force"
        DRAFT = "draft", "Draft or consultation"
        ENDED = "ended", "No longer in force"

    key = models.SlugField(primary_key=True, max_length=40)
    source = models.CharField(max_length=160)
    version = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status.choices)
    says = models.CharField(max_length=400)
    consequence = models.CharField(max_length=300)
    checked_on = models.DateField()
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.source}, {self.version}"
