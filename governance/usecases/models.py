from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from governance.append_only import AppendOnly
from governance.serving import raises_serving_version


class UseCase(models.Model):
    """A reason to personalise; what it may do is in its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=16, default="define")
    state_before_pause = models.CharField(max_length=16, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    marketing_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    channel_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    serving_version = models.ForeignKey(
        "UseCaseVersion", models.PROTECT, null=True, related_name="+"
    )
    exposure_share = models.FloatField(default=0.1)
    priority = models.PositiveSmallIntegerField(default=50)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar[list[Any]] = [raises_serving_version()]

    def __str__(self) -> str:
        return self.name


class UseCaseVersion(models.Model):
    """One version of a use case: a draft while people write, fixed once submitted.

    ``envelope`` is the canonical text that signatures cover; ``config_hash`` its
    SHA-256 after decision 10. Each signature keeps the hash it was given for, so a row
    that is changed afterwards is not served. Who wrote it never changes: a trigger
    refuses that, because whoever wrote it may not sign it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        SIGNED = "signed", "Signed"
        VOID = "void", "Void"
        SUPERSEDED = "superseded", "Superseded"

    use_case = models.ForeignKey(UseCase, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices, default="draft")
    content = models.JSONField(default=dict)
    envelope = models.TextField(blank=True)
    config_hash = models.CharField(max_length=64, blank=True)
    references = models.JSONField(default=dict)
    overlay = models.JSONField(default=dict)
    overlay_hash = models.CharField(max_length=64, blank=True)
    risk_tier = models.CharField(max_length=2, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        triggers: ClassVar[list[Any]] = [
            raises_serving_version(),
            pgtrigger.Protect(
                name="author_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("author", "use_case", "number"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["use_case", "number"], name="governance_usecaseversion_number"
            ),
            models.UniqueConstraint(
                fields=["use_case"],
                condition=models.Q(status__in=["draft", "in_review"]),
                name="governance_usecaseversion_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.use_case} v{self.number}"


class VersionEditor(AppendOnly):
    """Who wrote any part of a version; such a person may not sign it."""

    version = models.ForeignKey(UseCaseVersion, models.PROTECT, related_name="editors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    part = models.CharField(max_length=40)
    edited_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["version", "user", "part"],
                name="governance_versioneditor_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} edited {self.version}"


class StrategicAssessment(AppendOnly):
    """An assessor's verdict on one of the three strategic tests; the latest counts."""

    version = models.ForeignKey(
        UseCaseVersion, models.PROTECT, related_name="assessments"
    )
    test = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=8)
    evidence = models.TextField()
    content_hash = models.CharField(max_length=64)
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    assessed_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]
        indexes = [
            models.Index(
                fields=["version", "test"], name="governance_assessment_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} test {self.test}: {self.verdict}"


class Attestation(AppendOnly):
    """A privacy reviewer's written word where an assessment tool is not there yet."""

    version = models.ForeignKey(
        UseCaseVersion, models.PROTECT, related_name="attestations"
    )
    kind = models.CharField(max_length=20)
    text = models.TextField()
    config_hash = models.CharField(max_length=64)
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    attested_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.kind}"


class RollbackDrill(AppendOnly):
    """A rehearsal of pausing and rolling back a version; the latest counts."""

    version = models.ForeignKey(UseCaseVersion, models.PROTECT, related_name="drills")
    config_hash = models.CharField(max_length=64)
    is_passed = models.BooleanField()
    n = models.PositiveIntegerField()
    n_personal = models.PositiveIntegerField()
    seconds = models.FloatField()
    faults = models.JSONField(default=list)
    drilled_by_label = models.CharField(max_length=120)
    drilled_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]

    def __str__(self) -> str:
        return f"{self.version} drill: {'passed' if self.is_passed else 'failed'}"


class StateChange(AppendOnly):
    """The life cycle as it happened; replaying it gives the current state."""

    use_case = models.ForeignKey(UseCase, models.PROTECT, related_name="state_changes")
    version_number = models.PositiveIntegerField()
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    transition = models.CharField(max_length=40)
    reason = models.CharField(max_length=500, blank=True)
    changed_by_label = models.CharField(max_length=120)
    changed_by_id = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.use_case}: {self.from_state} to {self.to_state}"
