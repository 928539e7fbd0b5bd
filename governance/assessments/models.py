from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from governance.append_only import AppendOnly
from governance.serving import raises_serving_version
from governance.usecases.models import UseCase, UseCaseVersion

NOT_BACK_IN_TIME = """
        IF NOT NEW.is_complete THEN
            RETURN NEW;
        END IF;
        SELECT * INTO version_row FROM governance_usecaseversion
            WHERE id = NEW.version_id FOR SHARE;
        IF NEW.config_hash = '' OR NEW.config_hash <> version_row.config_hash THEN
            RAISE EXCEPTION 'assessment.hash_differs: not what was submitted';
        END IF;
        IF abs(extract(epoch FROM NEW.written_at - attune_now())) > 600 THEN
            RAISE EXCEPTION 'assessment.retro_dated: the database''s clock decides';
        END IF;
        IF NEW.kind = 'lia' AND version_row.signed_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM governance_assessment a
            WHERE a.version_id = NEW.version_id AND a.kind = 'lia' AND a.is_complete
            AND a.written_at <= version_row.signed_at
        ) THEN
            RAISE EXCEPTION 'assessment.too_late: interests are balanced beforehand';
        END IF;
        RETURN NEW;
"""


class Assessment(AppendOnly):
    """One saved state of an assessment; the latest complete one of a kind counts.

    ``context`` is what it was written against, ``context_digest`` its digest: once the
    digest of what is configured differs, the assessment is outdated by itself.
    """

    version = models.ForeignKey(
        UseCaseVersion, models.PROTECT, related_name="impact_assessments"
    )
    kind = models.CharField(max_length=12)
    level = models.CharField(max_length=8, default="none")
    answers = models.JSONField(default=dict)
    is_complete = models.BooleanField(default=False)
    config_hash = models.CharField(max_length=64, blank=True)
    context = models.JSONField(default=dict)
    context_digest = models.CharField(max_length=64)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
            pgtrigger.Trigger(
                name="not_back_in_time",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=NOT_BACK_IN_TIME,
                declare=[("version_row", "governance_usecaseversion%ROWTYPE")],
            ),
        ]
        indexes = [
            models.Index(fields=["version", "kind"], name="governance_assessment_kind")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.kind}"


class ScreeningRaise(AppendOnly):
    """Somebody asked for a more thorough impact assessment; nobody asks for less."""

    use_case = models.ForeignKey(UseCase, models.PROTECT, related_name="raises")
    level = models.CharField(max_length=8)
    reason = models.TextField()
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    raised_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]

    def __str__(self) -> str:
        return f"{self.use_case}: {self.level}"


class Sheet(AppendOnly):
    """A model card or a data sheet; the latest of a part counts, for its digest."""

    part = models.CharField(max_length=8)
    key = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    answers = models.JSONField(default=dict)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["part", "key"], name="governance_sheet_part")]

    def __str__(self) -> str:
        return f"{self.part} {self.key}"


class SafeguardsForAll(AppendOnly):
    """The house's own switch: every use case has the safeguards; the latest counts."""

    is_on = models.BooleanField()
    reviewers = ArrayField(models.BigIntegerField(), default=list)
    reason = models.TextField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]

    def __str__(self) -> str:
        return "safeguards for all" if self.is_on else "safeguards where needed"


class Hearing(models.Model):
    """A person's wish to be heard on one decision, and what a person made of it."""

    person_id = models.BigIntegerField()
    use_case_key = models.CharField(max_length=60)
    decision_id = models.UUIDField(null=True)
    wish = models.CharField(max_length=8)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, default="waiting")
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, blank=True)
    told = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    new_decision_id = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id"], name="governance_hearing_person"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="waiting"),
                name="governance_hearing_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"hearing {self.pk} ({self.state})"
