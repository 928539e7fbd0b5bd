from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from governance.append_only import AppendOnly
from governance.serving import raises_serving_version
from governance.usecases.models import UseCaseVersion

FOUR_EYES = """
        SELECT * INTO version_row FROM governance_usecaseversion
            WHERE id = NEW.version_id FOR UPDATE;
        IF NEW.config_hash <> version_row.config_hash OR NEW.config_hash = '' THEN
            RAISE EXCEPTION 'signoff.hash_differs: the version is not the one shown';
        END IF;
        IF NEW.decision IN ('approve', 'approve_with_conditions') THEN
            IF version_row.status NOT IN ('in_review', 'signed') THEN
                RAISE EXCEPTION 'signoff.not_in_review: nobody asked for this review';
            END IF;
            IF NEW.approver_id = version_row.author_id OR EXISTS (
                SELECT 1 FROM governance_versioneditor e
                WHERE e.version_id = NEW.version_id AND e.user_id = NEW.approver_id
            ) THEN
                RAISE EXCEPTION 'signoff.own_work: nobody signs what they wrote';
            END IF;
            IF EXISTS (
                SELECT 1 FROM governance_approval a
                WHERE a.version_id = NEW.version_id
                AND a.decision IN ('approve', 'approve_with_conditions')
                AND (a.role = NEW.role OR a.approver_id = NEW.approver_id)
                AND a.valid_until > NEW.decided_at
                AND NOT EXISTS (
                    SELECT 1 FROM governance_approval r
                    WHERE r.version_id = a.version_id AND r.decision = 'revoke'
                    AND r.role = a.role AND r.id > a.id
                )
            ) THEN
                RAISE EXCEPTION 'signoff.taken: one a role, one role a person';
            END IF;
            IF NOT EXISTS (
                SELECT 1 FROM governance_roleassignment h
                JOIN governance_user u ON u.id = h.user_id
                WHERE h.user_id = NEW.approver_id AND u.is_active
                AND (h.ended_at IS NULL OR h.ended_at > NEW.decided_at)
                AND h.role = CASE NEW.role
                    WHEN 'marketing' THEN 'marketing_owner'
                    WHEN 'data' THEN 'analyst'
                    WHEN 'channel' THEN 'channel_owner'
                    WHEN 'privacy' THEN 'privacy_reviewer'
                    WHEN 'executive' THEN 'executive' END
            ) THEN
                RAISE EXCEPTION 'signoff.wrong_role: the approver holds no such role';
            END IF;
        END IF;
        RETURN NEW;
"""


class Approval(AppendOnly):
    """A signature, a request for changes, a refusal or a revocation."""

    class Decision(models.TextChoices):
        APPROVE = "approve", "Approved"
        APPROVE_WITH_CONDITIONS = "approve_with_conditions", "Approved with conditions"
        REQUEST_CHANGES = "request_changes", "Asked for changes"
        REJECT = "reject", "Refused"
        REVOKE = "revoke", "Revoked"

    version = models.ForeignKey(
        UseCaseVersion, models.PROTECT, related_name="approvals"
    )
    role = models.CharField(max_length=12)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    decision = models.CharField(max_length=24, choices=Decision.choices)
    config_hash = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    conditions = models.JSONField(default=list)
    conditions_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    conditions_due_at = models.DateTimeField(null=True)
    page_seconds = models.PositiveIntegerField(null=True)
    reauth_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        triggers: ClassVar[list[Any]] = [
            *AppendOnly.Meta.triggers,
            raises_serving_version(),
            pgtrigger.Trigger(
                name="four_eyes",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=FOUR_EYES,
                declare=[("version_row", "governance_usecaseversion%ROWTYPE")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.role}: {self.decision}"
