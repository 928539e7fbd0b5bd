"""What a person struck out of what they told us is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.consent.core import Head, topics_above


def kept_traits(traits: Mapping[str, Any], head: Head | None) -> Mapping[str, Any]:
    """Traits without those taken out of use, or whose text is a struck-out topic."""
    if head is None or not (head.topics_off or head.signals_off):
        return traits
    return {
        key: value
        for key, value in traits.items()
        if f"trait.{key}" not in head.signals_off and not is_struck(value, head)
    }


def is_struck(value: object, head: Head) -> bool:
    return isinstance(value, str) and not head.topics_off.isdisjoint(
        topics_above(value)
    )
