from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from decisioning.offers.models import Versioned
from governance.serving import raises_serving_version


class Cap(Versioned):
    """At most ``n`` contacts a customer within a rolling window, in one scope.

    ``scope`` is ``all``, ``channel``, ``topic``, ``offer`` or ``use_case``;
    ``scope_key`` names which one.
    """

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=10)
    scope_key = models.CharField(max_length=60, blank=True)
    n = models.PositiveIntegerField()
    window = models.DurationField()

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]

    def __str__(self) -> str:
        return self.name


class Budget(Versioned):
    """Money that offers may cost in all; a use case or an offer draws on it."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=10)
    scope_key = models.CharField(max_length=60)
    limit_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    used_minor = models.BigIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        triggers: ClassVar[list[Any]] = [
            raises_serving_version(
                "key",
                "scope",
                "scope_key",
                "limit_minor",
                "currency",
                "starts_at",
                "ends_at",
                "retired_at",
                "digest",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used_minor__lte=models.F("limit_minor")),
                name="decisioning_budget_within_limit",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """The ledger of reservations: one personalised contact with one customer.

    Caps count the rows of a customer that are inside the window and not released. A row
    whose ``shown_at`` is still empty after ``release_at`` counts no more.
    """

    customer_id = models.BigIntegerField()
    decision_id = models.UUIDField(unique=True)
    channel = models.CharField(max_length=20)
    topic = models.CharField(max_length=60, blank=True)
    offer_key = models.CharField(max_length=60)
    use_case_key = models.CharField(max_length=60)
    placement_key = models.CharField(max_length=60)
    budget_id = models.BigIntegerField(null=True)
    cost_minor = models.BigIntegerField(default=0)
    reserved_at = models.DateTimeField()
    release_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["customer_id", "reserved_at"],
                name="decisioning_contact_customer",
            ),
            models.Index(
                fields=["release_at"],
                condition=models.Q(shown_at=None, released_at=None),
                name="decisioning_contact_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.offer_key}"
