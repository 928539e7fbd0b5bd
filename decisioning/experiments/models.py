from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from governance.serving import raises_serving_version


class Experiment(models.Model):
    """A randomised comparison: run here, or run elsewhere and imported as evidence.

    An imported one may be withdrawn with a reason; its rows are gone then.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        FINISHED = "finished", "Finished"

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    hypothesis = models.CharField(max_length=400, blank=True)
    use_case_key = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default="draft")
    is_imported = models.BooleanField(default=False)
    source = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=12, default="customer")
    arms = models.JSONField()
    control = models.CharField(max_length=60)
    metrics = models.JSONField(default=list)
    not_recorded = models.JSONField(default=list)
    salt = models.CharField(max_length=40)
    planned_n = models.PositiveIntegerField(null=True)
    planned_days = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(max_length=300, blank=True, db_default="")

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """The arm of one customer: written at the first decision, or imported."""

    # The unique constraint below is also the index by experiment.
    experiment = models.ForeignKey(
        Experiment, models.PROTECT, related_name="assignments", db_index=False
    )
    customer_id = models.BigIntegerField()
    arm = models.CharField(max_length=60)
    propensity = models.FloatField()
    assigned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "customer_id"],
                name="decisioning_assignment_once",
            )
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="decisioning_assignment_who")
        ]

    def __str__(self) -> str:
        return f"{self.experiment} {self.customer_id}: {self.arm}"


class ArmStatistics(models.Model):
    """Sufficient statistics of one metric in one arm, kept by Celery."""

    experiment = models.ForeignKey(
        Experiment, models.CASCADE, related_name="statistics"
    )
    arm = models.CharField(max_length=60)
    metric = models.CharField(max_length=60)
    n = models.BigIntegerField()
    sum_x = models.FloatField()
    sum_xx = models.FloatField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "arm", "metric"],
                name="decisioning_armstatistics_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.experiment} {self.arm} {self.metric}"


class Outcome(models.Model):
    """A unit's value of a metric in an imported experiment."""

    # Rows come by the hundred thousand beside the one experiment that they are of: a
    # check of every row costs more than the row. The unique constraint is the index.
    experiment = models.ForeignKey(
        Experiment,
        models.CASCADE,
        related_name="outcomes",
        db_index=False,
        db_constraint=False,
    )
    customer_id = models.BigIntegerField()
    metric = models.CharField(max_length=60)
    value = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "metric", "customer_id"],
                name="decisioning_outcome_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.experiment} {self.metric}"
