"""Traits that customers volunteered for monitoring: who writes, and the one reader.

DPA 2018, Schedule 1, paragraph 8: held to see whether people are treated equally, used
for no decision about anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from governance.fairness.models import MonitoringTrait
from governance.types import Invalid

CHOICES: Mapping[str, tuple[str, ...]] = {
    "sex": ("female", "male", "another"),
    "ethnicity": ("asian", "black", "mixed", "white", "another"),
    "disability": ("yes", "no"),
}
LABELS: Mapping[str, str] = {
    "sex": "Sex (volunteered)",
    "ethnicity": "Ethnic group (volunteered)",
    "disability": "Disability (volunteered)",
}


@transaction.atomic
def volunteer(*, now: datetime, person_id: int, traits: Mapping[str, str]) -> int:
    """Keep what a person told us of their own accord; an empty answer takes it back.

    Not in the audit log: that somebody answered says something about them already.

    Raises
    ------
    Invalid
        Where a trait or an answer is not on the list.
    """
    wrong = {
        trait: "Choose one of the answers, or leave it empty."
        for trait, value in traits.items()
        if value and value not in CHOICES.get(trait, ())
    }
    if wrong:
        raise Invalid(wrong)
    mine = MonitoringTrait.objects.filter(person_id=person_id)
    mine.filter(trait__in=[t for t, value in traits.items() if not value]).delete()
    kept = {trait: value for trait, value in traits.items() if value}
    for trait, value in kept.items():
        MonitoringTrait.objects.update_or_create(
            person_id=person_id,
            trait=trait,
            defaults={"value": value, "told_at": now},
        )
    return len(kept)


def told_by(person_id: int) -> dict[str, str]:
    """A person's own answers, for that person."""
    mine = MonitoringTrait.objects.filter(person_id=person_id)
    return dict(mine.values_list("trait", "value"))


def for_audit(person_ids: Collection[int]) -> dict[str, dict[int, str]]:
    """By trait, the answers of these people; the audit job alone asks."""
    found: dict[str, dict[int, str]] = {}
    rows = MonitoringTrait.objects.filter(person_id__in=list(person_ids))
    for person, trait, value in rows.values_list("person_id", "trait", "value"):
        found.setdefault(LABELS.get(trait, trait), {})[person] = value
    return found
