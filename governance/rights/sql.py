"""Statements on a declared table, whatever floor it stands on.

Names of tables and columns come from Django's registry of models; values are always
parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, models

from governance.rights.core import Table, needles

TEXTUAL = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
NO_WORD, NO_WORD_AFTER = "(^|[^[:alnum:]_-])", "([^[:alnum:]_-]|$)"


def model_of(table: Table) -> Any:
    return apps.get_model(table.label)


def name_of(table: Table) -> str:
    return str(model_of(table)._meta.db_table)


def column(table: Table, field: str) -> str:
    return f'"{model_of(table)._meta.get_field(field).column}"'


def run(statement: str, params: Sequence[Any] | Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def of_person(table: Table) -> str:
    """A condition with one parameter for each of the table's subject columns."""
    return " OR ".join(
        f"{column(table, each)} = ANY(%s::bigint[])" for each in table.subject
    )


def delete(table: Table, people: Sequence[int]) -> int:
    return run(
        f"DELETE FROM {name_of(table)} WHERE {of_person(table)}",  # noqa: S608
        [list(people)] * len(table.subject),
    )


def stand_in(table: Table, stand_ins: Mapping[int, int], *, only: str = "") -> int:
    """Put a random number in each person's place and empty what is personal."""
    who = column(table, table.subject[0])
    blanks = "".join(f", {each}" for each in _blanks(table))
    return run(
        f"UPDATE {name_of(table)} SET {who} = q.stand_in{blanks}"  # noqa: S608
        " FROM unnest(%s::bigint[], %s::bigint[]) AS q(person, stand_in)"
        f" WHERE {who} = q.person{f' AND {only}' if only else ''}",
        [list(stand_ins), list(stand_ins.values())],
    )


def _blanks(table: Table) -> list[str]:
    return [f"{column(table, each)} = {_blank(table, each)}" for each in table.blanked]


def _blank(table: Table, field: str) -> str:
    found = model_of(table)._meta.get_field(field)
    if found.null:
        return "NULL"
    if isinstance(found, models.JSONField):
        return f"'{json.dumps(found.get_default() or {})}'"
    return "''"


def _texts(table: Table) -> str:
    """All text of a row, as one text."""
    parts = []
    for field in model_of(table)._meta.concrete_fields:
        if isinstance(field, models.BinaryField):
            parts.append(f"encode(\"{field.column}\", 'escape')")
        elif isinstance(field, TEXTUAL):
            parts.append(f'"{field.column}"::text')
    return f"concat_ws(' ', {', '.join(parts)})"


def naming(table: Table, names: Collection[str]) -> tuple[str, list[Any]]:
    """A condition on rows that hold one of the names as a word, and its parameters."""
    long, short = needles(names)
    plain = sorted({*map(_inside_json, long), *long})
    quoted = [f'"{each}"' for each in short]
    text = _texts(table)
    return (
        f"EXISTS (SELECT 1 FROM unnest(%s::text[], %s::text[]) AS q(n, p)"  # noqa: S608
        f" WHERE strpos({text}, n) > 0 AND {text} ~ p)",
        [
            [*plain, *quoted],
            [
                *(f"{NO_WORD}{re.escape(n)}{NO_WORD_AFTER}" for n in plain),
                *map(re.escape, quoted),
            ],
        ],
    )


def _inside_json(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)[1:-1]


def delete_naming(table: Table, names: Collection[str]) -> int:
    condition, params = naming(table, names)
    return run(f"DELETE FROM {name_of(table)} WHERE {condition}", params)  # noqa: S608


def blank_naming(table: Table, names: Collection[str]) -> int:
    condition, params = naming(table, names)
    return run(
        f"UPDATE {name_of(table)} SET {', '.join(_blanks(table))}"  # noqa: S608
        f" WHERE {condition}",
        params,
    )


def ids_naming(table: Table, names: Collection[str]) -> list[Any]:
    condition, params = naming(table, names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {name_of(table)} WHERE {condition}",  # noqa: S608
            params,
        )
        return [row_id for (row_id,) in cursor.fetchall()]


def expire(
    table: Table,
    *,
    now: datetime,
    most: int,
    days: int | None = None,
    also: str = "true",
    params: Sequence[Any] = (),
) -> int:
    """Delete rows whose time is over, at most so many; ``also`` narrows them."""
    key = f'"{model_of(table)._meta.pk.column}"'
    name, kept = name_of(table), table.kept
    return run(
        f"DELETE FROM {name} WHERE {key} IN (SELECT {key} FROM {name}"  # noqa: S608
        f" WHERE {column(table, kept.anchor)} < %s - %s * interval '1 day'"
        f" AND ({kept.only or 'true'}) AND ({also}) LIMIT %s)",
        [now, kept.days if days is None else days, *params, most],
    )
