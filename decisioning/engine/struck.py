"""What a person struck out is not there: nothing they did with it either."""

from __future__ import annotations

from collections.abc import Sequence

from decisioning.customers.struck import is_struck
from decisioning.engine.core.types import Happening
from governance.consent.core import Head


def kept_events(events: Sequence[Happening], head: Head | None) -> Sequence[Happening]:
    """Events without those in a category that the person struck out."""
    if head is None or not head.topics_off:
        return events
    return [e for e in events if not is_struck(e.properties.get("category"), head)]
