"""Rows as the API shows them; also the components of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from governance.usecases.queries import etag


class ReasonShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    mend = serializers.CharField()


class UseCaseShape(serializers.Serializer[Any]):
    """One use case with its place in life and whether it may serve."""

    key = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField()
    riskTier = serializers.CharField(source="risk_tier")
    version = serializers.IntegerField(source="version_number")
    versionStatus = serializers.CharField(source="version_status")
    exposureShare = serializers.FloatField(source="exposure_share")
    isServing = serializers.BooleanField(source="is_serving")
    refusal = serializers.CharField()
    changedAt = serializers.DateTimeField(source="changed_at")


class VersionShape(serializers.Serializer[Any]):
    """One version: its content, its hash and what it pins."""

    number = serializers.IntegerField()
    status = serializers.CharField()
    content = serializers.JSONField()
    configHash = serializers.CharField(source="config_hash")
    references = serializers.JSONField()
    riskTier = serializers.CharField(source="risk_tier")
    savedAt = serializers.DateTimeField(source="saved_at")
    signedAt = serializers.DateTimeField(source="signed_at", allow_null=True)
    expiresAt = serializers.DateTimeField(source="expires_at", allow_null=True)
    etag = serializers.SerializerMethodField()

    def get_etag(self, version: Any) -> str:
        return etag(version)


class NewUseCase(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    content = serializers.DictField(required=False)


class DraftChange(serializers.Serializer[Any]):
    """Blocks to replace; those that are left out stay as they are."""

    content = serializers.DictField()
    part = serializers.CharField(max_length=40, default="api")


class StepTaken(serializers.Serializer[Any]):
    transition = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class StopAsked(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class SignOffShape(serializers.Serializer[Any]):
    """One answer in a review."""

    id = serializers.IntegerField(source="pk")
    useCase = serializers.CharField(source="version.use_case.key")
    version = serializers.IntegerField(source="version.number")
    role = serializers.CharField()
    decision = serializers.CharField()
    approver = serializers.CharField(source="approver.display_name")
    configHash = serializers.CharField(source="config_hash")
    reason = serializers.CharField()
    conditions = serializers.ListField(child=serializers.CharField())
    decidedAt = serializers.DateTimeField(source="decided_at")
    validUntil = serializers.DateTimeField(source="valid_until")


class DataElementShape(serializers.Serializer[Any]):
    """One thing that may be known about a customer."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    plainDescription = serializers.CharField(source="plain_description")
    sourceType = serializers.CharField(source="source_type")
    provenance = serializers.CharField()
    field = serializers.CharField()
    valueType = serializers.CharField(source="value_type")
    specialCategory = serializers.CharField(source="special_category")
    proxyFor = serializers.ListField(source="proxy_for", child=serializers.CharField())
    lawfulPurposes = serializers.ListField(
        source="lawful_purposes", child=serializers.CharField()
    )
    ttlDays = serializers.IntegerField(source="ttl_days")
    version = serializers.IntegerField()


class PurposeShape(serializers.Serializer[Any]):
    """What data may be used for."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    defaultBasis = serializers.CharField(source="default_basis")
    consentRequired = serializers.BooleanField(source="consent_required")
    objectionAbsolute = serializers.BooleanField(source="objection_absolute")


class ConsentShape(serializers.Serializer[Any]):
    """What one person allows now, by purpose and channel."""

    purpose = serializers.CharField()
    channel = serializers.CharField()
    allowed = serializers.BooleanField()
    code = serializers.CharField()


class ConsentHeadShape(serializers.Serializer[Any]):
    personId = serializers.IntegerField()
    version = serializers.IntegerField()
    personalisationOff = serializers.BooleanField()
    channelsOff = serializers.ListField(child=serializers.CharField())
    standing = ConsentShape(many=True)


class ComplaintCountsShape(serializers.Serializer[Any]):
    """Complaints in numbers; their text is not for keys."""

    open = serializers.IntegerField(source="n_open")
    overdue = serializers.IntegerField(source="n_overdue")
    closed = serializers.IntegerField(source="n_closed")
    byUseCase = serializers.DictField(
        source="by_use_case", child=serializers.IntegerField()
    )


class AuditEntryShape(serializers.Serializer[Any]):
    """One link of the audit chain."""

    seq = serializers.IntegerField()
    occurredAt = serializers.DateTimeField(source="occurred_at")
    actor = serializers.CharField(source="actor_label")
    type = serializers.CharField()
    subject = serializers.SerializerMethodField()
    digest = serializers.CharField()
    details = serializers.JSONField()
    hash = serializers.CharField()

    def get_subject(self, entry: Any) -> str:
        return f"{entry.subject_kind}:{entry.subject_id}"


class JobShape(serializers.Serializer[Any]):
    """Long work, told as it goes."""

    id = serializers.CharField(source="pk")
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.CharField()
    nDone = serializers.IntegerField(source="n_done")
    nTotal = serializers.IntegerField(source="n_total", allow_null=True)
    message = serializers.CharField()
    error = serializers.CharField()
    whatToDo = serializers.CharField(source="what_to_do")
    result = serializers.JSONField()
