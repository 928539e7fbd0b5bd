"""Each column of each configuration table mutated by SQL under a signed use case."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import DatabaseError, models, transaction

from decisioning.engine import live
from decisioning.publishing.queries import references
from decisioning.revisions.classes import CLASSES, FieldClass, class_of, unclassified
from decisioning.scoring.models import ModelVersion
from governance.consent.models import Notice
from governance.types import digest_of
from governance.usecases.core import UseCaseContent, envelope
from governance.usecases.core.classes import classes
from governance.usecases.core.classes import unclassified as unclassified_settings
from governance.usecases.core.envelope import classify_change, flatten

CHECKED = tuple(label for label in CLASSES if label.startswith("decisioning."))
REACH = {
    "channels": ["web"],
    "placements": ["home.hero"],
    "segment": "good-buyers",
    "offers": ["free-delivery"],
    "caps": ["three-a-week"],
    "budget": "spring",
}


@dataclass(frozen=True, slots=True)
class Mutated:
    """One column moved one way, and whether the signatures still hold."""

    table: str
    column: str
    way: str
    kind: FieldClass
    is_void: bool

    @property
    def is_right(self) -> bool:
        if self.kind is FieldClass.MATERIAL:
            return self.is_void
        if self.kind is FieldClass.SAFER:
            return self.is_void is (self.way == "wider")
        return not self.is_void

    def __str__(self) -> str:
        return f"{self.table}.{self.column} ({self.way})"


def unnamed() -> list[str]:
    """Columns and settings that nobody has classified."""
    found = [f"use case {path}" for path in unclassified_settings()]
    for label in CLASSES:
        names = [field.name for field in _columns(label)]
        found += [f"{label}.{name}" for name in unclassified(label, names)]
    return found


def _columns(label: str) -> list[models.Field[Any, Any]]:
    return list(apps.get_model(label)._meta.concrete_fields)


def configured(now: datetime) -> dict[str, Any]:
    """One object of each kind; gives what a signature would pin."""
    from decisioning.offers import actions as offers
    from governance.types import Role
    from tests.factories import configuration as make

    owner = make.actor("olga", Role.MARKETING_OWNER, now=now)
    make.element("history", now=now)
    make.offer(owner, now)
    make.placement(owner, now)
    make.segment(owner, now)
    make.cap(owner, now)
    make.budget(owner, now)
    make.offer(owner, now, name="Another offer")
    make.placement(owner, now, key="home.other")
    offers.save_creative(
        by=owner,
        now=now,
        offer_key="free-delivery",
        placement_key="home.hero",
        key="plain",
        content={"headline": "Free!"},
    )
    ModelVersion.objects.create(
        key="clv",
        number=1,
        kind="clv",
        digest=digest_of({"r": 1.0}),
        parameters={"r": 1.0},
        report={},
        trained_on="orders",
        trained_at=now,
        trained_by_label="Olga",
        is_champion=True,
    )
    Notice.objects.create(key="centre", version=1, text="We ask you.", created_at=now)
    content = UseCaseContent.from_dict({"reach": REACH, "logic": {"scores": ["clv"]}})
    return references(content)


def mutations(pinned: dict[str, Any], now: datetime) -> Iterator[Mutated]:
    """Every column of every table that a use case refers to, each undone."""
    for label in CHECKED:
        for field in _columns(label):
            for way, value in _values(label, field, now):
                yield _mutated(label, field.name, way, value, pinned, now)


def _mutated(
    label: str,
    name: str,
    way: str,
    value: Any,
    pinned: dict[str, Any],
    now: datetime,
) -> Mutated:
    with transaction.atomic():
        apps.get_model(label).objects.filter(pk=_first(label).pk).update(
            **{name: value}
        )
        is_void = bool(live.read(now).differs_from(pinned))
        transaction.set_rollback(True)
    return Mutated(label, name, way, class_of(label, name), is_void)


def _values(
    label: str, field: models.Field[Any, Any], now: datetime
) -> list[tuple[str, Any]]:
    before = getattr(_first(label), field.attname)
    if field.primary_key or isinstance(field, models.ForeignKey):
        return _others(label, field)
    if class_of(label, field.name) is FieldClass.SAFER:
        return _both_ways(field.name, before, now)
    return [("other", _other(field, before, now))]


def _first(label: str) -> Any:
    return apps.get_model(label).objects.order_by("pk").first()


def _others(label: str, field: models.Field[Any, Any]) -> list[tuple[str, Any]]:
    """Another row for a foreign key that is configuration; none for a record of who."""
    if field.primary_key or class_of(label, field.name) is FieldClass.RECORD:
        return []
    assert field.related_model is not None
    other = apps.get_model(field.related_model._meta.label).objects.order_by("-pk")[0]
    return [("other", other.pk)]


def _both_ways(name: str, before: Any, now: datetime) -> list[tuple[str, Any]]:
    if name == "retired_at":
        return [("narrower", now)]
    if isinstance(before, str):
        return [("narrower", f"x{before}")]
    if isinstance(before, timedelta):
        return [("narrower", before * 2), ("wider", before / 2)]
    return [("narrower", before - 1), ("wider", before + 1)]


def _other(field: models.Field[Any, Any], before: Any, now: datetime) -> Any:
    if isinstance(field, models.BooleanField):
        return not before
    if isinstance(field, models.DateTimeField):
        return (before or now) + timedelta(hours=1)
    if isinstance(field, models.JSONField):
        return {**(before or {}), "more": 1}
    if isinstance(field, models.CharField):
        limit = int(field.max_length or 60)
        return (f"x{before}")[:limit] if limit > 3 else "EUR"
    if isinstance(field, models.UUIDField):
        return "5f0c2b9e-6a51-4a55-8a0b-6f1d2c3b4a59"
    return (before or 0) + 1


def fixed_rows() -> list[str]:
    """Columns of an append-only table that the database let somebody change."""
    loose = []
    for field in _columns("governance.Notice"):
        try:
            with transaction.atomic():
                Notice.objects.update(**{field.name: getattr(Notice(), field.name)})
        except DatabaseError:
            continue
        loose.append(f"governance.Notice.{field.name}")
    return loose


def settings(content: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each setting of a use case changed: whether class and hash agree."""
    before = envelope(UseCaseContent.from_dict(content), {}).config_hash
    named = classes()
    for path in flatten(UseCaseContent.from_dict(content).to_dict()):
        changed = _changed(content, path)
        kind = classify_change(path, *changed[1:])
        after = envelope(UseCaseContent.from_dict(changed[0]), {}).config_hash
        told = named.get(_general(path), "A")
        agrees = (kind == told) or (told == "S" and kind == "A")
        yield path, agrees and (after != before) is (told in {"A", "S"})


