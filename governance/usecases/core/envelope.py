"""What a signature covers, what differs, and what a change asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.types import Digest, canonical_json, sha256_hex
from governance.usecases.core.content import UseCaseContent

DOMAIN = "pc/usecase/v1"
OVERLAY_DOMAIN = "pc/usecase-overlay/v1"


class ChangeClass(StrEnum):
    """What a change asks for."""

    MATERIAL = "A"
    BOUNDED = "B"
    SAFER = "S"
    COSMETIC = "C"

    @property
    def label(self) -> str:
        """The consequence in words."""
        return CLASS_LABELS[self]


CLASS_LABELS: Mapping[ChangeClass, str] = {
    ChangeClass.MATERIAL: "Everyone signs again",
    ChangeClass.BOUNDED: "Channel owner alone",
    ChangeClass.SAFER: "Effective at once",
    ChangeClass.COSMETIC: "No sign-off needed",
}


class Effect(StrEnum):
    """Which way a change goes."""

    WIDER = "wider"
    NARROWER = "narrower"
    NEW = "new"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The signed text and its hash."""

    canonical: str
    config_hash: Digest


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs."""

    field: str
    label: str
    old: Any
    new: Any
    effect: Effect
    change_class: ChangeClass


MATERIAL_BLOCKS = (
    "objective",
    "guardrails",
    "data_uses",
    "lawful_basis",
    "eprivacy_basis",
    "explanation",
    "reach",
    "logic",
    "experiment",
    "people",
    "fallback",
    "owners",
    "retention",
    "review_interval_days",
)
BOUNDED_BLOCKS = ("customer",)
COSMETIC_BLOCKS = ("cosmetic",)


def envelope(content: UseCaseContent, referenced: Mapping[str, str]) -> Envelope:
    r"""Put the material block into canonical form and hash it.

    Parameters
    ----------
    content
        The use case.
    referenced
        Digest of everything it refers to (segment, offers, caps, models, notices),
        by name, so that a change there changes this hash.

    Returns
    -------
    Envelope
        ``config_hash = SHA-256("pc/usecase/v1\n" + canonical)``.

    References
    ----------
    RFC 8785; ``governance.md`` 2.4.
    """
    canonical = canonical_json(material(content, referenced))
    return Envelope(canonical, sha256_hex(f"{DOMAIN}\n{canonical}"))


def material(content: UseCaseContent, referenced: Mapping[str, str]) -> dict[str, Any]:
    """Everything a signature covers, as plain values.

    Parameters
    ----------
    content, referenced
        As for ``envelope``.

    Returns
    -------
    dict
        A field this module does not know is material.
    """
    data = content.to_dict()
    for name in (*BOUNDED_BLOCKS, *COSMETIC_BLOCKS):
        data.pop(name, None)
    return {**data, "referenced": dict(referenced)}


def overlay_hash(overlay: Mapping[str, Any]) -> Digest:
    """Hash the narrower settings that lie over a signed envelope.

    Parameters
    ----------
    overlay
        Field path to value.

    Returns
    -------
    Digest
        Kept apart from configuration hashes by its own domain line.
    """
    return sha256_hex(f"{OVERLAY_DOMAIN}\n{canonical_json(overlay)}")


def _smaller(old: Any, new: Any) -> bool:
    return _is_number(old) and _is_number(new) and 0 <= new < old


def _larger_share(old: Any, new: Any) -> bool:
    return _is_number(old) and _is_number(new) and old < new < 1


def _fewer(old: Any, new: Any) -> bool:
    if not isinstance(old, list) or not isinstance(new, list):
        return False
    return len(new) < len(old) and all(item in old for item in new)


def _more(old: Any, new: Any) -> bool:
    if not isinstance(old, list) or not isinstance(new, list):
        return False
    return len(new) > len(old) and all(item in new for item in old)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


SAFER: Mapping[str, Callable[[Any, Any], bool]] = {
    "reach.max_contacts": _smaller,
    "reach.channels": _fewer,
    "reach.placements": _fewer,
    "reach.offers": _fewer,
    "reach.caps": _more,
    "experiment.holdout_share": _larger_share,
    "experiment.first_exposure": _smaller,
    "experiment.max_exposure": _smaller,
    "retention.decision_log_days": _smaller,
    "retention.inputs_days": _smaller,
    "review_interval_days": _smaller,
}


def classify_change(field: str, old: Any, new: Any) -> ChangeClass:
    """Say what a change of one setting asks for.

    Parameters
    ----------
    field
        Path of the setting (``reach.max_contacts``).
    old, new
        Plain JSON values; ``None`` where it was or becomes absent.

    Returns
    -------
    ChangeClass
        A setting that is not known here is material.
    """
    block = field.partition(".")[0]
    if block in COSMETIC_BLOCKS:
        return ChangeClass.COSMETIC
    if block in BOUNDED_BLOCKS:
        return ChangeClass.BOUNDED
    rule = SAFER.get(field)
    if rule is not None and rule(old, new):
        return ChangeClass.SAFER
    return ChangeClass.MATERIAL


def within_envelope(overlay: Mapping[str, Any], signed: Mapping[str, Any]) -> bool:
    """Whether every setting of an overlay is equal to or safer than what was signed.

    Parameters
    ----------
    overlay
        Field path to value.
    signed
        The signed material block, as ``material`` gives it.

    Returns
    -------
    bool
        False for any setting that is wider, unknown or of another kind.
    """
    bounds = flatten(signed)
    return all(
        field in bounds
        and (
            new == bounds[field]
            or classify_change(field, bounds[field], new) is ChangeClass.SAFER
        )
        for field, new in overlay.items()
    )


def setting_of(content: Mapping[str, Any], field: str) -> Any:
    """One setting of a content by its path.

    Parameters
    ----------
    content
        Plain values as ``UseCaseContent.to_dict`` gives them.
    field
        Path of the setting.

    Returns
    -------
    Any
        ``None`` where there is no such setting.
    """
    found: Any = content
    for name in field.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    """List the settings of a nested value by path.

    Parameters
    ----------
    value
        Plain JSON values.
    path
        Where they hang; empty at the top.

    Returns
    -------
    dict
        Lists of plain values stay whole; lists of groups are taken apart by what
        names them (the data element with its purpose and role, or the metric).
    """
    if isinstance(value, dict) and value:
        found: dict[str, Any] = {}
        for key, item in value.items():
            found |= flatten(item, f"{path}.{key}" if path else str(key))
        return found
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        named: dict[str, Any] = {}
        for place, item in enumerate(value):
            name = _name(item) or str(place)
            while name in named:
                name = f"{name}+"
            named[name] = item
        return flatten(named, path)
    return {path: value}


def _name(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    if "element" in item:
        parts = (item.get("element"), item.get("purpose"), item.get("role"))
        return "/".join(str(part) for part in parts if part)
    return str(item.get("metric", ""))


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """Name every setting that differs between two contents or material blocks.

    Parameters
    ----------
    old, new
        Plain values as ``to_dict`` or ``material`` gives them.

    Returns
    -------
    tuple of Change
        Material changes first, then by path; empty when nothing differs.
    """
    before, after = flatten(dict(old)), flatten(dict(new))
    changes = [
        _change(field, before.get(field), after.get(field))
        for field in before.keys() | after.keys()
        if not _same(before.get(field), after.get(field))
    ]
    return tuple(sorted(changes, key=lambda c: (c.change_class, c.field)))


def _same(old: Any, new: Any) -> bool:
    if old in EMPTY and new in EMPTY:
        return True
    return canonical_json(old) == canonical_json(new)


EMPTY: tuple[Any, ...] = (None, "", [], {})


def _change(field: str, old: Any, new: Any) -> Change:
    kind = classify_change(field, old, new)
    return Change(field, label_of(field), old, new, _effect(field, old, new), kind)


def _effect(field: str, old: Any, new: Any) -> Effect:
    if old in EMPTY:
        return Effect.NEW
    if new in EMPTY:
        return Effect.REMOVED
    rule = SAFER.get(field)
    if rule is None:
        return Effect.CHANGED
    if rule(old, new):
        return Effect.NARROWER
    return Effect.WIDER if rule(new, old) else Effect.CHANGED


LABELS: Mapping[str, str] = {
    "reach.max_contacts": "Most contacts per window",
    "reach.window_days": "Window of contacts, in days",
    "reach.segment": "Who may be reached",
    "experiment.holdout_share": "Share left alone",
    "experiment.first_exposure": "Share reached at first",
    "experiment.max_exposure": "Largest share reached",
    "objective.primary_metric": "Aim",
    "objective.smallest_change": "Smallest change worth having",
    "explanation.template": "Sentence the customer reads",
    "explanation.fallback": "Sentence without personal data",
    "review_interval_days": "Days until the next review",
    "retention.decision_log_days": "Days decisions are kept",
    "retention.inputs_days": "Days decision inputs are kept",
}


def label_of(field: str) -> str:
    """Put a setting's path in words.

    Parameters
    ----------
    field
        Path of the setting.

    Returns
    -------
    str
        Its own label, or its path with spaces.
    """
    if field in LABELS:
        return LABELS[field]
    words = field.replace("_", " ").replace(".", " · ")
    return words[:1].upper() + words[1:]
