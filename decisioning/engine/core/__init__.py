"""The decision as arithmetic on arrays and bitsets: no database, no clock."""

from decisioning.engine.core.decide import decide
from decisioning.engine.core.types import (
    Case,
    Contact,
    Mode,
    Outcome,
    Person,
    PlacementTable,
    Standing,
)

__all__ = [
    "Case",
    "Contact",
    "Mode",
    "Outcome",
    "Person",
    "PlacementTable",
    "Standing",
    "decide",
]
