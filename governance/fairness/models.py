from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from governance.append_only import AppendOnly
from governance.serving import raises_serving_version


class FairnessAudit(AppendOnly):
    """One audit of one version as it stood; the latest counts.

    ``due_at`` is there on a breach: by then the owner has to have recorded what will be
    done.
    """

    use_case = models.ForeignKey(
        "governance.UseCase", models.PROTECT, related_name="fairness_audits"
    )
    version_number = models.PositiveIntegerField()
    config_hash = models.CharField(max_length=64, blank=True)
    occasion = models.CharField(max_length=16)
    method = models.CharField(max_length=12)
    verdict = models.CharField(max_length=16)
    n_customers = models.PositiveIntegerField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    findings = models.JSONField(default=list)
    proxies = models.JSONField(default=list)
    bubble = models.JSONField(default=dict)
    limits = models.JSONField(default=dict)
    limits_digest = models.CharField(max_length=64)
    caution = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True)
    audited_by_label = models.CharField(max_length=120)
    audited_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]
        indexes = [
            models.Index(
                fields=["use_case", "-audited_at"], name="governance_fairnessaudit_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.use_case} v{self.version_number}: {self.verdict}"


class FairnessAnswer(AppendOnly):
    """What somebody decided to do about a breach, or a signature under leaving it."""

    audit = models.ForeignKey(FairnessAudit, models.PROTECT, related_name="answers")
    option = models.CharField(max_length=24)
    reason = models.TextField()
    role = models.CharField(max_length=20)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["audit", "role"],
                condition=models.Q(option="human_justification"),
                name="governance_fairnessanswer_role_once",
            ),
            models.UniqueConstraint(
                fields=["audit", "answered_by"],
                condition=models.Q(option="human_justification"),
                name="governance_fairnessanswer_person_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audit}: {self.option}"


class MonitoringTrait(models.Model):
    """What a customer volunteered so that unfairness can be seen; nothing else.

    Held apart from the profile: only ``monitoring`` reads it, for the audit, and no
    page, rule, feature or model does.
    """

    person_id = models.BigIntegerField()
    trait = models.CharField(max_length=20)
    value = models.CharField(max_length=40)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "trait"], name="governance_monitoringtrait_once"
            )
        ]

    def __str__(self) -> str:
        return self.trait
