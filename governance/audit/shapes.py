"""How a row becomes the text that its hash covers; written once, for all readers.

Every append-only table is sealed, save the audit log (which chains itself) and the
seals. Rows about people come in two parts. What an erasure or the end of retention may
take away is hashed by itself with a random salt, and the row's hash covers that digest:
so the row still holds when the part is gone, and nobody can guess the part back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from governance.append_only import append_only_tables

CHAINED = frozenset({"governance_auditentry", "governance_seal"})
SALT, DIGEST = "salt", "personal_digest"


@dataclass(frozen=True, slots=True)
class Personal:
    """The part of a row that may be taken away.

    ``columns`` in the order of the text; only the last may hold a control character,
    so that no text can move from one column into the next. ``blanks`` are cheap values
    of the large ones, set before the rest of the row is written as JSON.
    """

    columns: tuple[str, ...]
    blanks: Mapping[str, str]

    def text(self, row: str) -> str:
        parts = (f"COALESCE({row}.{name}::text, '')" for name in self.columns)
        return " || E'\\x1f' || ".join(parts)

    def digest(self, row: str) -> str:
        return f"sha256({row}.{SALT} || convert_to({self.text(row)}, 'UTF8'))"


PERSONAL: Mapping[str, Personal] = {
    "decisioning_decision": Personal(
        ("customer_id", "content", "candidates", "inputs", "request", "why"),
        {"content": "{}", "candidates": "[]", "inputs": "{}", "request": "{}"},
    ),
    "governance_consentevent": Personal(("person_id", "evidence", "source"), {}),
}
# The column whose moment the database's clock gives, where there is one, and rows to
# which that does not apply: a row whose moment is long before its seal was smuggled in.
MOMENTS: Mapping[str, tuple[str, str]] = {
    "decisioning_decision": ("decided_at", "is_imported"),
    "governance_consentevent": ("recorded_at", "false"),
    "governance_approval": ("decided_at", "false"),
    "governance_statechange": ("changed_at", "false"),
}


def sealed_tables() -> list[str]:
    return [name for name in append_only_tables() if name not in CHAINED]


def key_of(table: str) -> str:
    """The column that names a row."""
    from django.apps import apps

    model = next(m for m in apps.get_models() if m._meta.db_table == table)
    return str(model._meta.pk.column)


def fixed_text(table: str, row: str, without: Sequence[str] = ()) -> str:
    """An SQL expression for the part of a row that stays for ever.

    ``without`` are columns that came after the row was sealed.
    """
    personal = PERSONAL.get(table)
    left_out = [*without, *((*personal.columns, SALT) if personal else ())]
    names = ", ".join(f"'{name}'" for name in left_out)
    whole = f"to_jsonb({row})"
    if names:
        whole = f"({whole} - ARRAY[{names}])"
    return f"'{table}' || E'\\n' || {whole}::text"


def leaf(table: str, row: str, without: Sequence[str] = ()) -> str:
    """An SQL expression for the hash of a row."""
    text = fixed_text(table, row, without)
    return f"sha256(convert_to({text}, 'UTF8'))"


def later(columns: Collection[str], now: Collection[str]) -> list[str]:
    """Columns that the table has now and had not when it was sealed."""
    return sorted(set(now) - set(columns))
