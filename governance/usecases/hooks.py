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
