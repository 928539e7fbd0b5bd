"""What a proof tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim, the figure that was measured, and whether the claim holds."""

    claim: str
    figure: str
    holds: bool
