"""The access pack: everything we hold about one person, by table, with its terms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q

from governance.catalogue.core import PURPOSES
from governance.catalogue.models import DataElement
from governance.rights import sql
from governance.rights.core import DataClass, Erasure, Table
from governance.rights.registry import tables
from governance.types import Digest, sha256_hex

FORMAT = "attune-access-pack/1"
Row = dict[str, Any]
Translate = Callable[[Row], Row]
_translators: dict[str, Translate] = {}


@dataclass(frozen=True, slots=True)
class People:
    """One person as the tables know them: their ids after all merges, and their names.

    ``names`` are strings that point to nobody else: user ids, device ids, addresses.
    """

    ids: tuple[int, ...]
    identities: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)


def translate(label: str, how: Translate) -> None:
    """Make a table's rows readable: stored arrays become named values."""
    _translators[label] = how


def pack(people: People, *, now: datetime) -> dict[str, Any]:
    """Everything about one person; a table without rows is named as empty."""
    held = {
        table.label: _entry(table, rows_of(table, people))
        for table in tables().values()
        if table.in_pack
    }
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "about": _about(),
        "tables": held,
    }


def _entry(table: Table, rows: list[Row]) -> dict[str, Any]:
    return {"title": table.title, "kept": table.kept.words, "rows": rows}


def rows_of(table: Table, people: People) -> list[Row]:
    model = sql.model_of(table)
    if table.erasure is Erasure.SEARCH:
        found = model.objects.filter(pk__in=sql.ids_naming(table, people.names))
    else:
        wanted = Q(pk__in=[])
        for each in table.subject:
            wanted |= Q(**{f"{each}__in": people.ids})
        found = model.objects.filter(wanted)
    shown = [name for name in table.fields if name not in table.not_in_pack]
    rows = [_plain(row, shown) for row in found.order_by(table.order)]
    how = _translators.get(table.label)
    return rows if how is None else [how(row) for row in rows]


def _plain(row: Any, shown: Iterable[str]) -> Row:
    meta = row._meta
    return {name: getattr(row, meta.get_field(name).attname) for name in shown}


PORTABLE = "attune-portable/1"
PROVIDED = frozenset(
    {
        DataClass.IDENTITY,
        DataClass.CONTACT,
        DataClass.PROFILE,
        DataClass.BEHAVIOUR,
        DataClass.CONSENT,
        DataClass.WORDS,
    }
)


def portable(made: Mapping[str, Any]) -> dict[str, Any]:
    """What the person gave us, by word or deed, to take elsewhere (Article 20).

    What we worked out about them and what we did stays in the access pack: the right
    to take data along covers neither.
    """
    known = tables()
    held = {
        label: [given(known[label], row) for row in entry["rows"]]
        for label, entry in made["tables"].items()
        if not PROVIDED.isdisjoint(known[label].fields.values())
        and DataClass.PREDICTION not in known[label].fields.values()
    }
    return {"format": PORTABLE, "made_at": made["made_at"], "records": held}


def given(table: Table, row: Row) -> Row:
    kept = (DataClass.TECHNICAL, *PROVIDED)
    return {name: told for name, told in row.items() if table.fields.get(name) in kept}


def _about() -> dict[str, Any]:
    """What Article 15 asks to be told beside the data: why, from where, how long."""
    return {
        "purposes": {each.label: each.plain_description for each in PURPOSES.values()},
        "elements": [
            {
                "what": row.label,
                "in_words": row.plain_description,
                "from": row.collected_where,
                "used_for": row.lawful_purposes,
                "kept_days": row.ttl_days,
                "passed_to": row.recipients,
            }
            for row in DataElement.objects.order_by("label")
        ],
        "rights": "You may ask us to correct or erase this, to stop using it, and to "
        "have it sent on. You may complain to us and to the data protection authority.",
    }


def as_json(made: Mapping[str, Any]) -> str:
    return json.dumps(dict(made), cls=Encoder, ensure_ascii=False, indent=1)


class Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, bytes | memoryview):
            return bytes(o).decode(errors="replace")
        return super().default(o)


def digest_of_pack(made: Mapping[str, Any]) -> Digest:
    return sha256_hex(as_json(made))


def n_rows(made: Mapping[str, Any]) -> dict[str, int]:
    return {label: len(entry["rows"]) for label, entry in made["tables"].items()}
