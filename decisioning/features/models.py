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
