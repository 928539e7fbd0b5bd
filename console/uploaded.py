"""Files that people upload: kept under a random name, judged by their content."""

from __future__ import annotations

import gzip
import json
import os
import re
import secrets
import shutil
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from governance.types import Invalid, NotFound

MOST_BYTES = 200 * 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
TOKEN = re.compile(r"[0-9a-f]{32}")
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that waits to be imported; ``name`` is only ever shown."""

    token: str
    kind: str
    name: str
    user_id: int | None

    @property
    def path(self) -> Path:
        return _folder(self.token) / "table"


def _folder(token: str) -> Path:
    return Path(settings.MEDIA_ROOT) / "imports" / token


def keep(file: UploadedFile[Any], *, kind: str, user_id: int | None) -> Upload:
    """Store a file under a name of our own.

    Raises
    ------
    Invalid
        Where it is too large, empty, or no text table; nothing is kept then.
    """
    if not file.size:
        raise Invalid({"file": "This file is empty. Choose another."})
    if file.size > MOST_BYTES:
        raise Invalid(
            {"file": "This file is over 200 MB. Send it in parts, or packed."}
        )
    name = Path(file.name or "table").name[:120]
    upload = Upload(secrets.token_hex(16), kind, name, user_id)
    upload.path.parent.mkdir(parents=True, mode=0o700)
    try:
        with upload.path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        _must_be_table(upload.path)
    except Invalid:
        shutil.rmtree(upload.path.parent)
        raise
    (upload.path.parent / "about.json").write_text(json.dumps(asdict(upload)))
    return upload


def _must_be_table(path: Path) -> None:
    """By its first bytes, never by its name."""
    with path.open("rb") as raw:
        head = raw.read(HEAD)
        if head[:4] == PARQUET_MAGIC:
            raw.seek(-4, os.SEEK_END)
            if raw.read() == PARQUET_MAGIC:
                return
            told = "This Parquet file is cut off. Send it again."
            raise Invalid({"file": told})
    if head[:2] == GZIP_MAGIC:
        try:
            with gzip.open(path, "rb") as packed:
                head = packed.read(HEAD)
        except (OSError, EOFError, zlib.error) as error:
            told = "This packed file is damaged. Pack it again."
            raise Invalid({"file": told}) from error
    if not head.strip() or BINARY.search(head):
        raise Invalid(
            {"file": "This is no table. Send CSV, text (plain or gzipped) or Parquet."}
        )


def found(token: str) -> Upload:
    about = _folder(token) / "about.json"
    if not TOKEN.fullmatch(token) or not about.is_file():
        raise NotFound("There is no such upload.")
    return Upload(**json.loads(about.read_text()))
