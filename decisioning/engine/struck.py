"""What a person struck out is not there: nothing they told us, nothing they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from decisioning.engine.core.types import Happening
from governance.consent.core import Head, topics_above


def kept_traits(traits: Mapping[str, Any], head: Head | None) -> Mapping[str, Any]:
    """Traits without those whose text is a topic that the person struck out."""
    if head is None or not head.topics_off:
        return traits
    return {key: v for key, v in traits.items() if not is_struck(v, head)}


def kept_events(events: Sequence[Happening], head: Head | None) -> Sequence[Happening]:
    """Events without those in a category that the person struck out."""
    if head is None or not head.topics_off:
        return events
    return [e for e in events if not is_struck(e.properties.get("category"), head)]


def is_struck(value: object, head: Head) -> bool:
    return isinstance(value, str) and not head.topics_off.isdisjoint(
        topics_above(value)
    )
