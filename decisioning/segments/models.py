from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from governance.serving import raises_serving_version

NOTE_VERSION = """
    IF TG_OP = 'UPDATE' AND NEW.rule = OLD.rule AND NEW.revision = OLD.revision
        AND (NEW.retired_at IS NULL) = (OLD.retired_at IS NULL) THEN
        RETURN NULL;
    END IF;
    UPDATE decisioning_segmentversion
        SET replaced_at = GREATEST(NEW.changed_at, effective_at)
        WHERE segment_id = NEW.id AND replaced_at IS NULL;
    IF NEW.retired_at IS NULL THEN
        INSERT INTO decisioning_segmentversion
            (segment_id, revision, digest, rule, effective_at)
        VALUES (NEW.id, NEW.revision, NEW.digest, NEW.rule,
            CASE WHEN TG_OP = 'UPDATE' AND NEW.changed_at = OLD.changed_at
                THEN attune_now() ELSE NEW.changed_at END);
    END IF;
    RETURN NULL;
"""


OLD_ROWS: Any = pgtrigger.Referencing(old="old_rows")  # type: ignore[no-untyped-call]
TELL_REMOVALS = """
    INSERT INTO decisioning_audiencedelivery
        (id, audience_id, kind, external_ids, n, state, n_attempts, error,
         created_at, next_attempt_at)
    SELECT gen_random_uuid(), d.audience_id, 'remove', jsonb_agg(d.external_id),
        count(*), 'waiting', 0, '', attune_now(), attune_now()
    FROM (SELECT o.audience_id, o.external_id,
            (row_number() OVER (PARTITION BY o.audience_id ORDER BY o.id) - 1) / 1000
                AS batch
        FROM old_rows o) d
    GROUP BY d.audience_id, d.batch;
    RETURN NULL;
"""


class Segment(models.Model):
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    goal = models.CharField(max_length=200, blank=True)
    rule = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    draft_revision = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        triggers: ClassVar[list[Any]] = [
            raises_serving_version(),
            pgtrigger.Trigger(
                name="notes_version",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=NOTE_VERSION,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentVersion(models.Model):
    """Which rule held from when to when; a trigger writes it, whoever changes the rule.

    ``replaced_at`` is exclusive and empty for the rule that holds.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions")
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    rule = models.JSONField()
    effective_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segment"],
                condition=models.Q(replaced_at=None),
                name="decisioning_segmentversion_one_holds",
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} v{self.revision}"


class SegmentMembership(models.Model):
    """A customer's stay in a segment; open while ``left_at`` is empty.

    Each row is an entry and, once closed, an exit: what triggers read.
    """

    class Cause(models.TextChoices):
        EVENT = "event", "Something the customer did"
        REBUILD = "rebuild", "A rebuild of the whole segment"

    segment = models.ForeignKey(
        Segment, models.CASCADE, related_name="+", db_index=False
    )
    customer_id = models.BigIntegerField()
    entered_at = models.DateTimeField()
    entry_cause = models.CharField(max_length=10, choices=Cause.choices)
    left_at = models.DateTimeField(null=True)
    exit_cause = models.CharField(max_length=10, choices=Cause.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "customer_id"],
                condition=models.Q(left_at=None),
                name="decisioning_segmentmembership_open",
            )
        ]
        indexes = [
            models.Index(
                fields=["customer_id", "segment"],
                name="decisioning_membership_person",
            ),
            models.Index(
                fields=["segment", "entered_at"],
                name="decisioning_membership_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"


class SegmentBuild(models.Model):
    """One evaluation of a rule over all customers: how many, how long it took."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    built_at = models.DateTimeField()
    n_members = models.PositiveIntegerField(null=True)
    n_entered = models.PositiveIntegerField(default=0)
    n_left = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["segment", "built_at"], name="decisioning_segmentbuild_at"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.built_at:%Y-%m-%d %H:%M}"


class Audience(models.Model):
    """A system outside that is told who is in a segment and may be handed over."""

    segment = models.ForeignKey(Segment, models.PROTECT, related_name="audiences")
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=500)
    secret_salt = models.CharField(max_length=300)
    purpose = models.CharField(max_length=40)
    channel = models.CharField(max_length=20, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class AudienceMember(models.Model):
    """Whom an audience was told to hold, by the name it knows them by.

    A row that goes, by whatever way, leaves a removal message behind: a trigger writes
    it, so that leaving, withdrawing and being erased cannot be kept to ourselves.
    """

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="+")
    customer_id = models.BigIntegerField()
    external_id = models.CharField(max_length=200)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "external_id"],
                name="decisioning_audiencemember_once",
            )
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Trigger(
                name="tells_removals",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=OLD_ROWS,
                func=TELL_REMOVALS,
            )
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="decisioning_audience_person")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in audience {self.audience_id}"


class AudienceDelivery(models.Model):
    """One message to an audience; its identifiers are emptied once it arrived."""

    class Kind(models.TextChoices):
        ADD = "add", "Add"
        REMOVE = "remove", "Remove"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    audience = models.ForeignKey(Audience, models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    external_ids = models.JSONField(default=list)
    n = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="decisioning_delivery_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.n} ({self.state})"
