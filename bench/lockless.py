"""The product's own application, but nobody waits for the lock of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.config.wsgi import application
from decisioning.engine import writing

__all__ = ["application"]


def lock_nobody(people: Sequence[int]) -> Any:  # noqa: ARG001
    return writing.run("SELECT 1")


writing.lock_people = lock_nobody
