from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models

CHANGED: Any = pgtrigger.Referencing(old="old_rows", new="new_rows")  # type: ignore[no-untyped-call]
GONE: Any = pgtrigger.Referencing(old="old_rows")  # type: ignore[no-untyped-call]
# Running counts of features hold only for the log they were counted from.
FORGET_TALLIES = """
    DELETE FROM decisioning_customertally
    WHERE customer_id IN (SELECT customer_id FROM old_rows);
    RETURN NULL;
"""
FORGET_BOTH_TALLIES = """
    DELETE FROM decisioning_customertally
    WHERE customer_id IN (SELECT customer_id FROM old_rows
        UNION SELECT customer_id FROM new_rows);
    RETURN NULL;
"""


class Event(models.Model):
    """Something that happened, as its source sent it; a table for each month.

    ``identity_id`` is the device that it came by where it named no account: should two
    accounts turn out to use the device, what it did belongs to neither.
    """

    customer_id = models.BigIntegerField()
    identity_id = models.BigIntegerField(null=True)
    type = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    value_minor = models.BigIntegerField(null=True)
    decision_id = models.UUIDField(null=True)
    properties = models.JSONField(default=dict)
    source = models.CharField(max_length=60)

    class Meta:
        indexes = [
            models.Index(
                fields=["customer_id", "occurred_at"],
                name="decisioning_event_customer",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="forgets_tallies_gone",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=GONE,
                func=FORGET_TALLIES,
            ),
            pgtrigger.Trigger(
                name="forgets_tallies_changed",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=CHANGED,
                func=FORGET_BOTH_TALLIES,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.occurred_at:%Y-%m-%d}"


class Product(models.Model):
    """Something that is sold, with its place in the assortment, as its source has it.

    Events name products by ``sku``; ``source`` keeps two shops' numbers apart. ``file``
    is the beginning of the digest of the file that last changed the product, and
    ``previous`` what stood here before it, so that the file can be taken back.
    """

    source = models.CharField(max_length=60)
    sku = models.CharField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    department = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=80, blank=True)
    brand = models.CharField(max_length=80, blank=True)
    manufacturer = models.CharField(max_length=80, blank=True)
    size = models.CharField(max_length=40, blank=True)
    price_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True, db_default="")
    stock = models.BigIntegerField(null=True)
    file = models.CharField(max_length=12, blank=True, db_default="")
    previous = models.JSONField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sku"], name="decisioning_product_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class MessageLedger(models.Model):
    """Hashes of every message id ever taken, so that each counts once for ever."""

    message_hash = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.message_hash)


class DeadLetter(models.Model):
    """An event or a row that could not be taken, with the reason."""

    raw = models.JSONField()
    code = models.CharField(max_length=60)
    message = models.CharField(max_length=300)
    source = models.CharField(max_length=60)
    row = models.BigIntegerField(null=True)
    received_at = models.DateTimeField()
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["source", "row"], name="decisioning_dead_source")
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
