"""`var/demo.json`, what a client of the demo needs: written whole or not at all."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

DEMO: Path = settings.DATA_DIR / "demo.json"
SECRETS: Path = settings.DATA_DIR / "demo-secrets.json"


def read(path: Path | None = None) -> dict[str, Any]:
    path = path or DEMO
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def update(path: Path | None = None, /, **fields: Any) -> dict[str, Any]:
    """Adds or replaces these fields and keeps the others; safe among processes."""
    path = path or DEMO
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        content = read(path) | fields
        replace(path, content)
    return content


def is_complete() -> bool:
    """Whether the shop's past has been played."""
    return bool(read(SECRETS).get("complete"))


def complete() -> None:
    """Both files say so: the one that is kept, and the one that clients read."""
    update(SECRETS, complete=True)
    if DEMO.exists():
        update(complete=True)


def publish(url: str) -> dict[str, Any]:
    """What clients read, written once everything in it is true."""
    content = update(url=url, **{"complete": False, **read(SECRETS)})
    return update(complete=True) if is_complete() else content


def replace(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    draft.replace(path)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
