"""Where the time of an ingest goes: each step of a chunk's transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

STEPS: Mapping[str, str] = {
    "message ids": "decisioning.events.storing.claim",
    "identity": "decisioning.customers.actions.resolve",
    "event log": "decisioning.events.storing.append",
    "profiles": "decisioning.events.effects.profile",
    "features": "decisioning.features.actions.refresh",
    "segments": "decisioning.segments.actions.follow",
    "consent and the like": "decisioning.events.effects.govern",
}


class Steps:
    """Seconds by step; what is left of the whole is reading, waiting and commits."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)

    def shares(self, whole: float) -> str:
        known = sorted(self.seconds.items(), key=lambda pair: -pair[1])
        rest = whole - sum(self.seconds.values())
        told = [*known, ("reading and commits", rest)]
        return ", ".join(f"{name} {100 * spent / whole:.0f} %" for name, spent in told)


@contextmanager
def timed() -> Iterator[Steps]:
    found = Steps()
    with ExitStack() as exits:
        for name, path in STEPS.items():
            exits.enter_context(_timed(found, name, path))
        yield found


def _timed(found: Steps, name: str, path: str) -> Any:
    from pkgutil import resolve_name

    real: Callable[..., Any] = resolve_name(path)

    def step(*args: Any, **more: Any) -> Any:
        begun = time.perf_counter()
        try:
            return real(*args, **more)
        finally:
            found.seconds[name] += time.perf_counter() - begun

    return patch(path, step)
