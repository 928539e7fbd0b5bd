from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from governance.serving import raises_serving_version


class Segment(models.Model):
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    rule = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    draft_revision = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]

    def __str__(self) -> str:
        return self.name
