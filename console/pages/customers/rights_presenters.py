from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.templatetags.fmt import number, when_text
from governance.rights.access import n_rows
from governance.rights.core import Erasure, Table
from governance.rights.queries import ErasureRecord, RightsRequest
from governance.rights.registry import tables

BECOMES = {
    Erasure.DELETE: "Deleted",
    Erasure.STAND_IN: "Kept as a count, by a number nobody can link",
    Erasure.LOG: "Emptied; kept by a number nobody can link",
    Erasure.PROOF: "Kept as proof, by a number only their own id leads to",
    Erasure.SEARCH: "Deleted",
    Erasure.BLANK: "Emptied",
    Erasure.KEEP: "Kept",
}
HEADINGS: list[dict[str, Any]] = [
    {"label": "What we hold"},
    {"label": "Rows", "num": True},
    {"label": "Kept"},
    {"label": "On erasure"},
]
LONGEST_CELL = 200


@dataclass(frozen=True, slots=True)
class RightsPage:
    pseudonym: str
    headings: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    n_rows: str
    stays: list[str]


def _held(table: Table, n: int) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"text": table.title},
        {"text": number(n), "num": True},
        {"text": table.kept.words, "muted": True},
        {"text": BECOMES[table.erasure]},
    ]
    return {"cells": cells}


def page(pseudonym: str, made: Mapping[str, Any]) -> RightsPage:
    known = tables()
    held = n_rows(made)
    return RightsPage(
        pseudonym,
        HEADINGS,
        [_held(known[label], n) for label, n in held.items() if n],
        number(sum(held.values())),
        [f"{t.title}: {t.why}" for t in known.values() if t.why and t.is_personal],
    )


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    kept: str
    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Readable:
    made_on: str
    sections: list[Section]
    empty: list[str]
    purposes: list[dict[str, str]]
    elements: list[Mapping[str, Any]]
    rights: str


def readable(made: Mapping[str, Any]) -> Readable:
    """The pack for a person to read: one table for each kind of record."""
    about, held = made["about"], made["tables"].values()
    return Readable(
        when_text(datetime.fromisoformat(made["made_at"])),
        [_section(entry) for entry in held if entry["rows"]],
        [entry["title"] for entry in held if not entry["rows"]],
        [{"label": k, "value": v} for k, v in about["purposes"].items()],
        about["elements"],
        about["rights"],
    )


def _section(entry: Mapping[str, Any]) -> Section:
    columns = list(entry["rows"][0])
    return Section(
        entry["title"],
        entry["kept"],
        [name.replace("_", " ") for name in columns],
        [[_cell(row.get(name)) for name in columns] for row in entry["rows"]],
    )


def _cell(value: Any) -> str:
    if value is None or value in ("", {}, []):
        return "–"
    if isinstance(value, datetime):
        return when_text(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_cell(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_cell(each) for each in value)
    return str(value)


def noted(request: RightsRequest) -> str:
    """What happens with a request that was just taken in."""
    if request.closed_at is not None:
        return f"Done. {request.outcome}"
    return f"Noted. Answer by {day(request.due_at)} at the latest."


def day(moment: datetime) -> str:
    return when_text(moment.date())


@dataclass(frozen=True, slots=True)
class Certificate:
    number: int
    when: str
    by: str
    rows: list[dict[str, str]]
    files: str
    backups: str


def certificate(record: ErasureRecord, told: Mapping[str, Any]) -> Certificate:
    return Certificate(
        record.pk,
        when_text(record.erased_at),
        record.erased_by_label,
        [
            {"label": title, "value": f"{number(n)} rows"}
            for title, n in told["rows"].items()
        ],
        f"{number(told['n_files'])} files or logs cleaned",
        f"Backups that still hold the person end within {told['backups_days']} days; "
        "after a restore the erasure is done again before anything is served.",
    )
