"""What a person struck out is not there: nothing they did with it either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from decisioning.customers.struck import is_struck
from decisioning.engine.core.types import Happening
from decisioning.features.core import FEATURES
from governance.consent.core import Head

Singles = npt.NDArray[np.float32]


def kept_events(events: Sequence[Happening], head: Head | None) -> Sequence[Happening]:
    """Events without those taken out of use, or in a category that was struck out."""
    if head is None or not (head.topics_off or head.signals_off):
        return events
    return [
        event
        for event in events
        if f"event.{event.name}" not in head.signals_off
        and not is_struck(event.properties.get("category"), head)
    ]


def kept_vector(vector: Singles | None, head: Head | None) -> Singles | None:
    """Features without those taken out of use, or computed from what was."""
    if vector is None or head is None or not head.signals_off:
        return vector
    gone = [place for place in columns_off(head.signals_off) if place < len(vector)]
    if not gone:
        return vector
    kept = vector.copy()
    kept[gone] = np.nan
    return kept


def kept_scores(scores: Mapping[str, float], head: Head | None) -> Mapping[str, float]:
    """None of them once any signal is off: a score does not say what it was made of."""
    return scores if head is None or not head.signals_off else {}


@lru_cache(maxsize=10_000)
def columns_off(signals: frozenset[str]) -> tuple[int, ...]:
    """Places of the features that rest on any of these fields.

    A feature that counts every event rests on each of them.
    """
    has_events = any(field.startswith("event.") for field in signals)
    return tuple(
        place
        for place, feature in enumerate(FEATURES)
        if f"feature.{feature.key}" in signals
        or not signals.isdisjoint(feature.fields)
        or (has_events and not feature.fields)
    )
