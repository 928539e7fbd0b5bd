from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from governance.append_only import AppendOnly


class AuditEntry(AppendOnly):
    """One thing somebody did, chained by hash to the one before; no foreign keys."""

    seq = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    type = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                fields=["subject_kind", "subject_id"], name="governance_audit_subject"
            ),
            models.Index(fields=["occurred_at"], name="governance_audit_when"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Unsealed(models.Model):
    """The hash of a row of an append-only table, until the next seal covers it.

    Triggers write it in the transaction of the row; only sealing takes it away.
    """

    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=64)
    leaf = models.BinaryField()
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id}"


class Seal(AppendOnly):
    """One batch of rows of one table under a Merkle root, chained to the seal before.

    ``leaves`` holds 32 bytes for each of ``row_ids``; ``columns`` those the table had.
    """

    number = models.BigIntegerField(primary_key=True)
    table_name = models.CharField(max_length=63)
    row_ids = ArrayField(models.CharField(max_length=64))
    leaves = models.BinaryField()
    columns = ArrayField(models.CharField(max_length=63))
    root = models.CharField(max_length=64)
    audit_seq = models.BigIntegerField()
    audit_hash = models.CharField(max_length=64)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["table_name"], name="governance_seal_table")]

    def __str__(self) -> str:
        return f"seal {self.number} of {self.table_name}"


class Removal(AppendOnly):
    """What erasure and retention took out of sealed rows, and what they left.

    ``residues`` are hashes of the personal part as it was left, one for each row; there
    are none where the rows themselves went.
    """

    class Kind(models.TextChoices):
        ERASED = "erased", "Erased with the person"
        EMPTIED = "emptied", "Inputs past their time"
        EXPIRED = "expired", "Rows past their time"

    table_name = models.CharField(max_length=63)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    row_ids = ArrayField(models.CharField(max_length=64))
    residues = ArrayField(models.CharField(max_length=64), default=list)
    removed_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [GinIndex(fields=["row_ids"], name="governance_removal_rows")]

    def __str__(self) -> str:
        return f"{self.kind}: {len(self.row_ids)} rows of {self.table_name}"
