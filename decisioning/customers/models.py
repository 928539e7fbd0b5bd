from __future__ import annotations

from django.db import models


class Customer(models.Model):
    """A person as we know them; contact details never leave ``contact``."""

    class Basis(models.TextChoices):
        CONSENT = "", "What the person allowed"
        PUBLIC_RESEARCH = (
            "public_research",
            ("Public research data, no identifiable person"),
        )

    pseudonym = models.CharField(max_length=24, unique=True)
    traits = models.JSONField(default=dict)
    contact = models.JSONField(default=dict)
    timezone = models.CharField(max_length=40, blank=True)
    locale = models.CharField(max_length=20, blank=True)
    basis = models.CharField(
        max_length=20, choices=Basis.choices, default=Basis.CONSENT, blank=True
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.pseudonym


class CustomerIdentity(models.Model):
    """A name by which other systems call a customer.

    ``kind`` is ``user`` for an account, ``anonymous`` for a browser or an app as it was
    installed, ``device`` for the device itself, and ``email`` for an address, of which
    only the keyed hash is kept here. ``account`` is the one user id that signed in on a
    browser or device; once a second did, it is nobody's, from ``shared_at`` on.
    """

    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=200)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    created_at = models.DateTimeField()
    shared_at = models.DateTimeField(null=True)
    account = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value"], name="decisioning_identity_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class IdentityMerge(models.Model):
    """Two identities found to be one person: what moved, so that it can move back."""

    kept_id = models.BigIntegerField()
    merged_id = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    moved = models.JSONField(default=dict)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"
