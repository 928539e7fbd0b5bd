"""What this floor adds to a person's access pack and to their erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from decisioning.features.core import FEATURES
from decisioning.features.tally import described
from governance.rights.access import People, translate
from governance.rights.erasing import before_erasure

STRIKE_FROM_OTHERS = """
UPDATE decisioning_audiencedelivery SET external_ids = external_ids - %s::text[]
WHERE external_ids ?| %s::text[] AND NOT (kind = 'remove' AND state = 'waiting')
"""


def connect() -> None:
    translate("decisioning.CustomerFeatures", _named_features)
    translate("decisioning.CustomerTally", _told_tally)
    before_erasure(_strike_from_messages)


def _named_features(row: dict[str, Any]) -> dict[str, Any]:
    """The vector as label and value; what is unknown is left out."""
    pairs = zip(FEATURES, row["values"], strict=False)
    named = {feature.label: value for feature, value in pairs if value is not None}
    return {**row, "values": named}


def _told_tally(row: dict[str, Any]) -> dict[str, Any]:
    """The counts by what they count; days and texts by how many there are."""
    return {**row, "packed": described(bytes(row["packed"]), row["definition"])}


def _strike_from_messages(people: People, now: datetime) -> None:
    """Messages that still name the person lose the name; removals alone carry it.

    A trigger on the members of audiences sends those as the rows are deleted.
    """
    del now
    names = list(people.names)
    with connection.cursor() as cursor:
        cursor.execute(STRIKE_FROM_OTHERS, [names, names])
