from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from governance.serving import raises_serving_version


class Versioned(models.Model):
    """What offers, creatives, placements, caps and budgets share.

    Each save adds a ``Revision``. The row's own columns are the live configuration; an
    edit to something that a signed use case serves waits as ``draft_revision`` until
    the use case's next version is signed, or somebody applies it now.
    """

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
        abstract = True


class Placement(Versioned):
    """A place in a channel, and what it shows when nothing may be personalised."""

    key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=20)
    default_content = models.JSONField()

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]

    def __str__(self) -> str:
        return self.name


class Offer(Versioned):
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    topic = models.CharField(max_length=60, blank=True)
    benefit = models.CharField(max_length=10, default="benefit")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    priority = models.FloatField(default=1.0)
    value_minor = models.BigIntegerField()
    margin_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    cost_minor = models.BigIntegerField(default=0)
    eligibility = models.JSONField(null=True)
    why_signal = models.CharField(max_length=140, blank=True)

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]

    def __str__(self) -> str:
        return self.name


class Creative(Versioned):
    """One version of an offer's content for one placement."""

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="creatives")
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="creatives")
    key = models.SlugField(max_length=40)
    content = models.JSONField()

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "placement", "key"], name="decisioning_creative_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.offer} {self.key}"

    @property
    def offer_key(self) -> str:
        """Needs ``offer`` loaded; select it where many are listed."""
        return self.offer.key

    @property
    def placement_key(self) -> str:
        """Needs ``placement`` loaded; select it where many are listed."""
        return self.placement.key
