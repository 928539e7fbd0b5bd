"""Who wants to know that a use case has moved along its life cycle."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from governance.types import Actor


class Moved(Protocol):
    def __call__(
        self, *, key: str, transition: str, by: Actor, now: datetime, reason: str
    ) -> None: ...


_hooks: list[Moved] = []


def on_moved(hook: Moved) -> None:
    """Call the hook in the transaction of each step; once however often registered."""
    if hook not in _hooks:
        _hooks.append(hook)


def moved(*, key: str, transition: str, by: Actor, now: datetime, reason: str) -> None:
    for hook in _hooks:
        hook(key=key, transition=transition, by=by, now=now, reason=reason)


class Submitted(Protocol):
    def __call__(self, *, key: str, number: int, by: Actor, now: datetime) -> None: ...


_on_submitted: list[Submitted] = []


def on_submitted(hook: Submitted) -> None:
    """Call the hook in the transaction in which a version went to review."""
    if hook not in _on_submitted:
        _on_submitted.append(hook)


def submitted(*, key: str, number: int, by: Actor, now: datetime) -> None:
    for hook in _on_submitted:
        hook(key=key, number=number, by=by, now=now)