def _general(path: str) -> str:
    """The path of a setting whatever group of a list, or free key, it is in."""
    block, _, rest = path.partition(".")
    if block in {"guardrails", "data_uses"}:
        return f"{block}.{rest.rpartition('.')[2]}"
    return f"{block}.*" if f"{block}.*" in classes() else _shallow(path)


def _shallow(path: str) -> str:
    return ".".join(path.split(".")[:2])


def _changed(content: dict[str, Any], path: str) -> tuple[dict[str, Any], Any, Any]:
    data = deepcopy(UseCaseContent.from_dict(content).to_dict())
    target, name = _place(data, path)
    old = target[name]
    target[name] = new = _another(old)
    return data, old, new


def _place(data: Any, path: str) -> tuple[Any, Any]:
    block, _, rest = path.partition(".")
    if isinstance(data[block], list) and rest:
        group = next(g for g in data[block] if _named(g) == rest.rpartition(".")[0])
        return group, rest.rpartition(".")[2]
    target, name = data, block
    while rest:
        target, (name, _, rest) = target[name], rest.partition(".")
    return target, name


def _named(group: dict[str, Any]) -> str:
    if "element" in group:
        return "/".join((group["element"], group["purpose"], group["role"]))
    return str(group["metric"])


def _another(old: Any) -> Any:
    if isinstance(old, bool):
        return not old
    if isinstance(old, int | float):
        return old + 1
    if isinstance(old, list):
        return [*old, "more"]
    if isinstance(old, dict):
        return {"more": 1.0}
    return f"{old}x" if isinstance(old, str) else 0.5
