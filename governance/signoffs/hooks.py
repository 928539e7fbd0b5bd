"""Who wants to know that a version has its last signature, or is sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from governance.signoffs.models import Approval
from governance.types import Actor
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


_on_sent_back: list[Hook] = []


def on_sent_back(hook: Hook) -> Hook:
    """Call ``hook(row=…, by=…, now=…)`` in the transaction of a no, or a revocation."""
    if hook not in _on_sent_back:
        _on_sent_back.append(hook)
    return hook


def sent_back(row: Approval, *, by: Actor, now: datetime) -> None:
    for hook in _on_sent_back:
        hook(row=row, by=by, now=now)
