"""Tables in: plain or gzip, a file or the folder that holds it; rejects out."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast

from governance.types import Invalid

GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
PARQUET_BATCH = 5_000
# What the columns of a file may unpack to; a small file must not fill the memory.
MOST_UNPACKED = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be taken; ``row`` counts from 1 after the header."""

    row: int
    code: str
    reason: str
    content: str

    def as_json(self) -> bytes:
        """The row as it came, for the letters that could not be delivered."""
        return json.dumps({"row": self.content}).encode()


class RowProblem(ValueError):
    """Raised by a row's reader: what to mend, naming the column."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.code = f"row.{column}"[:60]
        self.reason = f"{column}: {reason}"


def find(path: Path, patterns: Sequence[str]) -> Path:
    """The file itself, or the one in the folder whose name fits a pattern best."""
    if path.is_file():
        return path
    if path.is_dir():
        for pattern in patterns:
            found = sorted(path.glob(pattern))
            if found:
                return found[0]
        wanted = ", ".join(patterns)
        raise Invalid({"path": f"{path} has no file named like {wanted}."})
    raise Invalid({"path": f"There is no file or folder {path}. Check the path."})


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        plain = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if packed else raw)
        try:
            with io.TextIOWrapper(
                plain, encoding="utf-8-sig", errors="replace", newline=""
            ) as text:
                yield text
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            told = f"{path.name} is a damaged packed file: {error}."
            raise Invalid({"path": told}) from error


def rows_of(
    path: Path, needed: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Numbered rows of a CSV with a header; a row with too few cells lacks them.

    Raises
    ------
    Invalid
        Where it is no such table, or a needed column is missing.
    """
    lines = _lines(path, needed)
    header = next(lines)
    for number, cells in enumerate(lines, start=1):
        row = dict(zip(header, cells, strict=False))
        row.pop("", None)
        yield number, row


def count_rows(path: Path, needed: Sequence[str] = ()) -> int:
    """How many rows `rows_of` gives."""
    return sum(1 for _ in _lines(path, needed)) - 1


def _lines(path: Path, needed: Sequence[str]) -> Iterator[list[str]]:
    """The header, then each row's cells; empty lines count for nothing."""
    if is_parquet(path):
        yield from _parquet_lines(path, needed)
        return
    line = 0
    try:
        with opened(path) as text:
            reader = csv.reader(text)
            header = [name.strip() for name in next(reader, [])]
            _must_have(path, header, needed)
            yield header
            for cells in reader:
                line = reader.line_num
                if cells:
                    yield cells
    except (csv.Error, OSError) as error:
        told = f"{path.name} cannot be read as a table after line {line}: {error}."
        raise Invalid({"path": told}) from error


def _must_have(path: Path, header: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in header]
    if missing or not header:
        raise Invalid({"path": _no_columns(path, header, missing)})


def is_parquet(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(4) == PARQUET_MAGIC


def _parquet_lines(path: Path, needed: Sequence[str]) -> Iterator[list[str]]:
    # Heavy, and of use to imports alone: the web process takes it in when asked.
    import pyarrow as arrow
    from pyarrow import parquet

    n = 0
    try:
        with parquet.ParquetFile(path) as file:
            meta = file.metadata
            groups = (meta.row_group(i) for i in range(meta.num_row_groups))
            if sum(group.total_byte_size for group in groups) > MOST_UNPACKED:
                told = f"{path.name} unpacks to over 4 GB. Send it in parts."
                raise Invalid({"path": told})
            header = [name.strip() for name in file.schema_arrow.names]
            _must_have(path, header, needed)
            yield header
            for batch in file.iter_batches(batch_size=PARQUET_BATCH):
                for row in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                    n += 1
                    yield [_as_text(value) for value in row]
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, Invalid):
            raise
        told = f"{path.name} cannot be read as Parquet after row {n}: {error}."
        raise Invalid({"path": told[:500]}) from error


def _as_text(value: Any) -> str:
    """A cell as a CSV file would hold it."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case bytes():
            text = value.decode(errors="replace")
        case datetime() | date():
            text = value.isoformat()
        case list() | dict():
            text = json.dumps(value, default=str)
        case _:
            text = str(value)
    return text


def header_of(path: Path) -> list[str]:
    """Names of the columns."""
    return next(_lines(path, ()))


def _no_columns(path: Path, header: Sequence[str], missing: Sequence[str]) -> str:
    if not header:
        return f"{path.name} is empty."
    return (
        f"{path.name} lacks the columns {', '.join(missing)}; "
        f"it has {', '.join(header[:20])}."
    )


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cell(row: dict[str, str], column: str) -> str:
    value = row.get(column, "").strip()
    if not value:
        raise RowProblem(column, "is empty.")
    return value


def whole(row: dict[str, str], column: str, low: int, high: int) -> int:
    text = cell(row, column)
    if not text.lstrip("-").isdecimal() or not low <= int(text) <= high:
        raise RowProblem(column, f"{text!r} is no whole number from {low} to {high}.")
    return int(text)


def amount(row: dict[str, str], column: str) -> float:
    text = cell(row, column)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e12:
        raise RowProblem(column, f"{text!r} is no amount of 0 or more.")
    return value


def yes_no(row: dict[str, str], column: str) -> bool:
    text = cell(row, column)
    if text not in ("0", "1"):
        raise RowProblem(column, f"{text!r} is neither 0 nor 1.")
    return text == "1"


def one_of(row: dict[str, str], column: str, known: Sequence[str]) -> str:
    text = cell(row, column)
    if text not in known:
        raise RowProblem(column, f"{text!r} is none of {', '.join(known)}.")
    return text


def write_rejects(folder: Path, name: str, bad: Sequence[BadRow]) -> Path | None:
    """The list of rows that were left out; replaces an older one of the same file."""
    target = folder / f"{name}.csv"
    if not bad:
        target.unlink(missing_ok=True)
        return None
    folder.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "code", "reason", "content"])
        writer.writerows(
            [each.row, each.code, each.reason, each.content] for each in bad
        )
    return target
