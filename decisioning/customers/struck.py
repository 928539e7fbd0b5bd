"""What a person struck out of what they told us is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.consent.core import Head, topics_above


def kept_traits(traits: Mapping[str, Any], head: Head | None) -> Mapping[str, Any]:
    """Traits without those whose text is a topic that the person struck out."""
    if head is None or not head.topics_off:
        return traits
    return {key: v for key, v in traits.items() if not is_struck(v, head)}


def is_struck(value: object, head: Head) -> bool:
    return isinstance(value, str) and not head.topics_off.isdisjoint(
        topics_above(value)
    )
