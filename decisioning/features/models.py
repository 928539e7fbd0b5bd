from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class CustomerFeatures(models.Model):
    """The windowed features of one customer, in the order of ``core.FEATURES``."""

    customer_id = models.BigIntegerField(primary_key=True)
    values = ArrayField(models.FloatField(null=True))
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "decisioning_customerfeatures"

    def __str__(self) -> str:
        return str(self.customer_id)


class CustomerTally(models.Model):
    """Running counts of a customer with a long history, as ``tally.packed``.

    One of another ``definition`` is as good as none. Triggers on the event log remove
    it when events change or go, whoever changes them.
    """

    customer_id = models.BigIntegerField(primary_key=True)
    definition = models.CharField(max_length=64)
    packed = models.BinaryField()

    class Meta:
        db_table = "decisioning_customertally"

    def __str__(self) -> str:
        return str(self.customer_id)
