from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from governance.serving import raises_serving_version


class ModelVersion(models.Model):
    """A fitted model: what it needs to serve, and the report on how good it is."""

    key = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    parameters = models.JSONField()
    report = models.JSONField()
    trained_on = models.CharField(max_length=120)
    trained_at = models.DateTimeField()
    trained_by_label = models.CharField(max_length=120)
    job_id = models.UUIDField(null=True)
    is_champion = models.BooleanField(default=False)

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "number"], name="decisioning_modelversion_number"
            ),
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(is_champion=True),
                name="decisioning_modelversion_one_champion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.number}"


class Score(models.Model):
    """A customer's value under a score key such as ``clv`` or ``propensity:womens``."""

    customer_id = models.BigIntegerField()
    score_key = models.CharField(max_length=90)
    value = models.FloatField()
    details = models.JSONField(default=dict)
    model_version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="+")
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "score_key"], name="decisioning_score_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.score_key}"
