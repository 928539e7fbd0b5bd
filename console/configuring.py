"""What the pages of offers, segments, caps and budgets share: use and change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from console.templatetags.fmt import money, when_text
from decisioning.caps.core import window_words
from decisioning.offers.core import BENEFITS
from decisioning.revisions.core import Kind
from decisioning.revisions.queries import Revision, history, snapshot_of
from decisioning.rules.core import Catalogue, InvalidRule, describe, load
from decisioning.rules.core.describe import IS
from governance.access.core import Permission, allows, holds
from governance.types import Actor, Refused
from governance.usecases import queries as use_cases

LABELS = {
    "topic": "Topic",
    "benefit": "For the customer",
    "starts_at": "From",
    "ends_at": "Until",
    "priority": "Priority",
    "value_minor": "Value",
    "margin_minor": "Margin",
    "cost_minor": "Cost of showing it",
    "currency": "Currency",
    "eligibility": "Who may get it",
    "why_signal": "Why, in the customer’s sentence",
    "content": "Content",
    "channel": "Channel",
    "default_content": "Default content",
    "rule": "Who is in",
    "scope": "Counts",
    "scope_key": "Which one",
    "n": "Contacts",
    "window": "Window",
    "limit_minor": "Limit",
}
GROUPS = {
    "trait": "What we know of them",
    "feature": "What they did, counted",
    "score": "What we expect",
    "context": "The moment itself",
}
NOTHING = "none"
READS_ONLY = "Your role reads this, it does not edit."


@dataclass(frozen=True, slots=True)
class ServedLink:
    """A use case that serves an object, signed."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class DiffRow:
    setting: str
    old: str
    new: str
    effect: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """One saved version, with what it changed against the one before."""

    number: int
    who: str
    at: datetime
    state: str
    tone: str
    hash: str
    changes: tuple[DiffRow, ...]


def served_by(kind: Kind, key: str) -> list[ServedLink]:
    """Two queries for one object; a list asks ``serving_names``."""
    keys = use_cases.served_by(f"{kind.value}:{key}")
    return [
        ServedLink(use_cases.use_case(key).name, reverse("usecases:detail", args=[key]))
        for key in keys
    ]


def serving_names(now: datetime) -> dict[str, list[ServedLink]]:
    """Reference to the use cases that serve it, for a whole list at once."""
    found: dict[str, list[ServedLink]] = {}
    for case in use_cases.serving_cases(now):
        link = ServedLink(case.name, reverse("usecases:detail", args=[case.key]))
        for reference in case.references:
            found.setdefault(reference, []).append(link)
    return found


def why_not_write(actor: Actor, permission: Permission, owner_id: int | None) -> str:
    """The visible reason beside a disabled button; empty where writing is allowed."""
    if owner_id is None:
        limited = Permission(f"{permission.value}_own")
        return (
            "" if holds(actor, limited) else "Your role reads this, it does not edit."
        )
    if allows(actor, permission, {owner_id}):
        return ""
    if holds(actor, Permission(f"{permission.value}_own")):
        return "You may change only what you own. Ask its owner or a marketing owner."
    return READS_ONLY


def must_write(actor: Actor, permission: Permission, owner_id: int | None) -> None:
    """Refuse at once, whatever was typed, what a person may not change."""
    if why_not := why_not_write(actor, permission, owner_id):
        raise Refused(why_not)


def changes(
    kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any], catalogue: Catalogue
) -> tuple[DiffRow, ...]:
    """Only what differs, in words."""
    rows = []
    for name in new:
        if old.get(name) == new[name] or name not in LABELS:
            continue
        if name in ("content", "default_content"):
            rows += _slots(old.get(name) or {}, new[name] or {})
            continue
        rows.append(
            DiffRow(
                LABELS[name],
                _words(name, old.get(name), old, catalogue),
                _words(name, new[name], new, catalogue),
                _effect(kind, name, old.get(name), new[name]),
            )
        )
    return tuple(rows)


