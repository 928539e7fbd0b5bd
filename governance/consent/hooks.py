"""Who wants to know that people's choices, or what holds for all of them, changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol


class Chosen(Protocol):
    def __call__(self, people: Collection[int], *, now: datetime) -> object: ...


class Ruled(Protocol):
    def __call__(self) -> object: ...


_chosen: list[Chosen] = []
_ruled: list[Ruled] = []


def on_chosen(hook: Chosen) -> None:
    """Call the hook in the transaction of each choice; once however often registered.

    It comes last: the locks of all these people are held by then.
    """
    if hook not in _chosen:
        _chosen.append(hook)


def on_ruled(hook: Ruled) -> None:
    """Call the hook where new words end what everybody had agreed to."""
    if hook not in _ruled:
        _ruled.append(hook)


def chosen(people: Collection[int], *, now: datetime) -> None:
    for hook in _chosen:
        hook(people, now=now)


def ruled() -> None:
    for hook in _ruled:
        hook()
