from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.access.core import Permission, holds
from governance.audit import actions as audit
from governance.catalogue.core import (
    PURPOSES,
    Provenance,
    SourceType,
    SpecialCategory,
    element_problems,
)
from governance.catalogue.models import DataElement, Purpose
from governance.catalogue.queries import FLAGS, catalogue, core_element
from governance.catalogue.standard import BASIS, ELEMENTS, Standard
from governance.types import (
    Actor,
    ActorKind,
    Digest,
    Invalid,
    Refused,
    Role,
    SubjectRef,
    digest_of,
)

__all__ = ["save_element", "seed_standard"]

OUTSIDE_CONTENT = frozenset({"version", "content_hash", "created_at"})
EDITABLE = frozenset(
    field.name
    for field in DataElement._meta.fields
    if field.name not in {*OUTSIDE_CONTENT, "key"}
)
CHOICES: Mapping[str, Sequence[str]] = {
    "source_type": tuple(SourceType),
    "provenance": tuple(Provenance),
    "special_category": tuple(SpecialCategory),
    "ttl_anchor": ("collected_at", "last_activity", "consent_withdrawn"),
    "owner": ("", *(role.value for role in Role)),
    "deletion_method": ("hard_delete", "null_field", "crypto_shred", "aggregate"),
}


@transaction.atomic
def save_element(*, by: Actor, now: datetime, key: str, **changes: Any) -> DataElement:
    """Add an element or change one; a change raises its version."""
    if by.kind is not ActorKind.SYSTEM and not holds(by, Permission.CATALOGUE_WRITE):
        raise Refused("Only analysts and privacy write the data catalogue.")
    unknown = sorted(set(changes) - EDITABLE)
    if unknown:
        raise Invalid(dict.fromkeys(unknown, "There is no such field."))
    row = DataElement.objects.select_for_update().filter(pk=key).first()
    is_new = row is None
    row = row or DataElement(key=key, created_at=now, version=0)
    for name, value in changes.items():
        setattr(row, name, value)
    _check(row)
    digest = content_hash(row)
    if digest == row.content_hash:
        return row
    row.content_hash, row.version = digest, row.version + 1
    row.save(force_insert=is_new)
    audit.record(
        by=by,
        now=now,
        type="data_element.added" if is_new else "data_element.changed",
        subject=SubjectRef("data_element", key, digest),
        details={"version": row.version, "fields": sorted(changes)},
    )
    return row


def content_hash(row: DataElement) -> Digest:
    content = {
        field.name: getattr(row, field.name)
        for field in DataElement._meta.fields
        if field.name not in OUTSIDE_CONTENT
    }
    return digest_of(content, domain="pc/data-element/v1")


def _check(row: DataElement) -> None:
    errors = {}
    for name in ("key", "label", "field", "value_type", "collected_where"):
        if not str(getattr(row, name)).strip():
            errors[name] = "Fill this in."
    for name, known in CHOICES.items():
        if getattr(row, name) not in known:
            errors[name] = f"Choose one of: {', '.join(known)}."
    unknown = sorted(set(row.lawful_purposes) - set(PURPOSES))
    if unknown or not row.lawful_purposes:
        errors["lawful_purposes"] = f"Choose from: {', '.join(PURPOSES)}."
    if set(row.flags) - set(FLAGS):
        errors["flags"] = f"Choose from: {', '.join(FLAGS)}."
    if not errors:
        others = dict(catalogue().elements)
        errors = dict(element_problems(core_element(row), others))
    if errors:
        raise Invalid(errors)


@transaction.atomic
def seed_standard(now: datetime) -> int:
    """Purposes and elements that every installation starts with; adds what is missing.

    What staff have changed since is left as it is. How many rows were added.
    """
    purposes = Purpose.objects.bulk_create(_purposes())
    known = set(DataElement.objects.values_list("key", flat=True))
    added = [_row(standard, now) for standard in ELEMENTS if standard.key not in known]
    DataElement.objects.bulk_create(added)
    if purposes or added:
        audit.record(
            by=Actor.system(),
            now=now,
            type="catalogue.seeded",
            subject=SubjectRef("catalogue", "standard"),
            details={"purposes": len(purposes), "elements": len(added)},
        )
    return len(purposes) + len(added)


def _purposes() -> list[Purpose]:
    known = set(Purpose.objects.values_list("key", flat=True))
    return [
        Purpose(
            key=purpose.key,
            label=purpose.label,
            description=purpose.plain_description,
            kind=purpose.key,
            default_basis=BASIS.get(purpose.key, "consent"),
            consent_required=purpose.consent_required,
            objection_absolute=purpose.objection_absolute,
            gpc_applies=purpose.gpc_applies,
        )
        for purpose in PURPOSES.values()
        if purpose.key not in known
    ]


def _row(standard: Standard, now: datetime) -> DataElement:
    values: dict[str, Any] = {}
    for field in fields(standard):
        value = getattr(standard, field.name)
        name = "lawful_purposes" if field.name == "purposes" else field.name
        values[name] = list(value) if isinstance(value, tuple) else value
    row = DataElement(**values, owner=standard.owner, created_at=now)
    row.content_hash = content_hash(row)
    return row
