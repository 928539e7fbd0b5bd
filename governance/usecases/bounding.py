"""Settings of a serving version that change without signatures, within what was signed.

A risk-reducing change holds from the next decision on, by whoever may stop the use
case; going back towards the signed bounds is for the channel owner alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from governance.access.core import Permission, allows
from governance.audit import actions as audit
from governance.types import Actor, ActorKind, Invalid, Refused, Role
from governance.usecases.core import (
    ChangeClass,
    UseCaseContent,
    classify_change,
    material,
    overlay_hash,
    within_envelope,
)
from governance.usecases.core.envelope import SAFER, label_of, setting_of
from governance.usecases.drafting import Status, locked, subject_of
from governance.usecases.models import UseCase, UseCaseVersion
from governance.usecases.queries import owner_ids
from governance.usecases.standing import effective_content, pinned


@transaction.atomic
def set_bound(
    *, by: Actor, now: datetime, key: str, field: str, value: Any
) -> UseCaseVersion:
    """Move one setting of the serving version within its signed bounds.

    Raises
    ------
    Invalid
        Where the setting is not one of those, or the value goes beyond what was signed.
    """
    case = locked(key)
    version = _serving(case)
    signed = material(
        UseCaseContent.from_dict(version.content), pinned(version.references)
    )
    before = setting_of(effective_content(version).to_dict(), field)
    overlay = {**version.overlay, field: value}
    if setting_of(signed, field) == value:
        overlay.pop(field)
    if field not in SAFER or not within_envelope({field: value}, signed):
        raise Invalid({field: _beyond(field)})
    if value == before:
        return version
    kind = classify_change(field, before, value)
    _must_be_allowed(by, case, kind)
    version.overlay = overlay
    version.overlay_hash = overlay_hash(overlay) if overlay else ""
    version.save()
    if field == "experiment.max_exposure" and value < case.exposure_share:
        case.exposure_share = value
    case.changed_at = now
    case.save()
    audit.record(
        by=by,
        now=now,
        type="use_case.bound_set",
        subject=subject_of(version),
        details={
            "field": field,
            "from": before,
            "to": value,
            "class": (kind if kind is ChangeClass.SAFER else ChangeClass.BOUNDED).value,
        },
    )
    return version


def _serving(case: UseCase) -> UseCaseVersion:
    version = case.serving_version
    if version is None or version.status != Status.SIGNED:
        raise Refused("Nothing signed is being served.", code="governance.not_signed")
    version.use_case = case
    return version


def _beyond(field: str) -> str:
    if field not in SAFER:
        return f"“{label_of(field)}” is changed in a new version, which people sign."
    return (
        f"“{label_of(field)}” would go beyond what was signed. Change the use case and "
        "have it signed again."
    )


def _must_be_allowed(by: Actor, case: UseCase, kind: ChangeClass) -> None:
    if by.kind is ActorKind.SYSTEM:
        return
    owners = owner_ids(case)
    if kind is ChangeClass.SAFER:
        if not allows(by, Permission.USE_CASES_STOP, owners):
            raise Refused("Only those who may stop a use case narrow it.")
    elif by.kind is not ActorKind.PERSON or not by.has(Role.CHANNEL_OWNER):
        raise Refused("Back towards the signed bounds is for a channel owner alone.")
