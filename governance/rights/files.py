"""Files that may name a person: uploads, lists of rejected rows, exports, logs."""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from governance.rights.core import needles

GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
BLOCK = 1 << 20
LONGEST_NAME = 2_000
COPIES = ("rejects", "exports")


def copies() -> Iterator[Path]:
    """Files that hold customers' rows: uploads, rejected rows, exports."""
    folders = [Path(settings.MEDIA_ROOT), *(_data(name) for name in COPIES)]
    for folder in dict.fromkeys(folders):
        if folder.is_dir():
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def logs() -> Iterator[Path]:
    folder = _data("logs")
    if folder.is_dir():
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _data(name: str) -> Path:
    return Path(settings.DATA_DIR) / name


def naming(names: Collection[str]) -> list[Path]:
    """Copies that hold one of the names; what cannot be read as text counts as one."""
    pattern = _pattern(names)
    return [path for path in copies() if _holds(path, pattern)]


def remove(paths: Collection[Path]) -> int:
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def strike_from_logs(names: Collection[str]) -> int:
    """Write over each name in place, so that a running process can go on writing."""
    long, _ = needles(names)
    if not long:
        return 0
    pattern = re.compile(b"|".join(map(_word, long)))
    return sum(_strike(path, pattern) for path in logs())


def _strike(path: Path, pattern: re.Pattern[bytes]) -> int:
    """Whether anything was struck out."""
    spots: list[tuple[int, int]] = []
    with path.open("rb") as file:
        for offset, block in _blocks(file):
            spots += [
                (offset + m.start(), len(m.group())) for m in pattern.finditer(block)
            ]
    if not spots:
        return 0
    with path.open("r+b") as file:
        for at, length in spots:
            file.seek(at)
            file.write(b"x" * length)
    return 1


def _pattern(names: Collection[str]) -> re.Pattern[bytes]:
    """Long names anywhere; short ones only where they are a whole cell."""
    long, short = needles(names)
    parts = [*map(_word, long)]
    edge = rb"[,;\t\"\r\n]"
    parts += [
        rb"(?:(?<="
        + edge
        + rb")|\A)"
        + re.escape(each.encode())
        + rb"(?="
        + edge
        + rb"|\Z)"
        for each in short
    ]
    return re.compile(b"|".join(parts) or rb"\Z\A")


def _word(name: str) -> bytes:
    """The name where it is no part of a longer one."""
    return rb"(?<![A-Za-z0-9_-])" + re.escape(name.encode()) + rb"(?![A-Za-z0-9_-])"


def _holds(path: Path, pattern: re.Pattern[bytes]) -> bool:
    with path.open("rb") as raw:
        head = raw.read(4)
    if head == PARQUET:
        return True
    opener: Any = gzip.open if head[:2] == GZIP else Path.open
    try:
        with opener(path, "rb") as file:
            return any(pattern.search(block) for _, block in _blocks(file))
    except (OSError, EOFError):
        return True


def _blocks(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Blocks that overlap by the longest name, with where each begins."""
    offset, tail = 0, b""
    while block := file.read(BLOCK):
        yield offset - len(tail), tail + block
        offset += len(block)
        tail = (tail + block)[-LONGEST_NAME:]
