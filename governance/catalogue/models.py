from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.serving import raises_serving_version


class Purpose(models.Model):
    key = models.SlugField(primary_key=True, max_length=40)
    label = models.CharField(max_length=80)
    description = models.CharField(max_length=300)
    kind = models.CharField(max_length=30)
    default_basis = models.CharField(max_length=30)
    consent_required = models.BooleanField(default=True)
    objection_absolute = models.BooleanField(default=False)
    gpc_applies = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.label


class DataElement(models.Model):
    """One thing we may know about a customer, and the terms on which we know it.

    ``phrase`` completes "because you …" in the sentence a customer reads; ``owner`` is
    the staff role that answers for it.
    """

    key = models.CharField(primary_key=True, max_length=60)
    label = models.CharField(max_length=80)
    plain_description = models.CharField(max_length=140)
    phrase = models.CharField(max_length=120, blank=True)
    source_type = models.CharField(max_length=20)
    provenance = models.CharField(max_length=20)
    field = models.CharField(max_length=80)
    value_type = models.CharField(max_length=10)
    choices = models.JSONField(default=list)
    identifiability = models.CharField(max_length=20, default="pseudonymous")
    special_category = models.CharField(max_length=20, default="none")
    proxy_for = ArrayField(models.CharField(max_length=30), default=list)
    flags = ArrayField(models.CharField(max_length=30), default=list)
    derived_from = ArrayField(models.CharField(max_length=60), default=list)
    recipients = ArrayField(models.CharField(max_length=80), default=list)
    lawful_purposes = ArrayField(models.CharField(max_length=40), default=list)
    collected_where = models.CharField(max_length=140)
    owner = models.CharField(max_length=30, blank=True, default="", db_default="")
    ttl_days = models.PositiveIntegerField()
    ttl_reason = models.CharField(max_length=200, blank=True)
    ttl_anchor = models.CharField(max_length=20, default="collected_at")
    deletion_method = models.CharField(max_length=20, default="hard_delete")
    version = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]

    def __str__(self) -> str:
        return self.label
