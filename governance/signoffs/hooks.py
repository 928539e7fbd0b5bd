"""Who wants to know that a version has its last signature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from governance.usecases.models import UseCaseVersion

Hook = Callable[..., object]

_hooks: list[Hook] = []


def on_fully_signed(hook: Hook) -> Hook:
    """Call ``hook(key=…, number=…, now=…)`` together with the last signature."""
    if hook not in _hooks:
        _hooks.append(hook)
    return hook


def fully_signed(version: UseCaseVersion, *, now: datetime) -> None:
    for hook in _hooks:
        hook(key=version.use_case.key, number=version.number, now=now)
