from __future__ import annotations

from datetime import timedelta

from django.db import models


class Installation(models.Model):
    """The one row that says what this installation is.

    Written by the migration role alone: the application's role may only read it, so
    nothing that serves requests can shift the clock.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_demo = models.BooleanField(default=False)
    clock_shift = models.DurationField(default=timedelta(0))
    demo_note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1), name="governance_installation_single_row"
            ),
            models.CheckConstraint(
                condition=models.Q(is_demo=True) | models.Q(clock_shift=timedelta(0)),
                name="governance_installation_shift_needs_demo",
            ),
        ]

    def __str__(self) -> str:
        return "demo" if self.is_demo else "live"


class ServingVersion(models.Model):
    """One row whose number rises with every change of what may be served.

    Triggers on the governed tables raise it, so that a change by page, API, import or
    SQL is seen by the very next decision.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1), name="governance_servingversion_single_row"
            )
        ]

    def __str__(self) -> str:
        return str(self.number)