def _slots(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[DiffRow]:
    slots = dict.fromkeys([*old, *new])
    return [
        DiffRow(f"Content: {slot}", str(old.get(slot, "")), str(new.get(slot, "")))
        for slot in slots
        if old.get(slot) != new.get(slot)
    ]


def _words(
    name: str, value: Any, content: Mapping[str, Any], catalogue: Catalogue
) -> str:
    if name in ("rule", "eligibility"):
        return rule_words(value, catalogue)
    if value is None or value == "":
        return NOTHING
    if name.endswith("_minor"):
        return money(value / 100, str(content.get("currency", "")))
    if name.endswith("_at"):
        return when_text(datetime.fromisoformat(value))
    if name == "window":
        return window_words(timedelta(seconds=value))
    return BENEFITS.get(value, str(value)) if name == "benefit" else str(value)


def rule_words(rule: Any, catalogue: Catalogue) -> str:
    """A stored rule in words; one that no longer reads is named as such."""
    if rule is None:
        return "Everyone."
    try:
        return describe(load(rule), catalogue)
    except InvalidRule:
        return "This rule can no longer be read."


def _effect(kind: Kind, name: str, old: Any, new: Any) -> str:
    if kind is Kind.CAP and name == "n" and old is not None:
        return "fewer contacts" if new < old else "more contacts"
    if kind is Kind.BUDGET and name == "limit_minor" and old is not None:
        return "less money" if new < old else "more money"
    if kind is Kind.SEGMENT and name == "rule":
        return "other customers"
    return ""


def revision_rows(
    kind: Kind, key: str, row: Any, catalogue: Catalogue, *, most: int = 10
) -> list[RevisionRow]:
    """Newest first, each against the one before it."""
    kept = history(kind, key)
    older: list[Revision | None] = [*kept[1:], None]
    return [
        RevisionRow(
            number=new.number,
            who=new.created_by_label,
            at=new.created_at,
            state=_state(new.number, row)[0],
            tone=_state(new.number, row)[1],
            hash=new.digest[:6],
            changes=changes(kind, old.snapshot, new.snapshot, catalogue) if old else (),
        )
        for new, old in list(zip(kept, older, strict=True))[:most]
    ]


def _state(number: int, row: Any) -> tuple[str, str]:
    if number == row.revision:
        return ("Live", "positive") if row.retired_at is None else ("Retired", "")
    if number == row.draft_revision:
        return "Waits for signatures", "caution"
    return "", ""


def draft_changes(
    kind: Kind, key: str, row: Any, live: Mapping[str, Any], catalogue: Catalogue
) -> tuple[DiffRow, ...]:
    """What waits for signatures, against what is live."""
    if row.draft_revision is None:
        return ()
    return changes(kind, live, snapshot_of(kind, key, row.draft_revision), catalogue)


def saved_words(name: str, *, is_live: bool, links: list[ServedLink]) -> str:
    """What a person reads after saving."""
    if is_live:
        return f"Saved “{name}”."
    named = ", ".join(f"“{link.name}”" for link in links) or "a use case"
    return (
        f"Saved as a draft: {named} goes on with the signed version until its next "
        "version is signed."
    )


def builder_words(catalogue: Catalogue) -> dict[str, Any]:
    """What ``<rule-builder>`` offers: fields by group, events, words of operators."""
    return {
        "groups": [
            {
                "label": label,
                "fields": [
                    {
                        "ref": info.ref,
                        "label": info.label,
                        "kind": info.kind,
                        "unit": info.unit,
                        "choices": list(info.choices),
                    }
                    for info in catalogue.fields.values()
                    if info.ref.startswith(f"{source}.")
                ],
            }
            for source, label in GROUPS.items()
        ],
        "events": [{"name": e.name, "did": e.did} for e in catalogue.events.values()],
        "is": IS,
        "segments": _keyed(catalogue.segments),
        "consents": _keyed(catalogue.consents),
        "channels": _keyed(catalogue.channels),
    }


def _keyed(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "label": label} for key, label in words.items()]
